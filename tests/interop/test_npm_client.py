"""npm soap and npm strong-soap call this SDK's server by the WSDL that it serves."""

import pytest
from lxml import etree

from ocpp_sdk.errors import FaultError, NotSupportedError, SecurityError
from tests.interop.headers import (
    BARE_REQUEST,
    FAULT_ACTION,
    IDENTITY,
    check_reply_headers,
    identity_header,
    reply_action,
    request_headers,
)
from tests.interop.node_peer import NodePeer, from_json, wrapped
from tests.interop.own_side import PATHS, OwnServer, operation_of, to_message
from tests.interop.table import SAMPLES, Sample

MESSAGE_ID = "urn:uuid:0a7a2a5e-6a56-4b43-9d2e-0f3a2f6b7c11"


def call(node: NodePeer, own: OwnServer, sample: Sample, *, addressed: bool) -> dict[str, object]:
    """Let the peer call, with all headers or with the identity alone."""
    exchange = sample.exchange
    url = own.url + PATHS[exchange.service]
    answer = node.ask(
        "call",
        wsdl=own.wsdl(exchange.version, exchange.service),
        operation=exchange.name,
        message=wrapped(node, sample.request, exchange.request_element),
        headers=request_headers(exchange, url, MESSAGE_ID) if addressed else [identity_header(exchange)],
    )
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize("addressed", [True, False], ids=["addressed", "bare"])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_npm_client_calling_our_server_exchanges_every_field(
    own: OwnServer, node: NodePeer, sample: Sample, addressed: bool
) -> None:
    """The handler gets what the peer was told, with or without addressing, and the peer reads what it answered."""
    exchange = sample.exchange
    operation = operation_of(exchange)
    own.desk.replies[operation] = to_message(operation.response.type, sample.reply)
    answer = call(node, own, sample, addressed=addressed)
    assert "fault" not in answer, answer
    assert from_json(answer.get("message"), exchange.reply) == sample.reply

    request, context = own.desk.take()
    assert request == sample.request
    assert context.operation is operation
    assert context.charge_box_identity == IDENTITY
    odd = {deviation.kind for deviation in context.deviations}
    assert odd == (set() if addressed else BARE_REQUEST[exchange.version])
    envelope = etree.fromstring(str(answer["xml"]).encode())
    check_reply_headers(envelope, reply_action(exchange), MESSAGE_ID if addressed else None)


@pytest.mark.parametrize("fault", [SecurityError, NotSupportedError])
def test_npm_client_receiving_our_fault_reads_code_subcode_and_reason(
    own: OwnServer, node: NodePeer, fault: type[FaultError]
) -> None:
    """The peer fails with the code, the subcode and the reason that the handler raised."""
    sample = next(s for s in SAMPLES if str(s) == "v15-central_system-Authorize-full")
    own.desk.replies[operation_of(sample.exchange)] = fault("Größe <&> falsch")
    answer = call(node, own, sample, addressed=True)
    own.desk.take()
    failure = answer["fault"]
    assert isinstance(failure, dict)
    assert failure["status"] == {"Sender": 400, "Receiver": 500}[fault.default_code]
    assert "Größe <&> falsch" in failure["text"]
    found = failure["root"]["Envelope"]["Body"]["Fault"]
    assert str(found["Code"]["Value"]).rpartition(":")[2] == fault.default_code
    subcode = found["Code"]["Subcode"]["Value"]
    text = subcode["$value"] if isinstance(subcode, dict) else subcode
    assert text.rpartition(":")[2] == fault.default_subcode
    check_reply_headers(etree.fromstring(failure["body"].encode()), FAULT_ACTION, MESSAGE_ID)
