"""Verbs of connectors."""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.verbs import Verbs

__all__ = ["ConnectorVerbs"]


class ConnectorVerbs(Verbs):
    """`ConnectorStore` over tables; the status in place is the one with the greatest number."""

    async def set_connector_status(self, status: ConnectorStatus) -> bool:  # noqa: D102
        draft, table = self._draft(), self._tables.statuses
        identity = self._charge_point(draft, status.identity, status.changed_at).identity
        new = replace(status, identity=identity, number=None, changed_at=utc(status.changed_at))
        numbers = table.group(("connector", fold(identity), status.connector_id))
        current = table.get(numbers[-1]) if numbers else None
        differs = current is None or replace(current, number=None) != new
        if differs:
            draft.put_number(table, replace(new, number=draft.next_number(table)))
        await self._keep(draft)
        return differs

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:  # noqa: D102
        table, wanted = self._tables.statuses, None if identity is None else fold(identity)

        async def query() -> list[ConnectorStatus]:
            groups = [
                (group[1], group[2], table.group(group)[-1])
                for group in table.groups()
                if isinstance(group, tuple) and group[0] == "connector" and wanted in {None, group[1]}
            ]
            return await self._ledger.fetch(table, [number for _, _, number in sorted(groups)])

        return await self._settled(query)

    async def status_history(  # noqa: D102
        self, identity: str, connector_id: int | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        owner = fold(identity)
        group = ("identity", owner) if connector_id is None else ("connector", owner, connector_id)
        return await self._list(self._tables.statuses, [group], before=before, newest_first=True, limit=limit)
