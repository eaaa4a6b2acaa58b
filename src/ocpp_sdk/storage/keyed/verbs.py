"""What all verbs are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Final, TypeVar

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.draft import Draft
from ocpp_sdk.storage.keyed.ledger import Ledger
from ocpp_sdk.storage.keyed.numbered import Group, Numbered, microseconds
from ocpp_sdk.storage.keyed.numbers import window
from ocpp_sdk.storage.keyed.schema import Tables

__all__ = ["GREATEST_ID", "Verbs", "optional_utc"]

R = TypeVar("R")
T = TypeVar("T")

GREATEST_ID: Final = 2_147_483_647
_FIRST_LOOK: Final = 64
_LONGEST_LOOK: Final = 2048


def optional_utc(time: datetime | None) -> datetime | None:
    """Return the same point in time in UTC, None for None."""
    return None if time is None else utc(time)


class Verbs:
    """Tables, and what keeps them."""

    def __init__(self, tables: Tables, ledger: Ledger) -> None:
        self._tables = tables
        self._ledger = ledger

    def _draft(self) -> Draft:
        """Begin to change something; until `_keep` nothing may be awaited."""
        self._ledger.begin()
        return Draft()

    async def _keep(self, draft: Draft) -> None:
        """Keep changes, or what was found instead of them, and wait until that is durable."""
        if changes := draft.changes:
            self._ledger.keep(changes)
        if self._ledger.pending:
            await self._ledger.durable()

    async def _seen(self, query: Callable[[], T]) -> T:
        """Return what a query finds in the tables, once it is durable."""
        self._ledger.begin()
        found = query()
        while self._ledger.pending:
            try:
                await self._ledger.durable()
            except StorageError:
                # What the query saw may be undone.
                self._ledger.begin()
                found = query()
            else:
                break
        return found

    async def _settled(self, query: Callable[[], Awaitable[T]]) -> T:
        """Do the same for a query that waits for records."""
        self._ledger.begin()
        found = await query()
        while self._ledger.pending:
            try:
                await self._ledger.durable()
            except StorageError:
                self._ledger.begin()
                found = await query()
            else:
                break
        return found

    async def _list(
        self,
        table: Numbered[R],
        groups: Iterable[Group] = (),
        *,
        limit: int,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = False,
        fits: Callable[[R], bool] | None = None,
        times: tuple[datetime | None, datetime | None] = (None, None),
    ) -> list[R]:
        """List records by number.

        Args:
            table: which ones.
            groups: only those in the smallest of these; `fits` must see to the others.
            limit: greatest number of results.
            after: only those with greater numbers.
            before: only those with smaller numbers.
            newest_first: whether the greatest number comes first.
            fits: whether a record is wanted.
            times: from when on, and before when.
        """
        wanted = tuple(groups)
        since, until = (None if time is None else microseconds(utc(time)) for time in times)

        def timely(number: int) -> bool:
            time = table.time(number)
            return (since is None or time >= since) and (until is None or time < until)

        async def query() -> list[R]:
            found: list[R] = []
            low, high, size = after, before, max(min(limit, _LONGEST_LOOK), 1)
            while len(found) < limit:
                numbers = window(table.smallest(wanted), after=low, before=high, newest_first=newest_first, size=size)
                if not numbers:
                    break
                low, high = (low, numbers[-1]) if newest_first else (numbers[-1], high)
                if since is not None or until is not None:
                    numbers = [number for number in numbers if timely(number)]
                records = await self._ledger.fetch(table, numbers)
                found.extend(record for record in records if fits is None or fits(record))
                size = min(max(size * 2, _FIRST_LOOK), _LONGEST_LOOK)
                await asyncio.sleep(0)
            return found[:limit]

        if limit < 1:
            self._ledger.begin()
            return []
        return await self._settled(query)

    def _charge_point(self, draft: Draft, identity: str, at: datetime) -> ChargePointRecord:
        """Return a charge point, which comes into being if it was not there.

        Args:
            draft: of the changes.
            identity: of the charge point.
            at: time of what is stored about it.
        """
        table = self._tables.charge_points
        found = draft.get(table, (fold(identity),))
        if found is None:
            time = utc(at)
            found = ChargePointRecord(identity=identity, first_seen=time, last_seen=time)
            draft.put(table, found)
        return found
