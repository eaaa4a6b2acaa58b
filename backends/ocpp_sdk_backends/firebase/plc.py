"""Records for a PLC: one node each, under charge point, kind and key."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, order, padded
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs, before_text, verb

__all__ = ["PlcVerbs", "exchange_node", "exchange_path"]


def exchange_path(exchange: NewExchange | PlcExchange) -> str:
    """Return where a record is kept."""
    return f"exchanges/{key(fold(exchange.identity), exchange.kind, exchange.key)}"


def exchange_node(exchange: PlcExchange) -> Node:
    """Return the node of a record."""
    owner, state, number = folded(exchange.identity), order(exchange.state), padded(exchange.number)
    index = {
        "number": number,
        "charge_point": f"{owner} {number}",
        "state": f"{state} {number}",
        "charge_point_state": f"{owner} {state} {number}",
        "changed": f"{state} {time_text(exchange.changed_at)} {number}",
    }
    return node_of(exchange, index=index)


class PlcVerbs(FirebaseVerbs):
    """`PlcExchangeStore` in a Realtime Database."""

    @verb
    async def add_exchange(self, exchange: NewExchange) -> PlcExchange:  # noqa: D102
        path, at = exchange_path(exchange), utc(exchange.at)
        found: Node | None = await self._database.read(path)
        if found is None:
            new = PlcExchange(
                number=0,
                key=exchange.key,
                identity=exchange.identity,
                kind=exchange.kind,
                connector_id=exchange.connector_id,
                state=exchange.state,
                data=exchange.data,
                created_at=at,
                changed_at=at,
            )
            exchange_node(new)
            identity = await self._spelled(exchange.identity, at)
            new = replace(new, identity=identity, number=await self._numbers("exchanges"))
            node = exchange_node(new)

            def add(there: Node | None) -> Keep[Node] | Put[Node]:
                return Put(node, node) if there is None else Keep(there)

            found = await self._changes.change(path, add, likely_new=True)
        return record_of(PlcExchange, found)

    @verb
    async def swap_exchange(  # noqa: D102
        self,
        number: int,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        *,
        at: datetime,
        data: str | None = None,
    ) -> PlcExchange | None:
        found, time = await self._by_number("exchanges", number), utc(at)
        if found is None:
            return None

        def swap(node: Node | None) -> Keep[PlcExchange | None] | Put[PlcExchange | None]:
            if node is None or node["number"] != number or node["state"] not in expected:
                return Keep(None)
            old = record_of(PlcExchange, node)
            new = replace(old, state=state, changed_at=time, data=old.data if data is None else data)
            return Put(exchange_node(new), new)

        return await self._changes.change(found[0], swap)

    @verb
    async def exchange(self, number: int) -> PlcExchange | None:  # noqa: D102
        found = await self._by_number("exchanges", number)
        return None if found is None else record_of(PlcExchange, found[1])

    @verb
    async def exchanges(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        kind: str | None = None,
        states: Collection[ExchangeState] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[PlcExchange]:
        child, prefix = ("index/number", "") if identity is None else ("index/charge_point", folded(identity) + " ")
        prefixes = [prefix]
        if states is not None:
            child = "index/state" if identity is None else "index/charge_point_state"
            prefixes = [f"{prefix}{order(state)} " for state in sorted(set(states))]
        found: list[Node] = []
        for begin in prefixes:
            found += await self._numbered(
                "exchanges",
                child,
                begin,
                after=after,
                limit=limit,
                fits=None if kind is None else lambda node: bool(node["kind"] == kind),
            )
        # One that was swapped between two questions is in both answers.
        told = {int(node["number"]): node for node in found}
        return [record_of(PlcExchange, told[number]) for number in sorted(told)[: max(limit, 0)]]

    @verb
    async def forget_exchanges(  # noqa: D102
        self, states: Collection[ExchangeState], before: datetime, *, limit: int = 10_000
    ) -> int:
        last, found = before_text(before), list[tuple[str, Node]]()
        for state in sorted(set(states)) if last and limit > 0 else ():
            prefix, until = order(state) + " ", f"{order(state)} {last}"
            async for page in self._pages("exchanges", "index/changed", prefix, until=until):
                found += page
                if len(found) >= limit:
                    break

        async def forget(item: tuple[str, Node]) -> bool:
            name, seen = item

            def drop(node: Node | None) -> Keep[bool] | Put[bool]:
                return Put(None, True) if node == seen else Keep(False)

            return await self._changes.change(f"exchanges/{name}", drop)

        found.sort(key=lambda item: str(item[1]["changed_at"]))
        return sum(await self._at_once(forget, found[: max(limit, 0)]))
