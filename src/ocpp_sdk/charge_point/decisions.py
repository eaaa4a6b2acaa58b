"""What is asked of the hardware, which may say no, take its time or never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol, TypeVar

from ocpp_sdk.charge_point.clock import Clock, wait_within
from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.hardware import Hardware, Limit, Transaction
from ocpp_sdk.charge_point.link import Report
from ocpp_sdk.charge_point.metering.watch import register_wh
from ocpp_sdk.errors import OcppError
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import ResetType, StopReason, UnlockStatus

__all__ = ["Decisions"]

T = TypeVar("T")

_NOTHING: Final = Limit(rate=Decimal(0), unit="W")


class _StopVerb(Protocol):
    async def __call__(
        self,
        connector_id: int,
        meter_wh: int,
        *,
        transaction: Transaction | None = None,
        reason: StopReason | None = None,
    ) -> Transaction | None: ...


class Decisions:
    """Asks the hardware; what it does not decide within the deadline is a no.

    Args:
        hardware: who decides.
        clock: drives the deadline.
        deadline_s: how long the hardware may take.
        report: hears of what went wrong.
    """

    def __init__(self, hardware: Hardware, clock: Clock, deadline_s: float, report: Report) -> None:
        self._hardware = hardware
        self._clock = clock
        self._deadline_s = deadline_s
        self._report = report

    async def start(self, connector_id: int, id_tag: str) -> bool:
        """Ask for a transaction."""
        what = f"connector {connector_id}: remote start"
        return await self._decided(what, self._hardware.remote_start(connector_id, id_tag), otherwise=False)

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """Ask for the end of a transaction."""
        transaction.stopping = reason
        what = f"connector {transaction.connector_id}: stop"
        return await self._decided(what, self._hardware.stop(transaction, reason), otherwise=False)

    async def end(self, transaction: Transaction, reason: StopReason, stop: _StopVerb) -> None:
        """End a transaction: the hardware is asked first; if it does not, the meter is taken as it is.

        Args:
            transaction: that runs.
            reason: why it ends.
            stop: keeps the end, as `Station.stop`.
        """
        accepted = await self.stop(transaction, reason)
        if accepted and await wait_within(self._clock, transaction.ended, self._deadline_s):
            return
        if transaction.stop_reason is None:
            self._report(f"connector {transaction.connector_id}: the transaction is ended without the hardware")
            await self._stop_as_it_is(transaction, reason, stop)

    async def end_all(self, transactions: list[Transaction], reason: StopReason, stop: _StopVerb) -> None:
        """End several transactions at the same time."""
        await asyncio.gather(*(self.end(transaction, reason, stop) for transaction in transactions))

    async def go_on(self, transaction: Transaction, stop: _StopVerb) -> None:
        """Ask whether a transaction still runs; if not, it is ended with the meter as it is."""
        what = f"connector {transaction.connector_id}: transaction of {transaction.id_tag}"
        # Who does not answer may well be charging, and will tell the end.
        if not await self._decided(what, self._hardware.resumes(transaction), otherwise=True):
            await self._stop_as_it_is(transaction, StopReason.POWER_LOSS, stop)

    async def unlock(self, connector_id: int) -> UnlockStatus:
        """Ask to let a cable go."""
        what = f"connector {connector_id}: unlock"
        return await self._decided(what, self._hardware.unlock(connector_id), otherwise=UnlockStatus.UNLOCK_FAILED)

    async def set_available(self, connector_id: int, *, available: bool) -> None:
        """Allow or forbid the use of a connector."""
        await self._done(
            f"connector {connector_id}: availability",
            self._hardware.set_available(connector_id, available=available),
        )

    async def set_reservation(self, connector_id: int, reservation: Reservation | None) -> None:
        """Show for whom a connector is kept."""
        await self._done(
            f"connector {connector_id}: reservation", self._hardware.set_reservation(connector_id, reservation)
        )

    async def let_nothing_flow(self, connector_id: int) -> None:
        """Limit a connector to nothing."""
        await self._done(f"connector {connector_id}: limit", self._hardware.set_limit(connector_id, _NOTHING))

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        """Tell the time of the central system, and what it said to a boot."""
        await self._done("the time", self._hardware.told(time, accepted=accepted))

    async def reset(self, kind: ResetType) -> None:
        """Let the hardware start again."""
        await self._done(f"{kind} reset", self._hardware.reset(kind))

    async def energy_wh(self, transaction: Transaction) -> int:
        """Read the register of a connector, in Wh; if that does not work, it is where the transaction began."""
        number = transaction.connector_id
        values = await self._decided(f"connector {number}: meter", self._hardware.read_meter(number), otherwise=())
        meter_wh = register_wh(values)
        return transaction.meter_start_wh if meter_wh is None else int(meter_wh)

    async def _stop_as_it_is(self, transaction: Transaction, reason: StopReason, stop: _StopVerb) -> None:
        await stop(
            transaction.connector_id,
            await self.energy_wh(transaction),
            transaction=transaction,
            reason=reason,
        )

    async def _done(self, what: str, work: Coroutine[object, object, None]) -> None:
        await self._decided(what, work, otherwise=None)

    async def _decided(self, what: str, work: Coroutine[object, object, T], *, otherwise: T) -> T:
        try:
            return await within(self._clock, work, self._deadline_s)
        except TimeoutError:
            self._report(f"{what}: the hardware did not answer within {self._deadline_s:g} s")
        except OcppError as error:
            self._report(f"{what}: {error}")
        return otherwise
