"""What is collected of one transaction for its StopTransaction, in bounds and durably."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from math import gcd
from typing import Final

from ocpp_sdk.charge_point.connection.link import Report
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
        kept: the places of those that are kept, in order, with the number of their values.
        next: the place of the next one.
        stride: a power of two while the program runs.
    """

    kept: dict[int, int] = field(default_factory=dict)
    next: int = 0
    stride: int = 1

    @property
    def values(self) -> int:
        """How many values are kept."""
        return sum(self.kept.values())

    def restore(self, place: int, values: int) -> None:
        """Know a reading again that is kept already; they come in order."""
        self.kept[place] = values
        self.next = place + 1
        common = gcd(*self.kept)
        self.stride = common & -common or 1

    def thin(self) -> list[int]:
        """Keep every second one from now on; returns the places of those that go."""
        self.stride *= 2
        gone = [place for place in self.kept if place % self.stride]
        for place in gone:
            del self.kept[place]
        return gone


class TransactionData:
    """The readings of one transaction.

    Of too many readings, or values in them, every second one of the longer series is left out, evenly over the whole
    transaction, and so on; the first stays. Energy per interval of what was left out is then missing, registers are
    not. A StopTransaction that is too large would never be taken, and the transaction with it.

    Args:
        store: where they are kept.
        key: of the transaction.
        most_readings: how many are kept at most, beside those of begin and end.
        most_values: how many values they may have together.
        report: hears of what could not be kept, and of the first that is left out.
    """

    def __init__(
        self, store: TransactionDataStore, key: str, most_readings: int, most_values: int, report: Report
    ) -> None:
        self._store = store
        self._key = key
        self._most_readings = most_readings
        self._most_values = most_values
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
            self._series.setdefault(kept.series, _Series()).restore(kept.place, len(kept.reading.values))
        self._loaded = True

    async def add(self, series_name: str, reading: MeterReading) -> None:
        """Keep a reading; if the store does not take it, it waits for the next one in memory, up to 100 of them."""
        series = self._series.setdefault(series_name, _Series())
        place, series.next = series.next, series.next + 1
        if place % series.stride:
            return
        series.kept[place] = len(reading.values)
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
        while (name := self._too_long()) is not None:
            series = self._series[name]
            self._report(
                f"more than {self._most_readings} readings or {self._most_values} values in a transaction: one in "
                f"{series.stride * 2} is kept for its StopTransaction"
            )
            await self._store.remove(self._key, name, series.thin())

    def _too_long(self) -> str | None:
        """Return the series to leave something out of, None if everything has room."""
        known = {name: self._series[name] for name in (SAMPLED, ALIGNED) if name in self._series}
        values = sum(series.values for series in known.values())
        if values <= self._most_values and sum(len(series.kept) for series in known.values()) <= self._most_readings:
            return None
        longer = {name: series.values for name, series in known.items() if len(series.kept) > 1}
        return max(longer, key=longer.__getitem__, default=None)
