"""This SDK's client calls servers of npm soap and npm strong-soap, which go by this project's WSDL."""

from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from ocpp_sdk.errors import FaultError, IdentityMismatchError, InternalError
from tests.interop.headers import BARE_REPLY, IDENTITY, reply_action
from tests.interop.node_peer import NodePeer, from_json, wrapped
from tests.interop.own_side import Answer, call
from tests.interop.table import EXCHANGES, SAMPLES, Sample

WSDL = Path(__file__).parents[2] / "wsdl"
PATH = "/interop"


@pytest.fixture(scope="module")
def ports(node: NodePeer) -> dict[tuple[str, str], int]:
    """Ports of the servers, one for each WSDL."""
    found = {}
    for version, service in {(exchange.version, exchange.service) for exchange in EXCHANGES}:
        own = [exchange for exchange in EXCHANGES if (exchange.version, exchange.service) == (version, service)]
        found[version, service] = node.ask(
            "listen",
            wsdl=str(WSDL / version / f"{service}.wsdl"),
            path=PATH,
            actions={exchange.name: reply_action(exchange) for exchange in own},
        )["port"]
    return found


def ask(portal: BlockingPortal, ports: dict[tuple[str, str], int], sample: Sample) -> Answer:
    """Call the peer."""
    port = ports[sample.exchange.version, sample.exchange.service]
    return call(portal, f"http://127.0.0.1:{port}{PATH}", sample.exchange, sample.request, IDENTITY)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_our_client_calling_npm_server_exchanges_every_field(
    portal: BlockingPortal, node: NodePeer, ports: dict[tuple[str, str], int], sample: Sample
) -> None:
    """The peer gets what the client was told, and the client reads what the peer answered."""
    exchange = sample.exchange
    node.ask("reply", operation=exchange.name, message=wrapped(node, sample.reply, exchange.reply_element))
    answer = ask(portal, ports, sample)
    assert answer.tree == sample.reply

    seen = node.ask("seen")
    assert seen["operation"] == exchange.name
    assert from_json(seen.get("message"), exchange.request) == sample.request
    headers = {name: _text(value) for name, value in seen["headers"].items()}
    assert headers["chargeBoxIdentity"] == IDENTITY
    assert headers["Action"] == f"/{exchange.name}"
    # strong-soap can write headers, but none that depend on the request, so its replies have none here.
    if node.package == "soap":
        assert answer.deviations == set()
        assert answer.addressing.action == reply_action(exchange)
        assert answer.addressing.relates_to == headers["MessageID"]
    else:
        assert answer.deviations == BARE_REPLY[exchange.version]


def _text(value: Any) -> str:  # noqa: ANN401 - whatever JSON came
    """The text of a header, with or without attributes beside it."""
    return str(value["$value"] if isinstance(value, dict) and "$value" in value else value)


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        ("Sender", "IdentityMismatch", IdentityMismatchError),
        ("Receiver", "InternalError", InternalError),
        ("Receiver", "Other", FaultError),
    ],
)
def test_our_client_receiving_a_fault_of_npm_server_raises_it(
    portal: BlockingPortal,
    node: NodePeer,
    ports: dict[tuple[str, str], int],
    code: str,
    subcode: str,
    kind: type[FaultError],
) -> None:
    """A fault of the peer is raised as the class of its subcode, with code and reason."""
    sample = next(s for s in SAMPLES if str(s) == "v15-charge_point-Reset-full")
    fault = {
        "Code": {"Value": f"soap:{code}", "Subcode": {"Value": subcode}},
        "Reason": {"Text": "Größe <&> falsch"},
        "statusCode": 500,
    }
    node.ask("reply", operation="Reset", fault=fault)
    with pytest.raises(FaultError) as caught:
        ask(portal, ports, sample)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert caught.value.subcode == subcode
    assert caught.value.reason == "Größe <&> falsch"
