"""A sign of life when nothing else was sent for the heartbeat interval."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ocpp_sdk.charge_point.clock import StationClock
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.clock import wait_within
from ocpp_sdk.errors import OcppError

__all__ = ["Heartbeat"]


class Heartbeat:
    """Sends Heartbeat on inactivity; any request counts as a sign of life (1.5 section 4.6).

    Args:
        link: the way to the central system.
        registration: nothing is sent before it is accepted.
        configuration: tells the interval.
        clock: drives the waits, and is set by each answer.
        told: hears that the time was told.
        report: hears of each answer.
    """

    def __init__(
        self,
        link: Link,
        registration: Registration,
        configuration: ConfigurationTable,
        clock: StationClock,
        told: Callable[[], Awaitable[None]],
        report: Report,
    ) -> None:
        self._link = link
        self._registration = registration
        self._configuration = configuration
        self._clock = clock
        self._told = told
        self._report = report

    async def run(self) -> None:
        """Send heartbeats until cancelled."""
        last_attempt = self._clock.monotonic()
        while True:
            await self._registration.accepted.wait()
            # While there is no connection the link probes by itself.
            await self._link.online.wait()
            self._configuration.changed.clear()
            interval = self._configuration.heartbeat_interval_s
            if interval == 0:
                await self._configuration.changed.wait()
                continue
            left = max(self._link.last_answer, last_attempt) + interval - self._clock.monotonic()
            if left > 0:
                await wait_within(self._clock, self._configuration.changed, left)
                continue
            last_attempt = self._clock.monotonic()
            await self.send()

    async def send(self) -> bool:
        """Send one heartbeat; a failure is reported.

        Returns:
            Whether it was answered.
        """
        try:
            time = await self._link.send(lambda central_system: central_system.heartbeat())
        except OcppError as error:
            self._report(f"Heartbeat: {error}")
            return False
        self._report(f"Heartbeat: {time:%Y-%m-%dT%H:%M:%SZ}")
        if step := self._clock.tell(time):
            self._report(f"the clock was set by {step:+.0f} s")
        await self._told()
        return True
