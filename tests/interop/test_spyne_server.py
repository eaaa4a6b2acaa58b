"""This SDK's client calls spyne, whose classes are made from the fact sheets; spyne replies without headers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import BlockingPortal

from ocpp_sdk.errors import FaultError, InternalError, SecurityError
from tests.interop.headers import ANONYMOUS, BARE_REPLY, IDENTITY
from tests.interop.own_side import call
from tests.interop.table import SAMPLES, Sample

if TYPE_CHECKING:
    from tests.interop.spyne_peer import Desk

spyne = pytest.importorskip(
    "spyne", exc_type=ImportError, reason="spyne is not there: dependency group peers, Python below 3.12"
)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_our_client_calling_spyne_exchanges_every_field(
    portal: BlockingPortal, spyne_server: "Callable[[str, str], tuple[str, Desk]]", sample: Sample
) -> None:
    """spyne validates and reads what the client was told, and the client reads what spyne answered."""
    exchange = sample.exchange
    url, desk = spyne_server(exchange.version, exchange.service)
    desk.replies[exchange.name] = sample.reply
    answer = call(portal, url, exchange, sample.request, IDENTITY)
    assert answer.tree == sample.reply
    assert answer.deviations == BARE_REPLY[exchange.version]
    operation, request, headers = desk.take()
    assert operation == exchange.name
    assert request == sample.request
    assert headers.pop("MessageID").startswith("urn:uuid:")
    assert headers == {
        "chargeBoxIdentity": IDENTITY,
        "Action": f"/{exchange.name}",
        "To": url,
        "From": "http://127.0.0.1:9/",
        "ReplyTo": ANONYMOUS,
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [("Client.SecurityError", SecurityError), ("Server.InternalError", InternalError), ("Client.Other", FaultError)],
)
def test_our_client_receiving_a_fault_of_spyne_raises_it(
    portal: BlockingPortal,
    spyne_server: "Callable[[str, str], tuple[str, Desk]]",
    code: str,
    kind: type[FaultError],
) -> None:
    """A fault of spyne, with its subcode in no namespace, is raised as the class of its subcode."""
    sample = next(s for s in SAMPLES if str(s) == "v15-charge_point-Reset-full")
    url, desk = spyne_server("v15", "charge_point")
    desk.replies["Reset"] = spyne.Fault(code, "Größe <&> falsch")
    with pytest.raises(FaultError) as caught:
        call(portal, url, sample.exchange, sample.request, IDENTITY)
    assert type(caught.value) is kind
    assert caught.value.code == {"Client": "Sender", "Server": "Receiver"}[code.partition(".")[0]]
    assert caught.value.subcode == code.partition(".")[2]
    assert caught.value.reason == "Größe <&> falsch"
