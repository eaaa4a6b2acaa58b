"""Tries a transfer as often as it was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import TransferError

__all__ = ["attempts"]


async def attempts(
    transfer: Callable[[], Awaitable[None]], retries: int, interval_s: float, *, clock: Clock, report: Report, name: str
) -> None:
    """Do a transfer, and again after a pause if it failed and to try again can help.

    Args:
        transfer: one attempt.
        retries: how many more after the first one.
        interval_s: the pause.
        clock: for the pause.
        report: hears of each failure but the last.
        name: of what is tried.

    Raises:
        TransferError: the last attempt failed, or none can help.
    """
    for left in range(retries, -1, -1):
        try:
            await transfer()
        except TransferError as error:
            if not error.retry_safe or left == 0:
                raise
            report(f"{name}: {error}; again in {interval_s:g} s, {left} more")
            await clock.sleep(interval_s)
        else:
            return
