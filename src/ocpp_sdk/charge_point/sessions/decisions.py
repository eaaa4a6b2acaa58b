"""What is asked of the hardware, which may say no, take its time or never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Protocol, TypeVar

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.hardware import Hardware, Transaction
from ocpp_sdk.charge_point.metering.watch import register_wh
from ocpp_sdk.charge_point.requests.persisting import surely
from ocpp_sdk.charge_point.sessions.limits import Limits
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import OcppError
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import ResetType, StopReason, UnlockStatus

__all__ = ["Decisions", "StopVerb"]

T = TypeVar("T")


class StopVerb(Protocol):
    """Keeps the end of a transaction, as `Station.stop`."""

    async def __call__(
        self,
        connector_id: int,
        meter_wh: int,
        *,
        transaction: Transaction | None = None,
        reason: StopReason | None = None,
    ) -> Transaction | None:
        """Keep it."""
        ...


class Decisions:
    """Asks the hardware; what it does not decide within the deadline is a no.

    Args:
        hardware: who decides.
        clock: drives the deadline.
        deadline_s: how long the hardware may take.
        report: hears of what went wrong.

    Attributes:
        limits: hands limits over.
    """

    def __init__(self, hardware: Hardware, clock: Clock, deadline_s: float, report: Report) -> None:
        self._hardware = hardware
        self._clock = clock
        self._deadline_s = deadline_s
        self._report = report
        self._stops: dict[str, asyncio.Future[bool]] = {}
        self.limits = Limits(hardware.set_limit)

    def deadline(self) -> float:
        """Return until when something must be decided that is asked for now, by the monotonic clock."""
        return self._clock.monotonic() + self._deadline_s

    def is_over(self, until: float) -> bool:
        """Tell whether a deadline is over."""
        return self._clock.monotonic() >= until

    async def start(self, connector_id: int, id_tag: str, *, until: float | None = None) -> bool:
        """Ask for a transaction.

        Args:
            connector_id: where.
            id_tag: who charges.
            until: the deadline, if it began before.
        """
        within_s = None if until is None else until - self._clock.monotonic()
        what = f"connector {connector_id}: remote start"
        work = self._hardware.remote_start(connector_id, id_tag)
        return await self._decided(what, work, otherwise=False, within_s=within_s)

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """Ask for the end of a transaction.

        Hardware that takes longer than the deadline goes on with it: power may be off already, and then it is the only
        one that knows. Who asks meanwhile waits for the same answer.
        """
        transaction.stopping = reason
        asked = self._stops.get(transaction.key)
        if asked is None:
            asked = self._stops[transaction.key] = asyncio.ensure_future(self._hardware.stop(transaction, reason))
            asked.add_done_callback(lambda done: self._stop_done(transaction, done))
        return await self._decided(f"connector {transaction.connector_id}: stop", _answer(asked), otherwise=False)

    async def end(self, transaction: Transaction, reason: StopReason, stop: StopVerb, *, by_force: bool = True) -> bool:
        """End a transaction: the hardware is asked first.

        Args:
            transaction: that runs.
            reason: why it ends.
            stop: keeps the end.
            by_force: whether it ends with the meter as it is, if the hardware does not end it.

        Returns:
            Whether it has ended.
        """
        accepted = await self.stop(transaction, reason)
        if accepted and await wait_within(self._clock, transaction.ended, self._deadline_s):
            return True
        if transaction.stop_reason is None and by_force:
            self._report(f"connector {transaction.connector_id}: the transaction is ended without the hardware")
            await self.stop_as_it_is(transaction, reason, stop)
        return transaction.stop_reason is not None

    async def end_all(self, transactions: list[Transaction], reason: StopReason, stop: StopVerb) -> None:
        """End several transactions at the same time."""
        await asyncio.gather(*(self.end(transaction, reason, stop) for transaction in transactions))

    async def go_on(self, transaction: Transaction, stop: StopVerb) -> None:
        """Ask whether a transaction still runs; if not, it is ended with the meter as it is."""
        what = f"connector {transaction.connector_id}: transaction of {transaction.id_tag}"
        # Who does not answer may well be charging, and will tell the end.
        if not await self._decided(what, self._hardware.resumes(transaction), otherwise=True):
            await self.stop_as_it_is(transaction, StopReason.POWER_LOSS, stop)

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

    async def let_nothing_flow(self, connector_id: int) -> bool:
        """Limit a connector to nothing, whatever is set meanwhile; returns whether the hardware took it."""

        async def hold() -> bool:
            await self.limits.hold(connector_id)
            return True

        return await self._decided(f"connector {connector_id}: limit", hold(), otherwise=False)

    async def let_flow(self, connector_id: int) -> None:
        """Let the limit count again that a connector would have."""
        await self._done(f"connector {connector_id}: limit", self.limits.let_go(connector_id))

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        """Tell the time of the central system, and what it said to a boot."""
        await self._done("the time", self._hardware.told(time, accepted=accepted))

    async def reset(self, kind: ResetType) -> None:
        """Let the hardware start again."""
        await self._done(f"{kind} reset", self._hardware.reset(kind))

    async def energy_wh(self, transaction: Transaction) -> int:
        """Read the register of a connector, in Wh; if that does not work, it is what was read of it last."""
        number = transaction.connector_id
        values = await self._decided(f"connector {number}: meter", self._hardware.read_meter(number), otherwise=())
        meter_wh = register_wh(values)
        return transaction.last_meter_wh or transaction.meter_start_wh if meter_wh is None else int(meter_wh)

    async def stop_as_it_is(self, transaction: Transaction, reason: StopReason, stop: StopVerb) -> None:
        """End a transaction with the meter as it is, however long the storage takes."""
        number, meter_wh = transaction.connector_id, await self.energy_wh(transaction)
        what = f"connector {number}: the end of the transaction"
        await surely(
            self._clock, what, lambda: stop(number, meter_wh, transaction=transaction, reason=reason), self._report
        )

    async def close(self) -> None:
        """Ask for nothing any more."""
        stops = list(self._stops.values())
        for stop in stops:
            stop.cancel()
        await asyncio.gather(*stops, return_exceptions=True)

    def _stop_done(self, transaction: Transaction, done: asyncio.Future[bool]) -> None:
        self._stops.pop(transaction.key, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            self._report(f"connector {transaction.connector_id}: stop: {type(error).__name__}: {error}")

    async def _done(self, what: str, work: Coroutine[object, object, None]) -> None:
        await self._decided(what, work, otherwise=None)

    async def _decided(
        self, what: str, work: Coroutine[object, object, T], *, otherwise: T, within_s: float | None = None
    ) -> T:
        seconds = self._deadline_s if within_s is None else within_s
        try:
            return await within(self._clock, work, seconds)
        except TimeoutError:
            self._report(f"{what}: the hardware did not answer within {seconds:g} s")
        except OcppError as error:
            self._report(f"{what}: {error}")
        except Exception as error:  # whatever somebody's hardware raises, the charge point goes on
            self._report(f"{what}: the hardware failed: {type(error).__name__}: {error}")
        return otherwise


async def _answer(asked: asyncio.Future[bool]) -> bool:
    """Wait for an answer without taking the question back; one that failed is a no."""
    await asyncio.wait([asked])
    return not asked.cancelled() and asked.exception() is None and asked.result()
