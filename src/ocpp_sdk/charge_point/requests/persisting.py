"""Keeping what must not be lost, however long the storage takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import StorageError

__all__ = ["surely"]

T = TypeVar("T")

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


async def surely(clock: Clock, what: str, keep: Callable[[], Awaitable[T]], report: Report) -> T:
    """Keep something, with growing pauses until the storage takes it.

    Args:
        clock: drives the pauses.
        what: waits meanwhile, for people.
        keep: may be repeated.
        report: hears of the first failure.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await keep()
        except StorageError as error:
            if pause_s == _FIRST_PAUSE_S:
                report(f"{what} waits for the storage: {error}")
        await clock.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
