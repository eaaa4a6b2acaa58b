"""Hardware that decides as the test says."""

import asyncio
from datetime import datetime

from ocpp_sdk.charge_point import HardwareInfo, Limit, Station, Transaction
from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.versions.domain import Reservation, SampledValue
from ocpp_sdk.versions.enumerations import ResetType, StopReason, UnlockStatus


class FakeHardware:
    """Implements `Hardware`: decides as the test says, and leaves all the rest to it.

    Attributes:
        station: what the charge point offers.
        starts: whether it says that it is ready; else the test does.
        hanging: verbs that never answer.
        refusing: verbs that say no.
        resuming: whether transactions go on after a restart.
        asked: verbs and what they were asked, in order.
        meters: registers in Wh, by connector; None does not answer.
        limits: what was told last, by connector.
        stopped: keys of the transactions whose flow it has stopped.
    """

    connectors = 2

    def __init__(self, info: HardwareInfo | None = None, *, starts: bool = True) -> None:
        self.info = info or HardwareInfo()
        self.starts = starts
        self.hanging: set[str] = set()
        self.refusing: set[str] = set()
        self.resuming = True
        self.asked: list[tuple[object, ...]] = []
        self.meters: dict[int, int] = {1: 0, 2: 0}
        self.limits: dict[int, Limit | None] = {}
        self.stopped: set[str] = set()
        self._station: Station | None = None

    @property
    def station(self) -> Station:
        assert self._station is not None
        return self._station

    def asked_for(self, verb: str) -> list[tuple[object, ...]]:
        return [asked[1:] for asked in self.asked if asked[0] == verb]

    def rate(self, connector_id: int) -> object:
        limit = self.limits[connector_id]
        return None if limit is None else limit.rate

    async def run(self, station: Station) -> None:
        self._station = station
        if self.starts:
            await station.ready(self.info)
        await asyncio.Event().wait()

    async def remote_start(self, connector_id: int, id_tag: str) -> bool:
        return await self._decide("remote_start", connector_id, id_tag)

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        accepted = await self._decide("stop", transaction.connector_id, reason)
        if accepted and "end" not in self.refusing:
            number = transaction.connector_id
            self.stopped.add(transaction.key)
            await self.station.stop(number, self.meters[number], transaction=transaction)
        return accepted

    async def unlock(self, connector_id: int) -> UnlockStatus:
        worked = await self._decide("unlock", connector_id)
        return UnlockStatus.UNLOCKED if worked else UnlockStatus.UNLOCK_FAILED

    async def set_available(self, connector_id: int, *, available: bool) -> None:
        await self._decide("set_available", connector_id, available)

    async def set_reservation(self, connector_id: int, reservation: Reservation | None) -> None:
        await self._decide("set_reservation", connector_id, reservation and reservation.reservation_id)

    async def set_limit(self, connector_id: int, limit: Limit | None) -> None:
        await self._decide("set_limit", connector_id, limit)
        self.limits[connector_id] = limit

    async def read_meter(self, connector_id: int) -> tuple[SampledValue, ...]:
        await self._decide("read_meter", connector_id)
        if connector_id == 0:
            return ()
        return (SampledValue(value=str(self.meters[connector_id]), measurand=ENERGY, unit="Wh"),)

    async def resumes(self, transaction: Transaction) -> bool:
        await self._decide("resumes", transaction.id_tag)
        return self.resuming

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        await self._decide("told", time, accepted)

    async def reset(self, kind: ResetType) -> None:
        await self._decide("reset", kind)

    async def _decide(self, verb: str, *what: object) -> bool:
        self.asked.append((verb, *what))
        if verb in self.hanging:
            await asyncio.Event().wait()
        return verb not in self.refusing
