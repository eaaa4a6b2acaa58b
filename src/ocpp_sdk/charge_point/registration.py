"""BootNotification until the central system accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ocpp_sdk.charge_point.clock import Clock, wait_within
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.link import Link, Report
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import ConfigurationError, OcppError, RegistrationError
from ocpp_sdk.versions.domain import BootAnswer
from ocpp_sdk.versions.enumerations import RegistrationStatus
from ocpp_sdk.versions.rules import rules_of

__all__ = ["Registration", "backoff_s"]


def backoff_s(settings: ChargePointSettings, failures: int, share: float) -> float:
    """Return how long to wait after so many failures in a row.

    Args:
        settings: first and longest wait.
        failures: at least 1.
        share: a random number from 0 to 1, so that many charge points do not come back at the same moment.
    """
    full = min(settings.first_retry_s * 2.0 ** min(failures - 1, 30), settings.max_retry_s)
    return full * (0.5 + 0.5 * share)


class Registration:
    """Whether the central system has accepted the charge point; nothing else is sent before.

    Args:
        settings: what the charge point says of itself, and its waits.
        link: the way to the central system.
        configuration: receives the heartbeat interval.
        clock: drives the waits.
        random: returns numbers from 0 to 1.
        report: hears of each answer.
    """

    def __init__(
        self,
        settings: ChargePointSettings,
        link: Link,
        configuration: ConfigurationTable,
        clock: Clock,
        random: Callable[[], float],
        report: Report,
    ) -> None:
        self._settings = settings
        self._rules = rules_of(settings.version)
        self._link = link
        self._configuration = configuration
        self._clock = clock
        self._random = random
        self._report = report
        self.status: RegistrationStatus | None = None
        self.accepted = asyncio.Event()

    @property
    def silent(self) -> bool:
        """Whether commands of the central system must not be answered."""
        return self._rules.silent_when_rejected and self.status is RegistrationStatus.REJECTED

    def forget(self) -> None:
        """Begin again, as after a reboot."""
        self.status = None
        self.accepted.clear()

    async def register(self) -> None:
        """Send BootNotification until it is accepted.

        Raises:
            RegistrationError: it was not, in as many attempts as the settings allow.
            ConfigurationError: the address of the central system cannot work.
        """
        failures = 0
        while not self.accepted.is_set():
            try:
                answer = await self.notify()
            except ConfigurationError:
                raise
            except OcppError as error:
                reason = str(error)
                least = 0
                self._report(f"BootNotification: {reason}")
            else:
                if self.accepted.is_set():
                    return
                reason = f"the central system answered {answer.status}"
                least = answer.interval_s or 0
            failures += 1
            if failures == self._settings.boot_attempts:
                raise RegistrationError(f"{self._settings.identity} is not registered: {reason}")
            wait = backoff_s(self._settings, failures, self._random())
            if self._rules.waits_boot_interval and least > 0:
                wait = least * (1 + 0.1 * self._random())
            # A TriggerMessage may have the charge point accepted earlier.
            await wait_within(self._clock, self.accepted, wait)

    async def notify(self) -> BootAnswer:
        """Send one BootNotification and take over its answer.

        Raises:
            OcppError: as `Caller.call`.
        """
        answer = await self._link.send(lambda central_system: central_system.boot_notification(self._settings.boot))
        self.status = answer.status
        if answer.status is RegistrationStatus.ACCEPTED:
            if answer.interval_s is not None and answer.interval_s > 0:
                self._configuration.set_heartbeat_interval(answer.interval_s)
            self.accepted.set()
        else:
            self.accepted.clear()
        self._report(f"BootNotification: {answer.status}, interval {answer.interval_s} s")
        return answer
