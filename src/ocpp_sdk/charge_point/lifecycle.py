"""From boot to boot: registering, and telling what a central system must know afterwards."""

from __future__ import annotations

import asyncio

from ocpp_sdk.charge_point.connection.heartbeat import Heartbeat
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.requests.outbox import Outbox
from ocpp_sdk.charge_point.sessions.connectors import Connectors
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import OcppError

__all__ = ["Lifecycle"]


class Lifecycle:
    """Boots whenever it is needed, also after a long outage.

    Args:
        settings: how long an outage is short.
        registration: sends BootNotification.
        heartbeat: the probe of an outage.
        connectors: have the statuses.
        outbox: takes them.
        report: hears of outages.
    """

    def __init__(
        self,
        settings: ChargePointSettings,
        registration: Registration,
        heartbeat: Heartbeat,
        connectors: Connectors,
        outbox: Outbox,
        report: Report,
    ) -> None:
        self._settings = settings
        self._registration = registration
        self._heartbeat = heartbeat
        self._connectors = connectors
        self._outbox = outbox
        self._report = report
        self._outcome = asyncio.Event()
        self._refusal: BaseException | None = None

    async def run(self) -> None:
        """Register again and again; ends when it is given up."""
        while True:
            try:
                await self._registration.register()
            except OcppError as error:
                self.fail(error)
                return
            self._outbox.forget_statuses()
            for number in self._connectors.numbers:
                await self._outbox.add_status(self._connectors.told(number))
            self._outcome.set()
            await self._registration.left()
            if self._refusal is None:
                self._outcome.clear()

    async def registered(self) -> None:
        """Wait until the charge point is registered, and raise what keeps it from that for ever."""
        while True:
            await self._outcome.wait()
            if self._refusal is not None:
                raise self._refusal
            if self._registration.accepted.is_set():
                return
            # It has to register again, and the outcome of before is about to be cleared.
            await asyncio.sleep(0)

    def fail(self, error: BaseException) -> None:
        """Let nobody wait for a registration that will not come."""
        self._refusal = self._refusal or error
        self._outcome.set()

    async def probe(self, outage_s: float) -> None:
        """Look whether the central system answers again; after a long outage by a boot."""
        if not self._registration.accepted.is_set():
            return
        if outage_s >= self._settings.boot_after_outage_s:
            self._report(f"no answer for {outage_s:.0f} s: the charge point boots again")
            self._registration.again()
        else:
            await self._heartbeat.send()

    async def back(self) -> None:
        """Tell what has changed meanwhile."""
        self._report("the central system answers again")
        await self._outbox.add_present(self._connectors.numbers, self._connectors.told)
