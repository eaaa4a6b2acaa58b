"""Transactions: one node each, under what makes a start the same, so that this node alone decides about start and stop.

The active transactions of an id tag stand in a node of their own as well, in the order in which they were put in: so of
starts at the same moment each is told those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ocpp_sdk.storage.folding import fold, time_text, utc
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
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, number_key, padded
from ocpp_sdk_backends.firebase.metering import MeterVerbs, checked
from ocpp_sdk_backends.firebase.spreading import unspread
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = [
    "GREATEST_ID",
    "TransactionVerbs",
    "active_path",
    "refused_node",
    "refused_path",
    "transaction_node",
    "transaction_path",
]

GREATEST_ID: Final = 2_147_483_647


def transaction_path(start: TransactionStart) -> str:
    """Return where the transaction of a start is kept."""
    parts = fold(start.identity), str(start.connector_id), fold(start.id_tag), time_text(start.started_at)
    return f"transactions/{key(*parts, str(start.meter_start_wh))}"


def transaction_node(record: TransactionRecord, writes: dict[str, Node | None] | None = None) -> Node:
    """Return the node of a transaction.

    Args:
        record: the transaction.
        writes: what its end brings to other places.
    """
    number = padded(record.transaction_id)
    owner, tag = f"{folded(record.start.identity)} {number}", f"{folded(record.start.id_tag)} {number}"
    index = {"number": number, "charge_point": owner, "id_tag": tag}
    if record.stop is None:
        index |= {"open": number, "open_charge_point": owner, "open_id_tag": tag}
    if not writes:
        return node_of(record, index=index)
    return node_of(record, index={**index, "unspread": number}, unspread={"stop": unspread(writes)})


def active_path(record: TransactionRecord) -> str:
    """Return where a transaction stands among the active ones of its id tag."""
    return f"active/{key(fold(record.start.id_tag))}/{number_key(record.transaction_id)}"


def refused_path(stop: TransactionStop) -> str:
    """Return where a refused stop is kept."""
    parts = fold(stop.identity), str(stop.transaction_id), time_text(stop.stopped_at), str(stop.meter_stop_wh)
    return f"refused_stops/{key(*parts)}"


def refused_node(refused: RefusedStop, writes: dict[str, Node | None] | None = None) -> Node:
    """Return the node of a refused stop; arguments as for `transaction_node`."""
    number = padded(refused.number)
    index = {"number": number, "charge_point": f"{folded(refused.stop.identity)} {number}"}
    if not writes:
        return node_of(refused, index=index)
    return node_of(refused, index={**index, "unspread": number}, unspread={"stop": unspread(writes)})


class TransactionVerbs(MeterVerbs):
    """`TransactionStore` in a Realtime Database."""

    @verb
    async def start_transaction(self, start: TransactionStart) -> StartOutcome:  # noqa: D102
        start = replace(start, started_at=utc(start.started_at))
        path = transaction_path(start)
        found: Node | None = await self._database.read(path)
        new = False
        if found is None:
            transaction_node(TransactionRecord(transaction_id=0, start=start))
            start = replace(start, identity=await self._spelled(start.identity, start.started_at))
            number = await self._numbers("transaction_id", greatest=GREATEST_ID)
            begun = transaction_node(TransactionRecord(transaction_id=number, start=start))

            def begin(there: Node | None) -> Keep[tuple[bool, Node]] | Put[tuple[bool, Node]]:
                return Put(begun, (True, begun)) if there is None else Keep((False, there))

            new, node = await self._changes.change(path, begin, likely_new=True)
        else:
            node = found
        record = record_of(TransactionRecord, node)
        others = await self._others_active(record)
        return StartOutcome(transaction=record, repeated=not new, others_active=others)

    async def _others_active(self, record: TransactionRecord) -> int:
        """Count the other active transactions of an id tag, and put this one among them if it runs."""
        own = number_key(record.transaction_id)
        place = active_path(record).rpartition("/")[0]

        def enter(found: Node | None) -> Keep[set[str]] | Put[set[str]]:
            entered = set(found or {})
            if own in entered or record.stop is not None:
                return Keep(entered)
            return Put({**(found or {}), own: True}, entered)

        others = await self._changes.change(place, enter) - {own}
        if not others:
            return 0
        prefix = folded(record.start.id_tag) + " "
        running = await self._numbered("transactions", "index/open_id_tag", prefix, limit=GREATEST_ID)
        active = others & {number_key(node["transaction_id"]) for node in running}
        # What ended while its process died is cleared away here; it never runs again.
        await self._remove([f"{place}/{name}" for name in others - active])
        return len(active)

    @verb
    async def stop_transaction(  # noqa: D102
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        stop, received = replace(stop, stopped_at=utc(stop.stopped_at)), utc(at)
        refused_node(RefusedStop(number=0, received_at=received, stop=stop, why=""))
        samples = checked(samples)
        while True:
            found = await self._by_number("transactions", stop.transaction_id)
            known = None if found is None else record_of(TransactionRecord, found[1])
            outcome = decide_stop(known, stop)
            if outcome.repeated:
                if found is not None:
                    await self._spread(*found)
                return outcome
            stop = replace(stop, identity=await self._spelled(stop.identity, received))
            _, writes = await self._set_aside(samples, await self._connectors(samples))
            if outcome.refused is not None:
                await self._refuse(stop, outcome.refused, received, writes)
                return outcome
            # Only what was found can be ended.
            ended = await self._end_transaction(found[0] if found else "", stop, writes)
            if ended.refused is None:
                return ended

    async def _end_transaction(self, path: str, stop: TransactionStop, writes: dict[str, Node | None]) -> StopOutcome:
        def end(node: Node) -> Keep[tuple[StopOutcome, Node]] | Put[tuple[StopOutcome, Node]]:
            outcome = decide_stop(record_of(TransactionRecord, node), stop)
            if outcome.repeated or outcome.refused is not None or outcome.transaction is None:
                return Keep((outcome, node))
            new = transaction_node(outcome.transaction, writes)
            return Put(new, (outcome, new))

        outcome, node = await self._changes.change(path, end)
        record = record_of(TransactionRecord, node)
        await self._spread(path, node, {active_path(record): None})
        return outcome

    async def _refuse(
        self, stop: TransactionStop, why: str, received: datetime, writes: dict[str, Node | None]
    ) -> None:
        path = refused_path(stop)
        found: Node | None = await self._database.read(path)
        new: Node | None = None
        if found is None:
            number = await self._numbers("refused_stops")
            new = refused_node(RefusedStop(number=number, received_at=received, stop=stop, why=why), writes)

            def keep(node: Node | None) -> Keep[Node | None] | Put[Node | None]:
                return Put(new, new) if node is None else Keep(node)

            found = await self._changes.change(path, keep, likely_new=True)
        await self._spread(path, found)
        if found is not new:
            await self._writer.write(writes)

    async def _connectors(self, samples: Sequence[MeterSample]) -> dict[int, int]:
        """Return the connectors of the transactions that samples belong to and that are their charge point's own."""
        found: dict[int, int] = {}
        for sample in samples:
            number = sample.transaction_id
            if number is not None and number not in found:
                known = await self._by_number("transactions", number)
                if known is not None:
                    start = record_of(TransactionRecord, known[1]).start
                    if fold(start.identity) == fold(sample.identity):
                        found[number] = start.connector_id
        return found

    @verb
    async def transaction(self, transaction_id: int) -> TransactionRecord | None:  # noqa: D102
        found = await self._by_number("transactions", transaction_id)
        return None if found is None else record_of(TransactionRecord, found[1])

    @verb
    async def transactions(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        id_tag: str | None = None,
        open_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[TransactionRecord]:
        child, prefix = "open" if open_only else "number", ""
        tag = None if id_tag is None else fold(id_tag)
        if identity is not None:
            child, prefix = "open_charge_point" if open_only else "charge_point", folded(identity) + " "
        elif id_tag is not None:
            child, prefix = "open_id_tag" if open_only else "id_tag", folded(id_tag) + " "
        both = identity is not None and id_tag is not None
        found = await self._numbered(
            "transactions",
            f"index/{child}",
            prefix,
            before=before,
            newest_first=True,
            limit=limit,
            fits=(lambda node: fold(node["start"]["id_tag"]) == tag) if both else None,
        )
        return [record_of(TransactionRecord, node) for node in found]

    @verb
    async def refused_stops(  # noqa: D102
        self, identity: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[RefusedStop]:
        child, prefix = "index/number", ""
        if identity is not None:
            child, prefix = "index/charge_point", folded(identity) + " "
        found = await self._numbered("refused_stops", child, prefix, before=before, newest_first=True, limit=limit)
        return [record_of(RefusedStop, node) for node in found]
