"""What is collected of one transaction for its StopTransaction, in bounds and durably."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from math import gcd
from typing import Final

from ocpp_sdk.charge_point.link import Report
from ocpp_sdk.charge_point.metering.transaction_store import KeptReading, TransactionDataStore
from ocpp_sdk.errors import StorageError
from ocpp_sdk.versions.domain import MeterReading

__all__ = ["ALIGNED", "BEGIN", "SAMPLED", "TransactionData"]

BEGIN: Final = "b"
SAMPLED: Final = "s"
ALIGNED: Final = "a"
_MOST_WAITING: Final = 100


@dataclass(slots=True)
class _Series:
    """Readings of one kind: every `stride`th is kept.

    Attributes:
        kept: the places of those that are kept, in order.
        next: the place of the next one.
        stride: a power of two while the program runs.
    """

    kept: list[int] = field(default_factory=list)
    next: int = 0
    stride: int = 1

    def restore(self, place: int) -> None:
        """Know a reading again that is kept already; they come in order."""
        self.kept.append(place)
        self.next = place + 1
        common = gcd(*self.kept)
        self.stride = common & -common or 1

    def thin(self) -> list[int]:
        """Keep every second one from now on; returns the places of those that go."""
        self.stride *= 2
        gone = [place for place in self.kept if place % self.stride]
        self.kept = [place for place in self.kept if place % self.stride == 0]
        return gone


class TransactionData:
    """The readings of one transaction.

    Of too many readings every second one of the longer series is left out, evenly over the whole transaction, and so
    on; the first stays. Energy per interval of what was left out is then missing, registers are not.

    Args:
        store: where they are kept.
        key: of the transaction.
        limit: how many are kept at most, beside those of begin and end.
        report: hears of what could not be kept, and of the first that is left out.
    """

    def __init__(self, store: TransactionDataStore, key: str, limit: int, report: Report) -> None:
        self._store = store
        self._key = key
        self._limit = limit
        self._report = report
        self._series: dict[str, _Series] = {}
        self._turn = asyncio.Lock()
        self._waiting: deque[KeptReading] = deque(maxlen=_MOST_WAITING)
        self._failing = False
        self._loaded = False

    async def load(self) -> None:
        """Go on where a program before this one ended; the store is asked once.

        Raises:
            StorageError: it cannot be read now; may be called again.
        """
        if self._loaded:
            return
        for kept in await self._store.readings(self._key):
            self._series.setdefault(kept.series, _Series()).restore(kept.place)
        self._loaded = True

    async def add(self, series_name: str, reading: MeterReading) -> None:
        """Keep a reading; if the store does not take it, it waits for the next one in memory, up to 100 of them."""
        series = self._series.setdefault(series_name, _Series())
        place, series.next = series.next, series.next + 1
        if place % series.stride:
            return
        series.kept.append(place)
        self._waiting.append(KeptReading(series_name, place, reading))
        async with self._turn:
            try:
                await self._write()
                await self._thin()
            except StorageError as error:
                if not self._failing:
                    self._report(f"readings of a transaction wait in memory: {error}")
                self._failing = True
            else:
                self._failing = False

    async def readings(self) -> list[KeptReading]:
        """Return what was kept, by time.

        Raises:
            StorageError: it cannot be read now.
        """
        async with self._turn:
            found = await self._store.readings(self._key)
            places = {kept[:2] for kept in found}
            found += [kept for kept in self._waiting if kept[:2] not in places]
        return sorted(found, key=lambda kept: (kept.reading.timestamp, kept.series != BEGIN))

    async def _write(self) -> None:
        while self._waiting:
            await self._store.put(self._key, self._waiting[0])
            self._waiting.popleft()

    async def _thin(self) -> None:
        while sum(len(series.kept) for name, series in self._series.items() if name != BEGIN) > self._limit:
            name = max((SAMPLED, ALIGNED), key=lambda one: len(self._series.get(one, _Series()).kept))
            series = self._series[name]
            self._report(
                f"more than {self._limit} readings in a transaction: one in {series.stride * 2} is kept for its "
                "StopTransaction"
            )
            await self._store.remove(self._key, name, series.thin())
