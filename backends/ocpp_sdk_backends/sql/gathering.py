"""Who is worth waiting for before a group of writes is begun.

Peers that send one request after the other come again soon after they were answered. If a group is begun at once, the
half of them writes while the other half is on its way: two commits for what one could do, and each half finds in the
processor's caches what the other one left there. So a group waits for as many as were answered last and wait by now, no
longer than the last commit took. Where they do not come, the next groups do not wait.
"""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["Gathering"]

_WORTH_A_COMMIT: Final = 64
"""Beyond this a larger group saves little, and the disk would wait for it."""
_LONGEST_S: Final = 0.005
_GROUPS_WITHOUT: Final = 20
_FEW: Final = 2
"""Where one or two write, nobody else is on the way."""


class Gathering:
    """Waits for those who are on the way; one task does that."""

    def __init__(self) -> None:
        self._there = 0
        self._wanted = 0
        self._full = asyncio.Event()
        self._answered = 0
        self._took_s = 0.0
        self._hasty = 0

    def came(self) -> None:
        """Take note of one more who waits."""
        self._there += 1
        if self._there == self._wanted:
            self._full.set()

    async def gather(self) -> None:
        """Wait until it is worth to begin a group."""
        if self._answered <= _FEW and self._there <= _FEW:
            return
        wanted = min(self._there + self._answered, _WORTH_A_COMMIT)
        # A few may have gone for good.
        wanted -= wanted // 16
        await self._while_they_come()
        if self._there >= wanted:
            return
        if self._hasty:
            self._hasty -= 1
            return
        if not await self._wait_for(wanted):
            self._hasty = _GROUPS_WITHOUT
        await self._while_they_come()

    def answered(self, count: int, took_s: float) -> None:
        """Take note of a group.

        Args:
            count: of its writes.
            took_s: how long it took to make them durable.
        """
        self._there -= count
        self._answered, self._took_s = count, took_s

    async def _wait_for(self, wanted: int) -> bool:
        """Wait until so many are there, for a while; tells whether they are."""
        self._wanted = wanted
        self._full.clear()
        timer = asyncio.get_running_loop().call_later(min(self._took_s, _LONGEST_S), self._full.set)
        try:
            await self._full.wait()
        finally:
            timer.cancel()
            self._wanted = 0
        return self._there >= wanted

    async def _while_they_come(self) -> None:
        """Let the event loop go on, as long as each of its turns brings somebody."""
        before = 0
        while before < self._there < _WORTH_A_COMMIT:
            before = self._there
            await asyncio.sleep(0)
