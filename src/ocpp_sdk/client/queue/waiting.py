"""Waiting for an event by a given clock."""

from __future__ import annotations

import asyncio

from ocpp_sdk.client.queue.roles import Clock

__all__ = ["wait_within"]


async def wait_within(clock: Clock, event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than so many seconds; returns whether it is set."""
    if event.is_set() or seconds <= 0:
        return event.is_set()
    tasks = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return event.is_set()
