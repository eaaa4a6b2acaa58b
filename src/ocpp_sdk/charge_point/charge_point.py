"""A simulated charge point: its parts put together, and its life from boot to boot."""

from __future__ import annotations

import asyncio
import random as random_module
from collections.abc import Callable, Coroutine
from types import TracebackType

from ocpp_sdk.charge_point.authorization import Authorization
from ocpp_sdk.charge_point.clock import Clock, SystemClock
from ocpp_sdk.charge_point.commands import Commands
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connectors import Connectors
from ocpp_sdk.charge_point.heartbeat import Heartbeat
from ocpp_sdk.charge_point.keeping import Keeping
from ocpp_sdk.charge_point.link import Link, Report
from ocpp_sdk.charge_point.messages import Message, StatusMessage, Transaction
from ocpp_sdk.charge_point.outbox import Outbox
from ocpp_sdk.charge_point.registration import Registration
from ocpp_sdk.charge_point.reservations import Reservations
from ocpp_sdk.charge_point.sessions import Sessions
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.charge_point.triggers import Triggers
from ocpp_sdk.errors import OcppError, SessionRefusedError
from ocpp_sdk.storage import Store
from ocpp_sdk.versions.enumerations import ResetType, StopReason
from ocpp_sdk.versions.roles import CentralSystemGateway, ChargePointDomain
from ocpp_sdk.versions.rules import rules_of

__all__ = ["ChargePoint"]

_FLUSH_S = 30.0


def _ignore(_: str) -> None:
    """Report to nobody."""


class ChargePoint:
    """A charge point that boots, charges and obeys; use it as an asynchronous context manager.

    Entering starts it: it registers in the background, and `registered` waits for that. Leaving ends its transactions,
    sends what waits as far as the central system takes it, and stops everything.

    Args:
        settings: what it is like.
        gateway: the central system.
        store: where it is kept what must be known after a restart; it stays the caller's. None keeps nothing.
        clock: drives every wait.
        random: returns numbers from 0 to 1, for the spread of waits.
        report: hears one line for everything that happens.
        flush_s: how long the end waits for messages that were not sent yet, in seconds.
    """

    def __init__(
        self,
        settings: ChargePointSettings,
        gateway: CentralSystemGateway,
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
        report: Report = _ignore,
        flush_s: float = _FLUSH_S,
    ) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._report = report
        self._flush_s = flush_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._outcome: asyncio.Event = asyncio.Event()
        self._refusal: OcppError | None = None
        self._reset: ResetType | None = None
        self._reset_asked = asyncio.Event()
        self._rebooted = asyncio.Event()
        rules = rules_of(settings.version)
        self._link = Link(gateway, self._clock)
        self._keeping = Keeping(store, settings.identity, self._clock, self._spawn, report)
        self.configuration = ConfigurationTable(settings)
        self.connectors = Connectors(settings, self._clock, self._send)
        self.registration = Registration(settings, self._link, self.configuration, self._clock, random, report)
        self._outbox = Outbox(
            settings,
            self._link,
            self.registration,
            self.configuration,
            self._clock,
            random,
            report,
            self.connectors.reports,
        )
        self.authorization = Authorization(rules, self.configuration, self._link, self._clock, self._keeping, report)
        self.sessions = Sessions(
            rules, self.configuration, self.connectors, self.authorization, self._clock, self._send, self._spawn
        )
        self._heartbeat = Heartbeat(self._link, self.registration, self.configuration, self._clock, report)
        triggers = Triggers(
            registration=self.registration,
            heartbeat=self._heartbeat,
            connectors=self.connectors,
            configuration=self.configuration,
            link=self._link,
            clock=self._clock,
            spawn=self._spawn,
            firmware_status=lambda: self._commands.firmware_status,
            report=report,
        )
        self._commands = Commands(
            registration=self.registration,
            configuration=self.configuration,
            connectors=self.connectors,
            authorization=self.authorization,
            sessions=self.sessions,
            reservations=Reservations(self.connectors, self._clock, self._spawn),
            keeping=self._keeping,
            link=self._link,
            clock=self._clock,
            restart=self._restart,
            trigger=triggers.pull,
            spawn=self._spawn,
            report=report,
        )

    @property
    def commands(self) -> ChargePointDomain:
        """What a server of the charge point service calls."""
        return self._commands

    async def registered(self) -> None:
        """Wait until the central system has accepted the charge point.

        Raises:
            RegistrationError: it did not, in as many attempts as the settings allow.
            ConfigurationError: the address of the central system cannot work.
        """
        await self._outcome.wait()
        if self._refusal is not None:
            raise self._refusal

    async def rebooted(self) -> None:
        """Wait until a reset that was asked for is done and the charge point is registered again.

        Raises:
            RegistrationError: it is not, in as many attempts as the settings allow.
        """
        while self._reset_asked.is_set():
            await self._rebooted.wait()
        await self.registered()

    async def charge(self, id_tag: str, connector_id: int | None = None) -> Transaction:
        """Plug a vehicle in and present an idTag.

        Args:
            id_tag: who charges.
            connector_id: from 1; any free connector if it is left out.

        Returns:
            The transaction; its `ended` is set when it has ended, for whatever reason.

        Raises:
            SessionRefusedError: no connector is free, or the idTag may not charge.
        """
        if not self.registration.accepted.is_set():
            raise SessionRefusedError(f"{self.settings.identity} is not registered")
        known = self.authorization.known(id_tag)
        parent = None if known is None else known.parent_id_tag
        connector = self.sessions.claim(connector_id, id_tag, parent)
        return await self.sessions.begin(connector, id_tag, ask=True)

    async def present(self, id_tag: str, transaction: Transaction) -> None:
        """Present an idTag to end a transaction.

        Raises:
            SessionRefusedError: it is not the idTag that started the transaction, nor one of the same group.
        """
        if not self.sessions.may_stop(transaction, id_tag):
            await self.authorization.authorize(id_tag)
            if not self.sessions.may_stop(transaction, id_tag):
                raise SessionRefusedError(f"{id_tag} may not end the transaction of {transaction.id_tag}")
        self.sessions.stop(transaction, StopReason.LOCAL, id_tag)

    async def flush(self, seconds: float = _FLUSH_S) -> bool:
        """Wait until everything is sent, for so many seconds at most; returns whether it is."""
        return await self._outbox.flush(seconds)

    async def __aenter__(self) -> ChargePoint:
        self.configuration.restore(await self._keeping.configuration())
        self.connectors.restore(await self._keeping.availability())
        await self.authorization.restore()
        for coroutine in (self._live(), self._outbox.run(), self._heartbeat.run()):
            self._spawn(coroutine)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sessions.stop_all(StopReason.OTHER)
            if self.registration.accepted.is_set() and not await self.flush(self._flush_s):
                self._report(f"{len(self._outbox)} messages were not sent")
            await self._keeping.flush()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._failure is not None and error is None:
            raise self._failure

    async def _live(self) -> None:
        while True:
            try:
                await self.registration.register()
            except OcppError as error:
                self._refusal = error
                self._outcome.set()
                return
            for report in self.connectors.reports():
                self._send(StatusMessage(report=report))
            self._outcome.set()
            await self._reset_asked.wait()
            await self._reboot()

    async def _reboot(self) -> None:
        reason = StopReason.HARD_RESET if self._reset is ResetType.HARD else StopReason.SOFT_RESET
        self.sessions.stop_all(reason)
        await self.flush()
        self._report(f"{self._reset} reset")
        self.configuration.reboot()
        self.registration.forget()
        self._outcome.clear()
        self._reset_asked.clear()
        self._rebooted.set()

    def _restart(self, reset_type: ResetType) -> None:
        self._reset = reset_type
        self._rebooted.clear()
        self._reset_asked.set()

    def _send(self, message: Message) -> None:
        self._outbox.add(message)

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
        self._report(f"failed: {task.exception()}")
        for transaction in self.sessions.running():
            transaction.ended.set()
