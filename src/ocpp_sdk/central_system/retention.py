"""Requests and replies are forgotten when they are old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage import MessageStore

__all__ = ["forget_old_messages"]

_log = structlog.get_logger("ocpp_sdk.central_system")

_STEP: Final = 500
_PAUSE_S: Final = 0.2
_ROUND_S: Final = 600.0


async def forget_old_messages(store: MessageStore, clock: Callable[[], datetime], kept_days: float) -> None:
    """Remove messages that are older than some days, a few at a time so that charge points do not wait; never ends.

    Args:
        store: of the messages.
        clock: tells the time.
        kept_days: the age that a message may have.
    """
    while True:
        pause_s = _ROUND_S
        try:
            if await store.forget_messages(clock() - timedelta(days=kept_days), limit=_STEP) == _STEP:
                pause_s = _PAUSE_S
        except StorageError as error:
            _log.error("old messages are not forgotten", error=str(error))
        await asyncio.sleep(pause_s)
