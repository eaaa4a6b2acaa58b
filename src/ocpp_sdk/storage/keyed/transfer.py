"""All records, one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.keyed.draft import Draft
from ocpp_sdk.storage.keyed.numbered import Numbered
from ocpp_sdk.storage.keyed.schema import NumberedRequest, request_unique
from ocpp_sdk.storage.keyed.tables import Keyed
from ocpp_sdk.storage.keyed.times import in_utc
from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord
from ocpp_sdk.storage.transfer import Dump, SampleRequest, SequenceState, Topic, TransferRecord

__all__ = ["TransferVerbs"]

_TIMES: Final = ("at", "sampled_at", "changed_at", "created_at", "updated_at", "received_at")
"""Fields that tell when something about a charge point was stored."""


class TransferVerbs(Verbs):
    """`TransferStore` over tables."""

    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:  # noqa: D102
        if topic is Topic.SEQUENCES:
            return await self._seen(lambda: Dump(tuple(self._sequences()) if after is None else (), None))
        table = self._tables.of_topic(topic)
        if limit < 1:
            self._ledger.begin()
            return Dump((), None)
        if isinstance(table, Keyed):
            return await self._dump_keyed(table, after, limit)
        found: list[Any] = await self._list(table, after=int(after or 0), limit=limit + 1)
        more = str(table.number_of(found[limit - 1])) if len(found) > limit else None
        return Dump(tuple(one.request if isinstance(one, NumberedRequest) else one for one in found[:limit]), more)

    async def _dump_keyed(self, table: Keyed[Any], after: str | None, limit: int) -> Dump:
        behind = None if after is None else tuple(json.loads(after))
        found = await self._seen(lambda: list(islice(table.scan(after=behind), limit + 1)))
        more = json.dumps(table.key_of(found[limit - 1])) if len(found) > limit else None
        found = found[:limit]
        if table is self._tables.local_lists:
            count = self._tables.listed_tags.count
            found = [replace(one, entries=count((fold(one.identity),))) for one in found]
        return Dump(tuple(found), more)

    def _sequences(self) -> list[SequenceState]:
        names = {name: table.last for name, table in self._tables.sequence_names().items()}
        for state in self._tables.sequences.scan():
            names[state.name] = max(names.get(state.name, 0), state.last)
        return [SequenceState(name=name, last=last) for name, last in sorted(names.items()) if last]

    async def load(self, topic: Topic, records: Sequence[TransferRecord]) -> None:  # noqa: D102
        draft = self._draft()
        table = self._tables.of_topic(topic)
        normal = [in_utc(record) for record in records]
        for record in dict.fromkeys(normal) if topic is Topic.SAMPLE_REQUESTS else normal:
            if isinstance(record, SequenceState):
                self._raise_sequence(draft, record)
                continue
            self._own(draft, record)
            if isinstance(record, SampleRequest):
                self._load_request(draft, record)
            elif isinstance(table, Keyed):
                draft.put(table, replace(record, entries=0) if isinstance(record, LocalList) else record)
            else:
                draft.put_number(table, record)
        await self._keep(draft)
        self._tables.raise_sequences()

    def _load_request(self, draft: Draft, request: SampleRequest) -> None:
        table = self._tables.sample_requests
        if table.number_with(request_unique(request)) is None:
            draft.put_number(table, NumberedRequest(number=draft.next_number(table), request=request))

    def _raise_sequence(self, draft: Draft, state: SequenceState) -> None:
        found = draft.get(self._tables.sequences, (state.name,))
        if state.last > (0 if found is None else found.last):
            draft.put(self._tables.sequences, state)

    def _own(self, draft: Draft, record: TransferRecord) -> None:
        """Let the charge point of a record come into being."""
        at = next((time for name in _TIMES if (time := getattr(record, name, None)) is not None), datetime.now(UTC))
        match record:
            case TransactionRecord():
                self._charge_point(draft, record.start.identity, record.start.started_at)
            case RefusedStop():
                self._charge_point(draft, record.stop.identity, at)
            case _:
                identity: str | None = getattr(record, "identity", None)
                if identity is not None:
                    self._charge_point(draft, identity, at)

    async def count(self, topic: Topic) -> int:  # noqa: D102
        if topic is Topic.SEQUENCES:
            return await self._seen(lambda: len(self._sequences()))
        table = self._tables.of_topic(topic)
        return await self._seen(lambda: len(table) if isinstance(table, Numbered) else table.count())
