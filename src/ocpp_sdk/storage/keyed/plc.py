"""Verbs of the records between PLC and OCPP."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.schema import exchange_unique
from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange

__all__ = ["PlcExchangeVerbs"]

_AT_ONCE = 500


class PlcExchangeVerbs(Verbs):
    """`PlcExchangeStore` over tables."""

    async def add_exchange(self, exchange: NewExchange) -> PlcExchange:  # noqa: D102
        draft, table = self._draft(), self._tables.exchanges
        number = table.number_with(exchange_unique(exchange.identity, exchange.kind, exchange.key))
        found = None if number is None else table.get(number)
        if found is None:
            at = utc(exchange.at)
            found = PlcExchange(
                number=draft.next_number(table),
                key=exchange.key,
                identity=self._charge_point(draft, exchange.identity, at).identity,
                kind=exchange.kind,
                connector_id=exchange.connector_id,
                state=exchange.state,
                data=exchange.data,
                created_at=at,
                changed_at=at,
            )
            draft.put_number(table, found)
        await self._keep(draft)
        return found

    async def swap_exchange(  # noqa: D102
        self,
        number: int,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        *,
        at: datetime,
        data: str | None = None,
    ) -> PlcExchange | None:
        draft, table, time = self._draft(), self._tables.exchanges, utc(at)
        found = table.get(number)
        swapped = None
        if found is not None and found.state in expected:
            swapped = replace(found, state=state, changed_at=time, data=found.data if data is None else data)
            draft.replace_number(table, found, swapped)
        await self._keep(draft)
        return swapped

    async def exchange(self, number: int) -> PlcExchange | None:  # noqa: D102
        return await self._seen(lambda: self._tables.exchanges.get(number))

    async def exchanges(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        kind: str | None = None,
        states: Collection[ExchangeState] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[PlcExchange]:
        owner = None if identity is None else fold(identity)
        groups: list[tuple[str, str]] = [] if owner is None else [("identity", owner)]
        if states is not None and len(states) == 1:
            groups.extend(("state", state) for state in states)

        def fits(found: PlcExchange) -> bool:
            return (
                (owner is None or fold(found.identity) == owner)
                and kind in {None, found.kind}
                and (states is None or found.state in states)
            )

        return await self._list(self._tables.exchanges, groups, after=after, limit=limit, fits=fits)

    async def forget_exchanges(  # noqa: D102
        self, states: Collection[ExchangeState], before: datetime, *, limit: int = 10_000
    ) -> int:
        table, removed, time = self._tables.exchanges, 0, utc(before)
        if not states:
            self._ledger.begin()
            return 0
        groups = [("state", state) for state in set(states)]
        numbers = await self._seen(lambda: table.before(time, groups)[: max(limit, 0)])
        for begin in range(0, len(numbers), _AT_ONCE):
            draft = self._draft()
            # Others may have moved or removed it meanwhile.
            found = [table.get(number) for number in numbers[begin : begin + _AT_ONCE] if table.has(number)]
            gone = [one for one in found if one is not None and one.state in states and one.changed_at < time]
            for one in gone:
                draft.drop_number(table, one)
            await self._keep(draft)
            removed += len(gone)
        return removed
