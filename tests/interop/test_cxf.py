"""Apache CXF, with WS-Addressing required, calls this SDK and is called by it."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from lxml import etree

from ocpp_sdk import DeviationKind
from ocpp_sdk.errors import FaultError, IdentityMismatchError, SecurityError
from tests.interop import cxf_peer
from tests.interop.cxf_peer import CxfFault, CxfPeer, from_xml, to_xml
from tests.interop.headers import IDENTITY, SERVICE_NAMES, SOAP, reply_action
from tests.interop.own_side import PATHS, OwnServer, call, operation_of, to_message
from tests.interop.table import EXCHANGES, SAMPLES, Sample

WSDL = Path(__file__).parents[2] / "wsdl"
RESET = next(sample for sample in SAMPLES if str(sample) == "v15-charge_point-Reset-full")


@pytest.fixture(scope="module")
def cxf() -> Iterator[CxfPeer]:
    """A running CXF; skip without Java, Maven or a repository to install from."""
    reason = cxf_peer.install()
    if reason is not None:
        pytest.skip(f"Apache CXF is not there: {reason}")
    with cxf_peer.running() as peer:
        yield peer
    assert peer.process.returncode == 0


@pytest.fixture(scope="module")
def serving(cxf: CxfPeer) -> Callable[[Sample], str]:
    """Gives the address of CXF's server of a service, started when it is asked for first."""

    @cache
    def url(version: str, service: str) -> str:
        exchange = next(e for e in EXCHANGES if (e.version, e.service) == (version, service))
        return cxf.listen(WSDL / version / f"{service}.wsdl", exchange)

    return lambda sample: url(sample.exchange.version, sample.exchange.service)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_cxf_calling_our_server_exchanges_every_field(own: OwnServer, cxf: CxfPeer, sample: Sample) -> None:
    """CXF accepts the reply with its headers, and both sides read what the other one wrote."""
    exchange = sample.exchange
    operation = operation_of(exchange)
    own.desk.replies[operation] = to_message(operation.response.type, sample.reply)
    wsdl, url = own.wsdl(exchange.version, exchange.service), own.url + PATHS[exchange.service]
    assert cxf.call(wsdl, url, exchange, sample.request, IDENTITY) == sample.reply

    request, context = own.desk.take()
    assert request == sample.request
    assert context.operation is operation
    assert context.charge_box_identity == IDENTITY
    # CXF says nothing about where it can be called, which OCPP 1.6 demands.
    odd = {DeviationKind.FROM_MISSING} if exchange.version == "v16" else set()
    assert {deviation.kind for deviation in context.deviations} == odd


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_our_client_calling_cxf_exchanges_every_field(
    portal: BlockingPortal, cxf: CxfPeer, serving: Callable[[Sample], str], sample: Sample
) -> None:
    """CXF accepts the request with its headers, and both sides read what the other one wrote."""
    exchange = sample.exchange
    url = serving(sample)
    cxf.ask("reply", to_xml(sample.reply, exchange.reply, exchange.namespace, exchange.reply_element))
    answer = call(portal, url, exchange, sample.request, IDENTITY)
    assert answer.tree == sample.reply
    if exchange.version == "v12":
        # The WSDL of 1.2 gives replies no action, and CXF joins the names by colons since the namespace is a urn.
        service = SERVICE_NAMES[exchange.service]
        assert answer.addressing.action == f"{exchange.namespace}:{service}:{exchange.name}Response"
        assert answer.deviations == set()
    else:
        assert answer.addressing.action == reply_action(exchange)
        assert answer.deviations == set()

    operation, identity, payload = cxf.ask("seen")
    assert (operation, identity) == (exchange.name, IDENTITY)
    request = from_xml(etree.fromstring(payload), exchange.request, exchange.namespace, exchange.request_element)
    assert request == sample.request


def test_cxf_receiving_our_fault_reads_code_subcode_and_reason(own: OwnServer, cxf: CxfPeer) -> None:
    """CXF accepts a fault with its headers as the answer to its request."""
    own.desk.replies[operation_of(RESET.exchange)] = SecurityError("Größe <&> falsch")
    wsdl, url = own.wsdl("v15", "charge_point"), own.url + PATHS["charge_point"]
    with pytest.raises(CxfFault) as caught:
        cxf.call(wsdl, url, RESET.exchange, RESET.request, IDENTITY)
    assert caught.value.code == "Sender"
    assert caught.value.reason == "Größe <&> falsch"
    assert caught.value.subcodes == ("{urn://Ocpp/2012/02/}SecurityError",)


def test_our_client_receiving_a_fault_of_cxf_raises_it(
    portal: BlockingPortal, cxf: CxfPeer, serving: Callable[[Sample], str]
) -> None:
    """A fault of CXF, with a subcode in a namespace of its own, is raised as the class of its subcode."""
    url = serving(RESET)
    cxf.ask("reply", "Sender", "IdentityMismatch", "Größe <&> falsch")
    with pytest.raises(FaultError) as caught:
        call(portal, url, RESET.exchange, RESET.request, IDENTITY)
    assert type(caught.value) is IdentityMismatchError
    assert caught.value.reason == "Größe <&> falsch"


def test_cxf_receiving_a_request_without_addressing_refuses_it(serving: Callable[[Sample], str]) -> None:
    """CXF is as strict as the tests above take it to be: without headers a request is answered with a fault."""
    exchange = RESET.exchange
    payload = to_xml(RESET.request, exchange.request, exchange.namespace, exchange.request_element)
    envelope = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{payload}</s:Body></s:Envelope>'
    answer = httpx.post(serving(RESET), content=envelope, headers={"content-type": "application/soap+xml"})
    assert "MessageAddressingHeaderRequired" in answer.text
