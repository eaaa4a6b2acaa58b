"""Verbs of charge points."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import islice

from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.verbs import Verbs

__all__ = ["ChargePointVerbs"]


class ChargePointVerbs(Verbs):
    """`ChargePointStore` over tables."""

    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:  # noqa: D102
        draft, time = self._draft(), utc(at)
        found = self._charge_point(draft, identity, time)
        seen = max(found.last_seen, time)
        changed = replace(found, boot=boot, registration=registration, booted_at=time, last_seen=seen)
        draft.put(self._tables.charge_points, changed)
        await self._keep(draft)

    async def set_registration(self, identity: str, registration: str) -> bool:  # noqa: D102
        draft = self._draft()
        found = self._tables.charge_points.get((fold(identity),))
        if found is not None:
            draft.put(self._tables.charge_points, replace(found, registration=registration))
        await self._keep(draft)
        return found is not None

    async def set_operator_address(self, identity: str, address: str | None) -> bool:  # noqa: D102
        draft = self._draft()
        found = self._tables.charge_points.get((fold(identity),))
        if found is not None:
            draft.put(self._tables.charge_points, replace(found, operator_address=address))
        await self._keep(draft)
        return found is not None

    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:  # noqa: D102
        draft, time = self._draft(), utc(at)
        found = self._charge_point(draft, identity, time)
        draft.put(self._tables.charge_points, replace(found, firmware_status=status, firmware_status_at=time))
        await self._keep(draft)

    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:  # noqa: D102
        draft, time = self._draft(), utc(at)
        found = self._charge_point(draft, identity, time)
        draft.put(self._tables.charge_points, replace(found, diagnostics_status=status, diagnostics_status_at=time))
        await self._keep(draft)

    async def charge_point(self, identity: str) -> ChargePointRecord | None:  # noqa: D102
        return await self._seen(lambda: self._tables.charge_points.get((fold(identity),)))

    async def charge_points(self, *, after: str | None = None, limit: int = 1000) -> list[ChargePointRecord]:  # noqa: D102
        behind = None if after is None else (fold(after),)
        table = self._tables.charge_points
        return await self._seen(lambda: list(islice(table.scan(after=behind), max(limit, 0))))
