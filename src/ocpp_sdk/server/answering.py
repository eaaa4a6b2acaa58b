"""From the bytes of a request to the bytes of its answer, without HTTP around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from time import perf_counter
from typing import NoReturn

import structlog

from ocpp_sdk.call import Call
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    AddressRefusedError,
    FaultError,
    InternalError,
    NotSupportedError,
    OcppError,
    ProtocolError,
)
from ocpp_sdk.operation import Role, Service
from ocpp_sdk.server.callback import CallbackPolicy
from ocpp_sdk.server.handlers import HandlerTable
from ocpp_sdk.server.identity import AllowAll, CredentialsError, IdentityPolicy, PeerFacts
from ocpp_sdk.server.joint_reading import JointReader
from ocpp_sdk.server.message_ids import new_message_id
from ocpp_sdk.server.settings import ServerSettings
from ocpp_sdk.server.stepping import Deadlines, ExpiredError, within
from ocpp_sdk.soap.dispatch import OperationIndex
from ocpp_sdk.soap.exchange import (
    Incoming,
    decode_request,
    encode_fault,
    encode_reply,
    fault_for,
    http_status_for,
    salvage,
)
from ocpp_sdk.soap.namespaces import ANONYMOUS

__all__ = ["CallObserver", "Outcome", "Responder"]

_log = structlog.get_logger("ocpp_sdk.server")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended.

    Attributes:
        fault: the fault it was answered with, None for a reply.
        duration_s: time from the complete request to the complete answer, in seconds.
    """

    fault: FaultError | None
    duration_s: float


CallObserver = Callable[[Call | None, Outcome], None]
"""Called after each request; the call is None where the message could not be read."""


class Responder:
    """Answers requests: reads, asks the policies, calls the handler, writes.

    Attributes:
        handlers: of the operations.
        reader: reads messages that come together.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        settings: ServerSettings,
        identity: IdentityPolicy,
        callback: CallbackPolicy,
        on_call: CallObserver | None = None,
        new_id: Callable[[], str] = new_message_id,
    ) -> None:
        self.handlers = HandlerTable(services)
        self._index = OperationIndex(services)
        self._settings = settings
        self.reader = JointReader(self._read)
        self._deadlines = Deadlines(settings.handler_timeout_s)
        self._policy = None if type(identity) is AllowAll else identity
        self._callback = callback
        self._on_call = on_call
        self._new_id = new_id
        self._reports = on_call is not None or settings.log_calls
        required = settings.identity_required
        self._needs_identity = frozenset(
            service
            for service in services
            if service.identity_header and (service.role is Role.CENTRAL_SYSTEM if required is None else required)
        )

    @property
    def asks_for_facts(self) -> bool:
        """Whether the identity policy looks at the peer, so that its facts must be gathered."""
        return self._policy is not None

    async def answer(
        self,
        data: bytes,
        *,
        peer_host: str | None,
        facts: PeerFacts | None,
        odd: Sequence[Deviation],
        inflated: bool,
        alone: bool = True,
        incoming: Incoming | Exception | None = None,
    ) -> tuple[int, bytes]:
        """Answer one request; every failure becomes a fault.

        Args:
            data: the message, not compressed.
            peer_host: address of the peer.
            facts: what else is known about the peer; needed if `asks_for_facts`.
            odd: what was odd about the HTTP request.
            inflated: whether the message was compressed.
            alone: whether no other request is being worked on.
            incoming: what the message is, or why it cannot be read, if that is known already.

        Returns:
            HTTP status and SOAP message.
        """
        began = perf_counter() if self._on_call is not None else 0.0
        settings = self._settings
        try:
            if incoming is None:
                alone = alone and not self.reader.is_joint
                incoming = self._read(data, inflated) if alone else await self.reader.read(data, inflated)
            elif isinstance(incoming, Exception):
                raise incoming
        except OcppError as error:
            return self._refuse_message(data, error, peer_host, inflated, began)
        incoming.deviations[:0] = odd
        call = self._call(incoming, peer_host)
        style = None
        if settings.prefix_styles:
            style = settings.prefix_styles.get(call.charge_box_identity)
        operation = call.operation
        response: object = None
        try:
            if self._policy is not None or not call.charge_box_identity:
                await self._admit(call, facts)
            handler = self.handlers.by_operation.get(operation) or _not_supported
            with self._deadlines.one():
                response = await handler(incoming.message, call)
            body = encode_reply(
                operation, response, message_id=self._new_id(), relates_to=call.addressing.message_id, style=style
            )
        except FaultError as raised:
            fault = raised
        except ExpiredError:
            _log.error("handler took too long", timeout_s=settings.handler_timeout_s, **_names(call))
            fault = InternalError("the request took too long")
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancelled(error):
                raise
            what = "handler failed" if response is None else "reply cannot be written"
            _log.error(what, exc_info=error, **_names(call))
            fault = _internal()
        else:
            if self._reports:
                self._report(call, None, began)
            return 200, body
        self._report(call, fault, began)
        body = encode_fault(
            fault,
            service=operation.service,
            message_id=self._new_id(),
            relates_to=call.addressing.message_id,
            style=style,
        )
        return (self._status(fault), body)

    def _read(self, data: bytes, inflated: bool) -> Incoming:
        settings = self._settings
        return decode_request(data, self._index, limits=settings.limits, strict=settings.strict, inflated=inflated)

    def _call(self, incoming: Incoming, peer_host: str | None) -> Call:
        addressing = incoming.addressing
        announced = addressing.from_address
        if announced is None and addressing.reply_to != ANONYMOUS:
            announced = addressing.reply_to
        callback_address = None
        if announced is not None or self._callback.addresses:
            try:
                callback_address = self._callback.decide(
                    announced, peer_host=peer_host, charge_box_identity=incoming.charge_box_identity
                )
            except AddressRefusedError as error:
                incoming.deviations.append(Deviation(DeviationKind.ADDRESS_INVALID, "From", str(error)))
        return Call(
            operation=incoming.operation,
            charge_box_identity=incoming.charge_box_identity,
            addressing=addressing,
            deviations=tuple(incoming.deviations) if incoming.deviations else (),
            peer_host=peer_host,
            callback_address=callback_address,
        )

    async def _admit(self, call: Call, facts: PeerFacts | None) -> None:
        if not call.charge_box_identity and call.operation.service in self._needs_identity:
            raise ProtocolError(f"the header {call.operation.service.identity_header} is missing or empty")
        if self._policy is not None:
            verdict = self._policy.check(call, facts or PeerFacts(host=call.peer_host))
            if isawaitable(verdict):
                await within(verdict, self._settings.handler_timeout_s)

    def _refuse_message(
        self, data: bytes, error: OcppError, peer_host: str | None, inflated: bool, began: float
    ) -> tuple[int, bytes]:
        """Answer a message that could not be read, with as much of its headers as can be told."""
        fault = fault_for(error)
        found = salvage(data, self._index, limits=self._settings.limits, inflated=inflated)
        _log.warning(
            "request refused",
            error=type(error).__name__,
            detail=str(error)[:300],
            operation=found.operation.name if found.operation else None,
            charge_box_identity=found.charge_box_identity[:60],
            peer=peer_host,
        )
        if self._on_call is not None:
            self._observe(None, fault, began)
        body = encode_fault(
            fault, service=found.service, message_id=self._new_id(), relates_to=found.addressing.message_id
        )
        return (self._status(fault), body)

    def _status(self, fault: FaultError) -> int:
        if isinstance(fault, CredentialsError):
            return 401
        return self._settings.fault_status or http_status_for(fault)

    def _report(self, call: Call, fault: FaultError | None, began: float) -> None:
        if self._settings.log_calls:
            _log.info("answered", fault=fault and fault.subcode, deviations=len(call.deviations), **_names(call))
        if self._on_call is not None:
            self._observe(call, fault, began)

    def _observe(self, call: Call | None, fault: FaultError | None, began: float) -> None:
        assert self._on_call is not None  # noqa: S101 - callers look first
        try:
            self._on_call(call, Outcome(fault, perf_counter() - began))
        except Exception as error:
            _log.error("observer failed", exc_info=error)


async def _not_supported(_: object, call: Call) -> NoReturn:
    raise NotSupportedError(f"{call.operation.name} is not supported here")


def _internal() -> InternalError:
    return InternalError("the request could not be completed")


def _is_cancelled(error: BaseException) -> bool:
    """Whether this task is to end, and not merely something that a handler waited for."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _names(call: Call) -> dict[str, str | None]:
    return {
        "operation": call.operation.name,
        "charge_box_identity": call.charge_box_identity,
        "peer": call.peer_host,
    }
