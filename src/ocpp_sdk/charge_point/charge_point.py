"""A charge point: its parts put together, and its life from boot to boot."""

from __future__ import annotations

import asyncio
import random as random_module
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final

from ocpp_sdk.charge_point.clock import StationClock, SystemClock
from ocpp_sdk.charge_point.commands.commands import Commands
from ocpp_sdk.charge_point.commands.resetting import Resetting
from ocpp_sdk.charge_point.commands.triggers import Triggers
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.heartbeat import Heartbeat
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.equipment import Equipment
from ocpp_sdk.charge_point.hardware import Hardware, Transaction
from ocpp_sdk.charge_point.keeping import Keeping
from ocpp_sdk.charge_point.lifecycle import Lifecycle
from ocpp_sdk.charge_point.maintenance import Journal
from ocpp_sdk.charge_point.metering import Metering, SettingTransactionDataStore
from ocpp_sdk.charge_point.requests.outbox import Outbox
from ocpp_sdk.charge_point.requests.transactions import Transactions
from ocpp_sdk.charge_point.sessions.authorization import Authorization
from ocpp_sdk.charge_point.sessions.connectors import Connectors
from ocpp_sdk.charge_point.sessions.decisions import Decisions
from ocpp_sdk.charge_point.sessions.reservations import Reservations
from ocpp_sdk.charge_point.sessions.sessions import Sessions
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.charge_point.smart_charging import SmartCharging
from ocpp_sdk.charge_point.upkeep import Upkeep
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import RegistrationError, StorageError
from ocpp_sdk.storage import Store
from ocpp_sdk.versions.domain import DataTransfer, DataTransferResult, MeterReading
from ocpp_sdk.versions.enumerations import ErrorCode, StopReason
from ocpp_sdk.versions.roles import CentralSystemGateway, ChargePointDomain
from ocpp_sdk.versions.rules import rules_of

__all__ = ["ChargePoint"]

_FLUSH_S: Final = 30.0
# The hardware decides, ends the transaction, tells the meter, and is told.
_ENDING: Final = 4


def _ignore(_: str) -> None:
    """Report to nobody."""


class ChargePoint:
    """A charge point that boots, charges and obeys; use it as an asynchronous context manager.

    Entering starts it: it registers in the background, and `registered` waits for that. Leaving sends what waits as
    far as the central system takes it, and stops everything; what was not sent is sent after the next start.

    Args:
        settings: what it is like.
        gateway: the central system.
        hardware: what it drives.
        store: where it keeps what must not be lost; it stays the caller's. Only one charge point of this identity may
            use it.
        clock: drives every wait.
        random: returns numbers from 0 to 1, for the spread of waits.
        report: hears one line for everything that happens.
        equipment: parts that somebody may bring.
        end_transactions: whether leaving ends the transactions that run; else they go on after the next start.
        flush_s: how long the end waits for messages that were not sent yet, in seconds.
    """

    def __init__(  # noqa: PLR0913 - one argument a part that somebody may bring
        self,
        settings: ChargePointSettings,
        gateway: CentralSystemGateway,
        hardware: Hardware,
        store: Store,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
        report: Report = _ignore,
        equipment: Equipment | None = None,
        end_transactions: bool = True,
        flush_s: float = _FLUSH_S,
    ) -> None:
        self.settings = settings = replace(settings, connectors=hardware.connectors)
        self.hardware = hardware
        # The queue waits by the clock of the machine, which the central system does not set.
        machine = clock or SystemClock()
        self._clock = clock = StationClock(machine)
        self._line = report
        self._journal = Journal(clock)
        equipment = equipment or Equipment()
        self._end_transactions = end_transactions
        self._flush_s = flush_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._failed = asyncio.Event()
        rules = rules_of(settings.version)
        report = self._report
        self.configuration = ConfigurationTable(settings, report)
        self._link = Link(gateway, settings, clock, random)
        self._keeping = Keeping(store, settings.identity, clock, self._spawn, report)
        self.registration = Registration(
            settings, self._link, self.configuration, clock, random, self._tell_boot, report
        )
        self.outbox = Outbox(
            store,
            settings.identity,
            self._link,
            self.registration,
            self.configuration,
            machine,
            report,
            lambda: self.sessions.answers,
        )
        self.connectors = Connectors(
            settings.version, hardware.connectors, self.configuration, clock, self.outbox.add_status, self._spawn
        )
        self.transactions = Transactions(store, settings.identity, self.outbox, report)
        self.metering = Metering(
            hardware.read_meter,
            self.configuration,
            clock,
            running=self._running,
            connectors=hardware.connectors,
            send=self._send_reading,
            store=SettingTransactionDataStore(store, settings.identity),
            settings=equipment.metering,
            report=report,
        )
        self._decisions = Decisions(hardware, clock, settings.decision_s, report)
        self.smart_charging = SmartCharging(
            store=store,
            identity=settings.identity,
            connectors=hardware.connectors,
            clock=clock,
            set_limit=self._decisions.limits.set,
            running=self._running,
            settings=equipment.smart_charging,
            report=report,
        )
        clock.stepped = self._clock_was_set
        self.authorization = Authorization(
            rules,
            self.configuration,
            self._link,
            clock,
            self._keeping,
            may_ask=self.registration.accepted.is_set,
            conflict=self._tell_conflict,
            report=report,
            list_hash=equipment.list_hash,
        )
        self.reservations = Reservations(
            self.connectors, clock, self._keeping, self._decisions.set_reservation, self._spawn
        )
        self.sessions = Sessions(
            settings=settings,
            decisions=self._decisions,
            configuration=self.configuration,
            registration=self.registration,
            connectors=self.connectors,
            reservations=self.reservations,
            authorization=self.authorization,
            transactions=self.transactions,
            metering=self.metering,
            smart_charging=self.smart_charging,
            clock=clock,
            spawn=self._spawn,
            report=report,
        )
        self._heartbeat = Heartbeat(self._link, self.registration, self.configuration, clock, self._tell_time, report)
        self._lifecycle = Lifecycle(settings, self.registration, self._heartbeat, self.connectors, self.outbox, report)
        self.upkeep = Upkeep(
            settings,
            equipment,
            store,
            journal=self._journal,
            registration=self.registration,
            configuration=self.configuration,
            connectors=self.connectors,
            transactions=self.transactions,
            outbox=self.outbox,
            clock=clock,
            machine=machine,
            spawn=self._spawn,
            report=report,
        )
        triggers = Triggers(
            registration=self.registration,
            heartbeat=self._heartbeat,
            connectors=self.connectors,
            metering=self.metering,
            diagnostics=self.upkeep.diagnostics,
            firmware=self.upkeep.firmware,
            link=self._link,
            spawn=self._spawn,
            report=report,
        )
        self._resetting = Resetting(
            sessions=self.sessions,
            decisions=self._decisions,
            configuration=self.configuration,
            registration=self.registration,
            flush=partial(self.flush, flush_s),
            supervisor=equipment.supervisor,
            spawn=self._spawn,
            report=report,
        )
        self._commands = Commands(
            registration=self.registration,
            configuration=self.configuration,
            connectors=self.connectors,
            authorization=self.authorization,
            sessions=self.sessions,
            decisions=self._decisions,
            reservations=self.reservations,
            smart_charging=self.smart_charging,
            diagnostics=self.upkeep.diagnostics,
            firmware=self.upkeep.firmware,
            vendors=partial(equipment.vendors.answer, clock=clock, report=report, ignore_case=rules.keys_ignore_case),
            keeping=self._keeping,
            restart=self._resetting.begin,
            trigger=triggers.pull,
            spawn=self._spawn,
            report=report,
        )

    @property
    def commands(self) -> ChargePointDomain:
        """What a server of the charge point service calls."""
        return self._commands

    @property
    def online(self) -> bool:
        """Whether the central system answered last."""
        return self._link.online.is_set()

    async def registered(self) -> None:
        """Wait until the central system has accepted the charge point.

        Raises:
            RegistrationError: it did not, in as many attempts as the settings allow.
            ConfigurationError: the address of the central system cannot work.
        """
        await self._lifecycle.registered()

    async def rebooted(self) -> None:
        """Wait until a reset that was asked for is done and the charge point is registered again.

        Raises:
            RegistrationError: it is not, in as many attempts as the settings allow.
        """
        await self._resetting.done.wait()
        await self.registered()

    async def failed(self) -> None:
        """Wait until a part of the charge point ends that must not end, and raise what ended it."""
        await self._failed.wait()
        if self._failure is not None:
            raise self._failure

    async def flush(self, seconds: float = _FLUSH_S) -> bool:
        """Wait until everything is sent, for so many seconds at most; returns whether it is."""
        return await self.outbox.queue.drained(seconds)

    async def data_transfer(self, transfer: DataTransfer) -> DataTransferResult:
        """Send something of the vendor's own, past the queue.

        Raises:
            RegistrationError: the charge point is not registered, and sends nothing else before.
            OcppError: as `Caller.call`; NotSupportedError in 1.2.
        """
        if not self.registration.accepted.is_set():
            raise RegistrationError(f"{self.settings.identity} is not registered; send it after `registered`")
        return await self._link.send(lambda central_system: central_system.data_transfer(transfer))

    def moved(self) -> None:
        """Say that the address has changed at which the charge point can be called; it boots again."""
        self.registration.again()

    async def __aenter__(self) -> ChargePoint:
        try:
            await self._restore()
        except BaseException:
            await self._end()
            raise
        for coroutine in (
            self.hardware.run(self.sessions),
            self._lifecycle.run(),
            self.outbox.queue.run(),
            self._link.run(self._lifecycle.probe, self._lifecycle.back),
            self._heartbeat.run(),
            self.metering.run(),
            self.smart_charging.run(),
            self.upkeep.run(),
        ):
            self._spawn(coroutine)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._end_transactions and self._failure is None:
                await self._end_all()
            if self.registration.accepted.is_set() and not await self.flush(self._flush_s):
                self._report("messages wait to be sent after the next start")
            await self._keeping.flush()
        finally:
            await self._end()
        if self._failure is not None and error is None:
            raise self._failure

    async def _end_all(self) -> None:
        seconds = _ENDING * self.settings.decision_s
        try:
            await within(self._clock, self.sessions.stop_all(StopReason.OTHER), seconds)
        except TimeoutError:
            self._report(f"transactions were not ended within {seconds:g} s; they are ended after the next start")

    async def _restore(self) -> None:
        self.configuration.restore(await self._keeping.configuration())
        self.connectors.restore(await self._keeping.availability())
        await self.authorization.restore()
        await self.reservations.restore()
        await self.smart_charging.restore()
        await self.outbox.queue.restore()
        await self.sessions.restore()
        await self.upkeep.restore()

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._decisions.close()
        self.upkeep.close()

    async def _tell_boot(self, accepted: bool) -> None:
        await self._decisions.told(self._clock.now(), accepted=accepted)

    async def _tell_time(self) -> None:
        await self._decisions.told(self._clock.now())

    async def _send_reading(self, connector_id: int, reading: MeterReading, transaction: Transaction | None) -> None:
        try:
            await self.transactions.reading(connector_id, reading, transaction)
        except StorageError as error:
            self._report(f"MeterValues: connector {connector_id}: not kept: {error}")

    def _running(self, connector_id: int) -> Transaction | None:
        return self.sessions.running(connector_id)

    def _clock_was_set(self) -> None:
        self.smart_charging.look_again()
        self.metering.clock_was_set()

    def _tell_conflict(self, id_tag: str) -> None:
        self._spawn(self.connectors.tell_error(ErrorCode.LOCAL_LIST_CONFLICT, id_tag))

    def _report(self, line: str) -> None:
        self._journal.note(line)
        self._line(line)

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        # A part that failed unexpectedly must not leave the rest waiting for it.
        self._failure = self._failure or task.exception()
        self._failed.set()
        self._report(f"failed: {task.exception()}")
        if self._failure is not None:
            self._lifecycle.fail(self._failure)
