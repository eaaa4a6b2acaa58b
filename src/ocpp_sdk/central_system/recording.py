"""Every request that reaches a handler is stored with its answer, before the answer leaves.

An answer that does not depend on what its write finds out is made first, and the write is handed over as a
`PendingWrites`. Then the write and the message go to the storage at the same moment and can share a commit; samples go
there with the message as one write, where the storage has such a verb. The answer leaves when both are durable. What
may be found after a crash, or after one of the two failed:

- the write, but no message: the charge point had no answer and sends the request again, which changes nothing;
- the message, but not the write: it tells an answer that never left. The request that is sent again is stored whole and
  leaves a second message. Where it was not a crash, a message with the fault is stored behind it.

What has an answer that depends on its write, as a start with its number, is written first and recorded then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import TypeAlias

import structlog

from ocpp_sdk.call import Call
from ocpp_sdk.central_system.settings import MessageObserver
from ocpp_sdk.codec.json import json_text
from ocpp_sdk.errors import FaultError, InternalError, OcppError, StorageError, StorageUnavailableError
from ocpp_sdk.operation import Service
from ocpp_sdk.storage import Store, WireMessage
from ocpp_sdk.storage.messages import Direction, MessageDraft, SampledMessageStore
from ocpp_sdk.storage.metering import SentSamples

__all__ = ["MessageRecorder", "PendingWrites"]

_log = structlog.get_logger("ocpp_sdk.central_system")

_Handler: TypeAlias = Callable[[object, Call], Awaitable[object]]
_Write: TypeAlias = Coroutine[object, object, object] | SentSamples
_Making: TypeAlias = Callable[[], WireMessage]

_FAILED = "fault Receiver/InternalError"
_WITH_SAMPLES = SampledMessageStore.record_with_samples.__name__


class PendingWrites:
    """Writes that were asked for by a request and have not begun, or its samples; one a call at most."""

    def __init__(self) -> None:
        self._of_calls: dict[int, _Write] = {}

    def add(self, call: Call, write: _Write) -> None:
        """Leave a write to whoever records the call."""
        self._of_calls[id(call)] = write

    def take(self, call: Call) -> _Write | None:
        """Return the write of a call, which is forgotten here, None if it left none."""
        return self._of_calls.pop(id(call), None)


class MessageRecorder:
    """Puts itself in front of handlers.

    Args:
        store: asked for at each request, since it may be opened after this object is made.
        clock: tells the time of receipt.
        writes: where handlers leave what is written together with the message.
        on_message: hears of each message after it was stored.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        clock: Callable[[], datetime],
        writes: PendingWrites,
        on_message: MessageObserver | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._writes = writes
        self._on_message = on_message

    def wrap(self, service: Service, handler: object) -> object:
        """Return a handler with the same methods, of which each records what comes and what is answered.

        Args:
            service: whose operations the handler answers.
            handler: has a method for each operation.
        """
        methods = {
            operation.method: self._recorded(getattr(handler, operation.method))
            for operation in service.operations.values()
        }
        return SimpleNamespace(**methods)

    def _recorded(self, handler: _Handler) -> _Handler:
        # One function, since each coroutine on the way of a usual request shows in the benchmark of the server.
        async def handle(request: object, call: Call) -> object:
            received_at = self._clock()
            try:
                response = await handler(request, call)
                write = self._writes.take(call)
                make: _Making = partial(_message, call, received_at, request, response)
                if type(write) is SentSamples:
                    await self._keep_samples(write, make)
                else:
                    message = make()
                    make = lambda: message  # noqa: E731  # made once for the storage and who listens
                    if write is None:
                        await self._store().record_message(message)
                    else:
                        await self._write_both(write, message)
            except BaseException as error:
                unused = self._writes.take(call)
                if unused is not None and type(unused) is not SentSamples:
                    unused.close()
                if isinstance(error, Exception):
                    await self._keep_failure(error, call, received_at, request)
                raise
            self._tell(make)
            return response

        return handle

    async def _keep_failure(self, error: Exception, call: Call, received_at: datetime, request: object) -> None:
        """Store what is answered instead of a reply.

        Raises:
            InternalError: it is the storage that failed.
        """
        try:
            await self._record_failure(error, call, received_at, request)
        except StorageError as failed:
            error = failed
        if isinstance(error, StorageError):
            # A peer learns nothing about the storage, and a traceback would tell the operator nothing more.
            _log.error(
                "not stored",
                error=str(error),
                operation=call.operation.name,
                charge_box_identity=call.charge_box_identity,
            )
            raise InternalError("the request could not be stored") from error

    async def _record_failure(self, error: Exception, call: Call, received_at: datetime, request: object) -> None:
        if isinstance(error, StorageUnavailableError):
            # A second attempt would only let the charge point wait longer.
            return
        is_fault = isinstance(error, FaultError)
        make: _Making = partial(_message, call, received_at, request, fault=str(error) if is_fault else _FAILED)
        # What failed may be the storage itself; its error, not that of the attempt to keep it, is told.
        with nullcontext() if is_fault else suppress(OcppError):
            await self._store().record_message(make())
            self._tell(make)

    def _keep_samples(self, samples: SentSamples, make: _Making) -> Awaitable[object]:
        store = self._store()
        keep: Callable[[_Making, SentSamples], Awaitable[int]] | None = getattr(store, _WITH_SAMPLES, None)
        return self._write_both(store.add_samples(samples), make()) if keep is None else keep(make, samples)

    async def _write_both(self, write: Coroutine[object, object, object], message: WireMessage) -> None:
        """Let a write and the message wait for the same commit, the write first."""
        recording = asyncio.ensure_future(self._store().record_message(message))
        try:
            await write
        except BaseException as error:
            recording.add_done_callback(_forget)
            recording.cancel()
            if isinstance(error, Exception):
                # Whatever becomes of it, the fault comes after it.
                await asyncio.wait([recording])
            raise
        await recording

    def _tell(self, make: _Making) -> None:
        if self._on_message is None:
            return
        try:
            self._on_message(make())
        except Exception as error:
            # The message is stored; an observer that fails is no reason to let the charge point repeat it.
            _log.error("observer failed", exc_info=error)


def _forget(recording: asyncio.Future[int]) -> None:
    """Take note of an error, which is that of the write beside it."""
    if not recording.cancelled():
        recording.exception()


def _message(
    call: Call, received_at: datetime, request: object, response: object = None, *, fault: str | None = None
) -> WireMessage:
    operation = call.operation
    deviations = call.deviations
    message = MessageDraft()
    message.number = None
    message.at = received_at
    message.direction = Direction.FROM_CHARGE_POINT
    message.identity = call.charge_box_identity
    message.version = operation.service.version
    message.operation = operation.name
    message.request = json_text(request)
    message.reply = None if response is None else json_text(response)
    message.fault = fault
    message.message_id = call.addressing.message_id
    message.deviations = tuple([deviation.kind.value for deviation in deviations]) if deviations else ()
    message.peer_host = call.peer_host
    message.callback_address = call.callback_address
    return message.freeze()
