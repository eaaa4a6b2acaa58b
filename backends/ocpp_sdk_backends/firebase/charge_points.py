"""Charge points: one node each, under the folded identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, record_of
from ocpp_sdk_backends.firebase.keys import folded, key
from ocpp_sdk_backends.firebase.verbs import PAGE, FirebaseVerbs, charge_point_node, verb

__all__ = ["ChargePointVerbs", "charge_point_path"]


def charge_point_path(identity: str) -> str:
    """Return where the record of a charge point is."""
    return f"charge_points/{key(fold(identity))}"


class ChargePointVerbs(FirebaseVerbs):
    """`ChargePointStore` in a Realtime Database."""

    @verb
    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:  # noqa: D102
        time = utc(at)

        def booted(found: ChargePointRecord) -> ChargePointRecord:
            seen = max(found.last_seen, time)
            return replace(found, boot=boot, registration=registration, booted_at=time, last_seen=seen)

        await self._change_point(identity, time, booted)

    @verb
    async def set_registration(self, identity: str, registration: str) -> bool:  # noqa: D102
        return await self._change_point(identity, None, lambda found: replace(found, registration=registration))

    @verb
    async def set_operator_address(self, identity: str, address: str | None) -> bool:  # noqa: D102
        return await self._change_point(identity, None, lambda found: replace(found, operator_address=address))

    @verb
    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:  # noqa: D102
        time = utc(at)
        await self._change_point(
            identity, time, lambda found: replace(found, firmware_status=status, firmware_status_at=time)
        )

    @verb
    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:  # noqa: D102
        time = utc(at)
        await self._change_point(
            identity, time, lambda found: replace(found, diagnostics_status=status, diagnostics_status_at=time)
        )

    @verb
    async def charge_point(self, identity: str) -> ChargePointRecord | None:  # noqa: D102
        found = await self._database.read(charge_point_path(identity))
        return None if found is None else record_of(ChargePointRecord, found)

    @verb
    async def charge_points(self, *, after: str | None = None, limit: int = 1000) -> list[ChargePointRecord]:  # noqa: D102
        kept: list[ChargePointRecord] = []
        if limit < 1:
            return kept
        behind = "" if after is None else folded(after)
        async for page in self._pages("charge_points", "order", after=behind, size=min(limit, PAGE)):
            kept += [record_of(ChargePointRecord, node) for _, node in page]
            if len(kept) >= limit:
                break
        return kept[:limit]

    async def _change_point(
        self, identity: str, first_seen: datetime | None, work_out: Callable[[ChargePointRecord], ChargePointRecord]
    ) -> bool:
        """Change what is known about a charge point.

        Args:
            identity: of it.
            first_seen: when it was, if it is not known yet; None to leave it unknown.
            work_out: the change.

        Returns:
            Whether it is known now.
        """

        def change(node: Node | None) -> Keep[bool] | Put[bool]:
            if node is not None:
                old = record_of(ChargePointRecord, node)
            elif first_seen is not None:
                old = ChargePointRecord(identity=identity, first_seen=first_seen, last_seen=first_seen)
            else:
                return Keep(False)
            new = work_out(old)
            if node is not None and new == old:
                return Keep(True)
            return Put(charge_point_node(new, node), True)

        return await self._changes.change(charge_point_path(identity), change, likely_new=first_seen is not None)
