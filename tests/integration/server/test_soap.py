"""What a SOAP request is answered with."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.errors import ConfigurationError, FaultError, MissingFieldError, SecurityError
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.generated.v16 import central_system as cs16
from ocpp_sdk.server import CallbackPolicy, Outcome, ServerSettings, SoapServer
from ocpp_sdk.server.run import serve
from ocpp_sdk.soap.prefixes import PrefixStyle

from .serving import SERVICES, accepted, handled_by
from .wire import MESSAGE_ID, envelope, post

pytestmark = pytest.mark.anyio

HEARTBEAT_16 = '<heartbeatRequest xmlns="urn://Ocpp/Cs/2015/10/"/>'


async def test_request_to_a_function_is_answered_with_its_reply() -> None:
    """Version, service and operation are found by the payload; the reply carries the addressing headers."""
    server = SoapServer(SERVICES, new_id=lambda: "urn:uuid:1")

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        return accepted(parent_id_tag=f"{request.id_tag}/{call.charge_box_identity}")

    async with serve(server) as address:
        reply = await post(address, envelope())
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert reply.texts() == {
        "Action": "/AuthorizeResponse",
        "MessageID": "urn:uuid:1",
        "RelatesTo": MESSAGE_ID,
        "To": "http://www.w3.org/2005/08/addressing/anonymous",
        "status": "Accepted",
        "parentIdTag": "ABC/CP001",
    }


async def test_request_to_a_handler_object_reaches_its_method() -> None:
    """A class serves the operations that it overrides; a function wins over a method, whichever came first."""
    server = SoapServer(SERVICES)

    @server.on(cs15.DATA_TRANSFER)
    async def transfer(request: cs15.DataTransferRequest, call: Call) -> cs15.DataTransferResponse:
        return cs15.DataTransferResponse(status=cs15.DataTransferStatus.REJECTED)

    handler = handled_by(server)
    payload = '<dataTransferRequest xmlns="urn://Ocpp/Cs/2012/06/"><vendorId>x</vendorId></dataTransferRequest>'
    async with serve(server) as address:
        first = await post(address, envelope())
        second = await post(address, envelope(payload, action="/DataTransfer"))
    assert [first.texts()["status"], second.texts()["status"]] == ["Accepted", "Rejected"]
    assert [call.charge_box_identity for call in handler.calls] == ["CP001"]
    assert handler.calls[0].peer_host == "127.0.0.1"


async def test_operation_without_a_handler_is_answered_not_supported() -> None:
    """Both a missing handler and a method that was not overridden say so, in the version that asked."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        unregistered = await post(
            address, envelope(HEARTBEAT_16, action="/Heartbeat", namespace="urn://Ocpp/Cs/2015/10/")
        )
        inherited = await post(
            address, envelope('<heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/>', action="/Heartbeat")
        )
    for reply in (unregistered, inherited):
        assert (reply.status, reply.subcode, reply.texts()["RelatesTo"]) == (500, "NotSupported", MESSAGE_ID)


async def test_unknown_operation_is_answered_with_a_fault() -> None:
    """An operation that 1.5 lacks is refused, and the fault says what it answers."""
    async with serve(SoapServer(SERVICES)) as address:
        reply = await post(address, envelope('<flyRequest xmlns="urn://Ocpp/Cs/2012/06/"/>', action="/Fly"))
    assert (reply.status, reply.subcode) == (500, "NotSupported")
    assert reply.texts()["RelatesTo"] == MESSAGE_ID


@pytest.mark.parametrize(
    ("body", "status", "related"),
    [
        (envelope().replace(b"</s:Body>", b""), 400, MESSAGE_ID),
        (b'<!DOCTYPE x [<!ENTITY e "f">]>' + envelope().partition(b"?>")[2], 400, MESSAGE_ID),
        (envelope("<authorizeRequest xmlns='urn://Ocpp/Cs/2012/06/'/>"), 400, MESSAGE_ID),
        (b"no XML at all", 400, None),
        (b"", 400, None),
    ],
    ids=["malformed", "doctype", "missing-field", "text", "empty"],
)
async def test_unreadable_request_is_answered_protocol_error(body: bytes, status: int, related: str | None) -> None:
    """What cannot be read is answered with a fault that names its request where that can be told."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        reply = await post(address, body)
    assert (reply.status, reply.subcode) == (status, "ProtocolError")
    if related:
        assert reply.texts()["RelatesTo"] == related


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("secret of the database"),
        MissingFieldError("secret", "of a peer"),
        asyncio.CancelledError("secret"),
        TimeoutError("secret"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_exception_of_a_handler_is_answered_internal_error_without_leaking(
    failure: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """The peer learns nothing, the log everything, and the connection goes on."""
    server = SoapServer(SERVICES)

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        await asyncio.sleep(0)
        raise failure

    async with serve(server) as address:
        reply = await post(address, envelope())
        again = await post(address, envelope())
    assert (reply.status, reply.subcode, again.subcode) == (500, "InternalError", "InternalError")
    assert b"secret" not in reply.body
    logged = capsys.readouterr().out
    assert "handler failed" in logged
    assert "Authorize" in logged
    assert "CP001" in logged


async def test_fault_of_a_handler_is_answered_as_it_is() -> None:
    """A handler decides about code, subcode and reason of a fault."""
    server = SoapServer(SERVICES)

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        if request.id_tag == "ABC":
            raise SecurityError("not you")
        raise FaultError("later", code="Receiver", subcode="Busy")

    async with serve(server) as address:
        first = await post(address, envelope())
        second = await post(address, envelope().replace(b"ABC", b"DEF"))
    assert (first.status, first.subcode, first.texts()["Text"]) == (400, "SecurityError", "not you")
    assert (second.status, second.subcode, second.texts()["Text"]) == (500, "Busy", "later")


@pytest.mark.parametrize("status", [200, 500])
async def test_fault_for_a_peer_that_reads_one_status_only_is_sent_with_it(status: int) -> None:
    """One setting serves peers that do not look into other replies."""
    async with serve(SoapServer(SERVICES, settings=ServerSettings(fault_status=status))) as address:
        reply = await post(address, envelope())
        broken = await post(address, b"<")
    assert (reply.status, reply.subcode) == (status, "NotSupported")
    assert (broken.status, broken.subcode) == (status, "ProtocolError")


async def test_handler_that_waits_too_long_is_cancelled_and_answered_internal_error() -> None:
    """The time-out ends the handler itself, not only the wait for it."""
    server = SoapServer(SERVICES, settings=ServerSettings(handler_timeout_s=0.05))
    ended = asyncio.Event()

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return accepted()

    async with serve(server) as address:
        reply = await post(address, envelope())
    assert (reply.status, reply.subcode) == (500, "InternalError")
    assert ended.is_set()


async def test_handler_that_waits_a_while_is_answered() -> None:
    """A handler that really suspends goes on in the same task."""
    server = SoapServer(SERVICES)

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        task = asyncio.current_task()
        for _ in range(3):
            await asyncio.sleep(0.001)
        assert asyncio.current_task() is task
        return accepted()

    async with serve(server) as address:
        assert (await post(address, envelope())).status == 200


async def test_reply_that_the_schema_forbids_is_answered_internal_error_and_names_the_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing invalid is ever sent; the log says which field to mend."""
    server = SoapServer(SERVICES)
    replies: list[object] = [accepted(parent_id_tag="x" * 21), cs15.HeartbeatRequest(), None]

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        return replies.pop(0)  # type: ignore[return-value]  # the mistake that is tested

    async with serve(server) as address:
        answers = [await post(address, envelope()) for _ in range(3)]
    assert [(reply.status, reply.subcode) for reply in answers] == [(500, "InternalError")] * 3
    assert "authorizeResponse/idTagInfo/parentIdTag" in capsys.readouterr().out


async def test_strict_server_refuses_what_a_tolerant_one_reads() -> None:
    """The same odd message passes or fails by one setting, and the deviation is on the call."""
    odd = envelope().replace(b"ABC", b" ABC ").replace(b"idTag", b"IDTAG")
    tolerant = SoapServer(SERVICES)
    handler = handled_by(tolerant)
    strict = SoapServer(SERVICES, settings=ServerSettings(strict=True))
    handled_by(strict)
    async with serve(tolerant) as lax, serve(strict) as severe:
        assert (await post(lax, odd)).status == 200
        refused = await post(severe, odd)
    assert handler.calls[0].deviations
    assert (refused.status, refused.subcode) == (400, "ProtocolError")


async def test_announced_address_reaches_the_handler_only_if_the_policy_allows_it() -> None:
    """A good address is on the call; a refused one is not, and leaves a deviation."""
    server = SoapServer(SERVICES, callback=CallbackPolicy(ports=frozenset({9000})))
    handler = handled_by(server)
    sender = "<a:From><a:Address>{}</a:Address></a:From>"
    async with serve(server) as address:
        for url in ("http://10.1.2.3:9000/cp", "http://169.254.169.254:9000/latest", "http://127.0.0.1:9000/cp"):
            await post(address, envelope(more_headers=sender.format(url)))
    assert [call.callback_address for call in handler.calls] == [
        "http://10.1.2.3:9000/cp",
        None,
        "http://127.0.0.1:9000/cp",
    ]
    assert any("metadata" in deviation.detail for deviation in handler.calls[1].deviations)


async def test_observer_sees_every_request_and_its_outcome() -> None:
    """Counters see replies, faults and unreadable messages; one that fails harms nobody."""
    seen: list[tuple[str | None, str | None]] = []

    def observe(call: Call | None, outcome: Outcome) -> None:
        fault = outcome.fault
        seen.append((call.operation.name if call else None, fault.subcode if fault else None))
        assert outcome.duration_s >= 0
        raise RuntimeError("the counter is broken")

    server = SoapServer(SERVICES, on_call=observe)
    handled_by(server)
    async with serve(server) as address:
        statuses = [
            (await post(address, body)).status
            for body in (
                envelope(),
                envelope('<heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/>', action="/Heartbeat"),
                b"<",
            )
        ]
    assert seen == [("Authorize", None), ("Heartbeat", "NotSupported"), (None, "ProtocolError")]
    assert statuses == [200, 500, 400]


async def test_peer_with_fixed_prefixes_gets_them() -> None:
    """A charge point that parses by prefix is served by a setting under its identity."""
    settings = ServerSettings(prefix_styles={"CP001": PrefixStyle(envelope="SOAP-ENV", payload="ns1")})
    server = SoapServer(SERVICES, settings=settings)
    handled_by(server)
    async with serve(server) as address:
        styled, plain = await post(address, envelope()), await post(address, envelope(identity="CP002"))
    assert b"<ns1:authorizeResponse>" in styled.body
    assert b"ns1:" not in plain.body


def test_registration_of_what_is_not_served_is_refused() -> None:
    """A wrong service, a second function and an object without methods are mistakes that show at once."""
    server = SoapServer([cs15.SERVICE])

    async def heartbeat(request: cs16.HeartbeatRequest, call: Call) -> cs16.HeartbeatResponse:
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match="not among the services"):
        server.on(cs16.HEARTBEAT)(heartbeat)
    with pytest.raises(ConfigurationError, match="object has no method"):
        server.serve(cs15.SERVICE, object())

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match="has a handler already"):
        server.on(cs15.AUTHORIZE)(authorize)
