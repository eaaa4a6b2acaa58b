"""Every request that reaches a handler is stored with its answer, before the answer leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from types import SimpleNamespace
from typing import TypeAlias

import structlog

from ocpp_sdk.call import Call
from ocpp_sdk.central_system.settings import ActionObserver
from ocpp_sdk.codec.json import json_text
from ocpp_sdk.errors import FaultError, OcppError
from ocpp_sdk.operation import Service
from ocpp_sdk.storage import ActionStore, ReceivedAction

__all__ = ["ActionRecorder"]

_log = structlog.get_logger("ocpp_sdk.central_system")

_Handler: TypeAlias = Callable[[object, Call], Awaitable[object]]


class ActionRecorder:
    """Puts itself in front of handlers.

    Args:
        store: asked for at each request, since it may be opened after this object is made.
        clock: tells the time of receipt.
        on_action: hears of each action after it was stored.
    """

    def __init__(
        self, store: Callable[[], ActionStore], clock: Callable[[], datetime], on_action: ActionObserver | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_action = on_action

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
        async def handle(request: object, call: Call) -> object:
            received_at = self._clock()
            try:
                response = await handler(request, call)
            except FaultError as fault:
                await self._record(call, received_at, request, fault=str(fault))
                raise
            except Exception:
                # What failed may be the storage itself; its error, not that of the attempt to keep it, is told.
                with suppress(OcppError):
                    await self._record(call, received_at, request, fault="fault Receiver/InternalError")
                raise
            await self._record(call, received_at, request, reply=json_text(response))
            return response

        return handle

    async def _record(
        self, call: Call, received_at: datetime, request: object, *, reply: str | None = None, fault: str | None = None
    ) -> None:
        operation = call.operation
        action = ReceivedAction(
            received_at=received_at,
            identity=call.charge_box_identity,
            version=operation.service.version,
            operation=operation.name,
            request=json_text(request),
            reply=reply,
            fault=fault,
            message_id=call.addressing.message_id,
            deviations=tuple(deviation.kind.value for deviation in call.deviations),
            peer_host=call.peer_host,
            callback_address=call.callback_address,
        )
        await self._store().record_action(action)
        if self._on_action is not None:
            try:
                self._on_action(action)
            except Exception as error:
                # The action is stored; an observer that fails is no reason to let the charge point repeat it.
                _log.error("observer failed", exc_info=error)
