"""Verbs of transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.draft import Draft
from ocpp_sdk.storage.keyed.metering import MeterVerbs
from ocpp_sdk.storage.keyed.schema import refused_unique, start_unique
from ocpp_sdk.storage.keyed.verbs import GREATEST_ID
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.transactions import (
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
    decide_stop,
)

__all__ = ["TransactionVerbs"]


class TransactionVerbs(MeterVerbs):
    """`TransactionStore` over tables."""

    async def start_transaction(self, start: TransactionStart) -> StartOutcome:  # noqa: D102
        draft, table = self._draft(), self._tables.transactions
        number = table.number_with(start_unique(start))
        transaction = None if number is None else table.get(number)
        repeated = transaction is not None
        if transaction is None:
            if table.last >= GREATEST_ID:
                raise StorageError(f"no transaction id is left, {GREATEST_ID} were given out")
            time = utc(start.started_at)
            identity = self._charge_point(draft, start.identity, time).identity
            transaction = TransactionRecord(
                transaction_id=draft.next_number(table), start=replace(start, identity=identity, started_at=time)
            )
            draft.put_number(table, transaction)
        active = table.group(("open tag", fold(start.id_tag)))
        others = len(active) - (repeated and transaction.stop is None)
        await self._keep(draft)
        return StartOutcome(transaction=transaction, repeated=repeated, others_active=others)

    async def stop_transaction(  # noqa: D102
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        draft, table, time = self._draft(), self._tables.transactions, utc(at)
        owner = self._tables.charge_points.get((fold(stop.identity),))
        identity = stop.identity if owner is None else owner.identity
        stop = replace(stop, identity=identity, stopped_at=utc(stop.stopped_at))
        known = table.get(stop.transaction_id)
        outcome = decide_stop(known, stop)
        if not outcome.repeated:
            self._charge_point(draft, identity, time)
            if outcome.refused is not None:
                self._refuse(draft, stop, outcome.refused, time)
            elif known is not None and outcome.transaction is not None:
                draft.replace_number(table, known, outcome.transaction)
            self._add_samples(draft, samples, self._connectors(samples))
        await self._keep(draft)
        return outcome

    def _refuse(self, draft: Draft, stop: TransactionStop, why: str, at: datetime) -> None:
        table = self._tables.refused_stops
        if table.number_with(refused_unique(stop)) is None:
            number = draft.next_number(table)
            draft.put_number(table, RefusedStop(number=number, received_at=at, stop=stop, why=why))

    def _connectors(self, samples: Sequence[MeterSample]) -> dict[int, int]:
        """Return the connectors of the transactions that samples belong to and that are their charge point's own."""
        found: dict[int, int] = {}
        for sample in samples:
            if sample.transaction_id is not None and sample.transaction_id not in found:
                transaction = self._tables.transactions.get(sample.transaction_id)
                if transaction is not None and fold(transaction.start.identity) == fold(sample.identity):
                    found[sample.transaction_id] = transaction.start.connector_id
        return found

    async def transaction(self, transaction_id: int) -> TransactionRecord | None:  # noqa: D102
        return await self._seen(lambda: self._tables.transactions.get(transaction_id))

    async def transactions(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        id_tag: str | None = None,
        open_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[TransactionRecord]:
        owner = None if identity is None else fold(identity)
        tag = None if id_tag is None else fold(id_tag)
        groups: list[tuple[str, str] | str] = ["open"] if open_only else []
        if owner is not None:
            groups.append(("open identity" if open_only else "identity", owner))
        if tag is not None:
            groups.append(("open tag" if open_only else "tag", tag))

        def fits(record: TransactionRecord) -> bool:
            return (
                (owner is None or fold(record.start.identity) == owner)
                and (tag is None or fold(record.start.id_tag) == tag)
                and not (open_only and record.stop is not None)
            )

        return await self._list(
            self._tables.transactions, groups, before=before, newest_first=True, limit=limit, fits=fits
        )

    async def refused_stops(  # noqa: D102
        self, identity: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[RefusedStop]:
        groups = [] if identity is None else [("identity", fold(identity))]
        return await self._list(self._tables.refused_stops, groups, before=before, newest_first=True, limit=limit)
