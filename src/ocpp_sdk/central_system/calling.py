"""What the central system sends to charge points is stored with its outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog

from ocpp_sdk.client import PeerClient
from ocpp_sdk.codec.json import json_text
from ocpp_sdk.errors import OcppError, StorageError
from ocpp_sdk.operation import Operation
from ocpp_sdk.storage import Direction, MessageStore, WireMessage

__all__ = ["RecordedCaller"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

_log = structlog.get_logger("ocpp_sdk.central_system")


class RecordedCaller:
    """Calls one charge point and keeps each message; a `Caller`.

    What the charge point has done is done: where the message cannot be stored, the reply is given back all the same.

    Args:
        peer: the charge point.
        store: asked for at each call.
        clock: tells when a message is sent.
    """

    def __init__(self, peer: PeerClient, store: Callable[[], MessageStore], clock: Callable[[], datetime]) -> None:
        self._peer = peer
        self._store = store
        self._clock = clock

    async def call(self, operation: Operation[Req, Resp], request: Req, /) -> Resp:
        """Send a request and return its reply.

        Raises:
            OcppError: as `Caller.call`.
        """
        sent_at = self._clock()
        reply = fault = None
        try:
            response = await self._peer.call(operation, request)
            reply = json_text(response)
        except OcppError as error:
            fault = " ".join(str(error).split())
            raise
        finally:
            await self._keep(
                WireMessage(
                    at=sent_at,
                    direction=Direction.TO_CHARGE_POINT,
                    identity=self._peer.charge_box_identity,
                    version=operation.service.version,
                    operation=operation.name,
                    request=json_text(request),
                    reply=reply,
                    fault=fault,
                )
            )
        return response

    async def _keep(self, message: WireMessage) -> None:
        try:
            await self._store().record_message(message)
        except StorageError as error:
            _log.error(
                "not stored", error=str(error), operation=message.operation, charge_box_identity=message.identity
            )
