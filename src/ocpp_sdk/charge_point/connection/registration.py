"""BootNotification until the central system accepts, and again whenever the charge point has to boot again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ocpp_sdk.charge_point.clock import StationClock
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.boot import MEANWHILE, BootEvent, BootState, after
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.hardware import HardwareInfo
from ocpp_sdk.charge_point.settings import ChargePointSettings, backoff_s
from ocpp_sdk.clock import wait_within
from ocpp_sdk.errors import ConfigurationError, OcppError, RegistrationError
from ocpp_sdk.versions.domain import BootAnswer
from ocpp_sdk.versions.enumerations import RegistrationStatus
from ocpp_sdk.versions.rules import rules_of

__all__ = ["Registration"]

# An answer must not keep a charge point away for ever.
_LONGEST_WAIT_S = 86_400
_EVENT_OF = {
    RegistrationStatus.ACCEPTED: BootEvent.ACCEPTED,
    RegistrationStatus.PENDING: BootEvent.PENDING,
    RegistrationStatus.REJECTED: BootEvent.REJECTED,
}


class Registration:
    """Whether the central system has accepted the charge point; nothing else is sent before.

    Args:
        settings: what the charge point says of itself, and its waits.
        link: the way to the central system.
        configuration: receives the heartbeat interval.
        clock: drives the waits, and is set by each answer.
        random: returns numbers from 0 to 1.
        told: hears the time of each answer, and whether it was Accepted.
        report: hears of each answer.

    Attributes:
        state: as in `ocpp_sdk.charge_point.connection.boot`.
        accepted: set while it is accepted.
    """

    def __init__(
        self,
        settings: ChargePointSettings,
        link: Link,
        configuration: ConfigurationTable,
        clock: StationClock,
        random: Callable[[], float],
        told: Callable[[bool], Awaitable[None]],
        report: Report,
    ) -> None:
        self._settings = settings
        self._told = told
        self._rules = rules_of(settings.version)
        self._link = link
        self._configuration = configuration
        self._clock = clock
        self._random = random
        self._report = report
        self._boot = settings.boot
        self._ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._said: RegistrationStatus | None = None
        self._meanwhile: BootEvent | None = None
        self._not_before = 0.0
        self.state = BootState.HARDWARE_OFFLINE
        self.accepted = asyncio.Event()

    @property
    def silent(self) -> bool:
        """Whether commands of the central system must not be answered."""
        return self._rules.silent_when_rejected and self.refused and self._said is RegistrationStatus.REJECTED

    @property
    def refused(self) -> bool:
        """Whether the central system has said that it does not take the charge point, or not yet."""
        return self._said in {RegistrationStatus.PENDING, RegistrationStatus.REJECTED} and not self.accepted.is_set()

    @property
    def booting(self) -> bool:
        """Whether a BootNotification is about to be answered, as far as anybody knows."""
        return self.state in {BootState.HARDWARE_READY, BootState.BOOT_SENT} and self._link.online.is_set()

    @property
    def firmware_version(self) -> str | None:
        """What the charge point says of its firmware."""
        return self._boot.firmware_version

    def hardware_ready(self, info: HardwareInfo) -> None:
        """Boot, or boot again, since the hardware has started."""
        boot = self._settings.boot
        self._boot = replace(
            boot,
            model=info.model or boot.model,
            firmware_version=info.firmware_version or boot.firmware_version,
        )
        self._move(BootEvent.READY)

    def hardware_lost(self) -> None:
        """Wait for the hardware, unless the charge point is registered already."""
        self._move(BootEvent.LOST)

    def hardware_found(self) -> None:
        """Boot, if that waited for the hardware."""
        self._move(BootEvent.FOUND)

    def again(self) -> None:
        """Boot again, and send nothing else before that is accepted."""
        self._move(BootEvent.AGAIN)

    async def register(self) -> None:
        """Wait for the hardware, then send BootNotification until it is accepted.

        Raises:
            RegistrationError: it was not, in as many attempts as the settings allow.
            ConfigurationError: the address of the central system cannot work.
        """
        failures = 0
        while not self.accepted.is_set():
            await self._ready.wait()
            if (left_s := self._not_before - self._clock.monotonic()) > 0:
                # A TriggerMessage may have the charge point accepted earlier.
                await wait_within(self._clock, self.accepted, left_s)
                continue
            try:
                answer = await self.notify()
            except ConfigurationError:
                raise
            except OcppError as error:
                reason = str(error)
                self._report(f"BootNotification: {reason}")
            else:
                if answer.status is RegistrationStatus.ACCEPTED:
                    # If it has to boot again all the same, it does so at once.
                    continue
                reason = f"the central system answered {answer.status}"
            failures += 1
            if failures == self._settings.boot_attempts:
                raise RegistrationError(f"{self._settings.identity} is not registered: {reason}")
            wait_s = backoff_s(self._settings, failures, self._random())
            if self._not_before <= self._clock.monotonic():
                await wait_within(self._clock, self.accepted, wait_s)

    async def left(self) -> None:
        """Wait until the registration is over, so that the charge point has to register again."""
        while self.accepted.is_set():
            self._changed.clear()
            await self._changed.wait()

    async def notify(self) -> BootAnswer:
        """Send one BootNotification and take over its answer.

        Raises:
            OcppError: as `Caller.call`.
        """
        self._move(BootEvent.SENT)
        try:
            answer = await self._link.send(lambda central_system: central_system.boot_notification(self._boot))
        except BaseException:
            self._move(BootEvent.FAILED)
            raise
        if answer.current_time is not None and (step := self._clock.tell(answer.current_time)):
            self._report(f"the clock was set by {step:+.0f} s")
        if answer.status is RegistrationStatus.ACCEPTED and answer.interval_s is not None and answer.interval_s > 0:
            self._configuration.set_heartbeat_interval(answer.interval_s)
        self._report(f"BootNotification: {answer.status}, interval {answer.interval_s} s")
        self._said, self._not_before = answer.status, 0.0
        least_s = answer.interval_s or 0
        if self._rules.waits_boot_interval and answer.status is not RegistrationStatus.ACCEPTED and least_s > 0:
            least_s = min(least_s, _LONGEST_WAIT_S)
            self._not_before = self._clock.monotonic() + least_s * (1 + 0.1 * self._random())
        self._move(_EVENT_OF[answer.status])
        await self._told(answer.status is RegistrationStatus.ACCEPTED)
        return answer

    def _move(self, event: BootEvent) -> None:
        if self.state is BootState.BOOT_SENT and event in MEANWHILE:
            if event is not BootEvent.FOUND or self._meanwhile is BootEvent.LOST:
                self._meanwhile = event
            return
        self.state = after(self.state, event)
        if self.state is not BootState.BOOT_SENT and self._meanwhile is not None:
            # The boot that was under way may have said what is true no more.
            self.state, self._meanwhile = after(self.state, self._meanwhile), None
        if self.state is BootState.HARDWARE_OFFLINE:
            self._ready.clear()
        else:
            self._ready.set()
        if self.state is BootState.ACCEPTED:
            self.accepted.set()
        else:
            self.accepted.clear()
        self._changed.set()
