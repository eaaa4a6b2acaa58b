"""zeep, with its WS-Addressing plugin, calls this SDK's server by the WSDL that it serves."""

from functools import cache

import pytest

from ocpp_sdk import DeviationKind
from ocpp_sdk.errors import (
    FaultError,
    IdentityMismatchError,
    InternalError,
    NotSupportedError,
    ProtocolError,
    SecurityError,
)
from tests.interop.headers import FAULT_ACTION, IDENTITY, SOAP, WSA, check_reply_headers, header_texts, reply_action
from tests.interop.own_side import PATHS, OwnServer, operation_of, to_message
from tests.interop.table import SAMPLES, Sample

zeep = pytest.importorskip("zeep", reason="zeep is not installed: dependency group peers")

from tests.interop.zeep_peer import ZeepPeer  # noqa: E402 - after the check that zeep is there

SUBCODE_NAMESPACES = {"v12": "urn://Ocpp/2010/08/", "v15": "urn://Ocpp/2012/02/", "v16": "urn://Ocpp/Cs/2015/10"}
FAULTS = [SecurityError, IdentityMismatchError, ProtocolError, InternalError, NotSupportedError]

# A peer for each WSDL: to read one takes zeep longer than all calls by it.
peer_for = cache(ZeepPeer)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_zeep_calling_our_server_exchanges_every_field(own: OwnServer, sample: Sample) -> None:
    """The handler gets what zeep was told, zeep reads what the handler answered, and the headers relate both."""
    exchange = sample.exchange
    operation = operation_of(exchange)
    own.desk.replies[operation] = to_message(operation.response.type, sample.reply)
    peer = peer_for(own.wsdl(exchange.version, exchange.service))
    assert peer.call(exchange, sample.request, IDENTITY) == sample.reply

    request, call = own.desk.take()
    assert request == sample.request
    assert call.operation is operation
    assert call.charge_box_identity == IDENTITY
    sent = header_texts(peer.sent)
    assert call.addressing.message_id == sent["MessageID"]
    assert call.addressing.to == own.url + PATHS[exchange.service]
    # zeep says nothing about where it can be called, which OCPP 1.6 demands.
    odd = {DeviationKind.FROM_MISSING} if exchange.version == "v16" else set()
    assert {deviation.kind for deviation in call.deviations} == odd
    check_reply_headers(peer.received, reply_action(exchange), sent["MessageID"])


def test_zeep_with_its_plugin_added_by_hand_is_answered(own: OwnServer) -> None:
    """Every addressing header comes twice; the first MessageID is the one that is related to."""
    sample = next(s for s in SAMPLES if str(s) == "v15-central_system-Authorize-full")
    operation = operation_of(sample.exchange)
    own.desk.replies[operation] = to_message(operation.response.type, sample.reply)
    peer = ZeepPeer(own.wsdl("v15", "central_system"), twice=True)
    assert peer.call(sample.exchange, sample.request, IDENTITY) == sample.reply
    _, call = own.desk.take()
    assert [d.path for d in call.deviations if d.kind is DeviationKind.HEADER_REPEATED] == ["Action", "MessageID", "To"]
    assert len(call.deviations) == 3
    ids = [element.text for element in peer.sent.iter(f"{{{WSA}}}MessageID")]
    assert len(ids) == 2
    check_reply_headers(peer.received, reply_action(sample.exchange), ids[0])


@pytest.mark.parametrize("version", SUBCODE_NAMESPACES)
@pytest.mark.parametrize("fault", FAULTS)
def test_zeep_receiving_our_fault_reads_code_subcode_and_reason(
    own: OwnServer, version: str, fault: type[FaultError]
) -> None:
    """zeep raises its Fault with what the handler raised, and the fault carries the headers of a reply."""
    sample = next(s for s in SAMPLES if s.exchange.version == version and s.exchange.name == "Authorize")
    own.desk.replies[operation_of(sample.exchange)] = fault("Größe <&> falsch")
    peer = peer_for(own.wsdl(version, sample.exchange.service))
    with pytest.raises(zeep.exceptions.Fault) as caught:
        peer.call(sample.exchange, sample.request, IDENTITY)
    assert caught.value.message == "Größe <&> falsch"
    assert caught.value.code.rpartition(":")[2] == fault.default_code
    subcodes = [subcode.text for subcode in caught.value.subcodes]
    assert subcodes == [f"{{{SUBCODE_NAMESPACES[version]}}}{fault.default_subcode}"]
    assert peer.received.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault") is not None
    check_reply_headers(peer.received, FAULT_ACTION, header_texts(peer.sent)["MessageID"])
