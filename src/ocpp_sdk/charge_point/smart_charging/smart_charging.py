"""Smart charging of 1.6: profiles that outlive a restart, and hardware that is told the limit which holds.

SetChargingProfile, ClearChargingProfile ─▶ SmartCharging ─▶ storage, then the answer
                                                 │
transaction_started, transaction_ended ─────────▶│──▶ set_limit of the hardware, when the limit changes
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from ocpp_sdk.charge_point.hardware import Limit, Transaction
from ocpp_sdk.charge_point.smart_charging.composite import compose
from ocpp_sdk.charge_point.smart_charging.expecting import Expecting
from ocpp_sdk.charge_point.smart_charging.installed import Installed
from ocpp_sdk.charge_point.smart_charging.keeping import ProfileKeeping
from ocpp_sdk.charge_point.smart_charging.limiting import Limiting
from ocpp_sdk.charge_point.smart_charging.outlook import Outlook
from ocpp_sdk.charge_point.smart_charging.profiles import TX, InstalledProfile, fault_of, is_over, matches, misplaced
from ocpp_sdk.charge_point.smart_charging.profiles import replaced as replaced_by
from ocpp_sdk.charge_point.smart_charging.rates import UNITS
from ocpp_sdk.charge_point.smart_charging.settings import SmartChargingSettings
from ocpp_sdk.charge_point.smart_charging.timetable import moment, second
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import InternalError, StorageError
from ocpp_sdk.storage import Store
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingProfileFilter,
    CompositeSchedule,
    CompositeScheduleRequest,
)
from ocpp_sdk.versions.enumerations import ChargingProfileStatus, ClearChargingProfileStatus, CommandStatus

__all__ = ["SmartCharging"]

# A profile for a transaction may overtake the answer to its start, which gives the number that the profile names.
_NUMBER_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 3600.0


class SmartCharging:
    """Keeps charging profiles, answers for them, and tells the hardware what holds.

    Args:
        store: where profiles are kept; None keeps them in memory only.
        identity: of the charge point.
        connectors: how many there are, numbered from 1.
        clock: tells when limits change.
        set_limit: `Hardware.set_limit`.
        running: returns the transaction of a connector.
        settings: what the charge point can do.
        report: hears one line for everything that happens.
    """

    def __init__(
        self,
        *,
        store: Store | None,
        identity: str,
        connectors: int,
        clock: Clock,
        set_limit: Callable[[int, Limit | None], Awaitable[None]],
        running: Callable[[int], Transaction | None],
        settings: SmartChargingSettings,
        report: Callable[[str], None],
    ) -> None:
        self._connectors = connectors
        self._clock = clock
        self._running = running
        self._settings = settings
        self._report = report
        self._installed = Installed(ProfileKeeping(store, identity, report), report)
        self._outlook = Outlook(self._installed, connectors, running, settings)
        self._expecting = Expecting(clock, settings.start_within_s, report)
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._limits = [
            Limiting(number, partial(self._outlook.told, number), set_limit, clock, report)
            for number in range(connectors + 1)
        ]

    @property
    def installed(self) -> tuple[InstalledProfile, ...]:
        """The profiles that are kept; those of a transaction that does not run do not count."""
        return tuple(self._installed)

    async def restore(self) -> None:
        """Take over the profiles that were kept; to be called once, before anything else.

        Raises:
            StorageError: they cannot be read.
        """
        await self._installed.restore()
        self.look_again()

    async def run(self) -> None:
        """Tell the hardware each limit as soon as it holds, until cancelled; at first all of them, also no limit."""
        async with asyncio.TaskGroup() as group:
            for limiting in self._limits:
                group.create_task(limiting.run())
            group.create_task(self._tidy())

    def look_again(self) -> None:
        """Say that something changed from which limits follow: the clock was set, or a transaction goes on."""
        self._changed.set()
        for limiting in self._limits:
            limiting.look()

    def hardware_restarted(self) -> None:
        """Say that the hardware may have forgotten its limits; it is told all of them again."""
        for limiting in self._limits:
            limiting.forget()

    async def set_charging_profile(self, connector_id: int, profile: ChargingProfile) -> ChargingProfileStatus:
        """Take a profile, if it can be; it is durable then (1.6 section 5.16).

        Raises:
            InternalError: it could not be kept, or what it replaces not removed; it may be sent again.
        """
        fault = fault_of(profile, self._settings, self._clock.now())
        if fault is None:
            await self._number_of(connector_id, profile)
        async with self._turn:
            transaction = self._running(connector_id) if 1 <= connector_id <= self._connectors else None
            fault = fault or misplaced(profile, connector_id, self._connectors, transaction)
            new = self._new(connector_id, profile, transaction if profile.purpose == TX else None)
            fault = fault or self._no_room(new)
            if fault is not None:
                self._report(f"SetChargingProfile {profile.profile_id}: Rejected: {fault}")
                return ChargingProfileStatus.REJECTED
            with self._answering():
                await self._installed.install(new)
        return ChargingProfileStatus.ACCEPTED

    async def clear_charging_profile(self, which: ChargingProfileFilter) -> ClearChargingProfileStatus:
        """Drop profiles; they will not come back after a restart (1.6 section 5.5).

        Raises:
            InternalError: not all could be dropped for ever; it may be sent again.
        """
        async with self._turn:
            cleared = [one for one in self._installed if matches(one, which)]
            with self._answering():
                await self._installed.remove(cleared)
        return ClearChargingProfileStatus.ACCEPTED if cleared else ClearChargingProfileStatus.UNKNOWN

    def get_composite_schedule(self, request: CompositeScheduleRequest) -> CompositeSchedule:
        """Return what all profiles together allow from now on (1.6 section 5.7); 0 is the whole charge point.

        The schedule is shorter than asked for where no limit is known, or if it would have too many periods.
        """
        fault = self._fault_of_request(request)
        if fault is None:
            now = second(self._clock.now())
            unit = request.rate_unit or self._outlook.unit_of(request.connector_id)
            course = self._outlook.composite(request.connector_id, unit, now)
            schedule = compose(course, now, request.duration_s, unit, self._settings.max_periods)
            if schedule is not None:
                return CompositeSchedule(
                    status=CommandStatus.ACCEPTED,
                    connector_id=request.connector_id,
                    start=moment(now),
                    schedule=schedule,
                )
            fault = "nothing limits it now, and the settings have no max_current_a"
        self._report(f"GetCompositeSchedule {request.connector_id}: Rejected: {fault}")
        return CompositeSchedule(status=CommandStatus.REJECTED)

    def refusal(self, profile: ChargingProfile) -> str | None:
        """Return in one line why the profile of a remote start cannot be taken, None if it can (1.6 section 5.16.2)."""
        if profile.purpose != TX:
            return f"chargingProfilePurpose {profile.purpose}: must be {TX} in a RemoteStartTransaction"
        if profile.transaction_id is not None:
            return f"transactionId {profile.transaction_id}: a RemoteStartTransaction has none yet"
        return fault_of(profile, self._settings, self._clock.now())

    def expect(self, connector_id: int, id_tag: str, profile: ChargingProfile) -> None:
        """Keep the profile of a remote start for the transaction to come, in memory, in place of the one before.

        Args:
            connector_id: where it will begin, from 1.
            id_tag: who will charge; a transaction of anybody else lets the profile go.
            profile: one without a `refusal`.
        """
        self._expecting.expect(connector_id, id_tag, profile)

    def forget(self, connector_id: int) -> None:
        """Drop the profile that waits for a transaction of a connector: it will not come."""
        self._expecting.forget(connector_id)

    async def transaction_started(self, transaction: Transaction) -> None:
        """Say that a transaction has begun, or goes on after a restart.

        The profile of its remote start counts from now on, also if it could not be kept.
        """
        expected = self._expecting.take(transaction)
        async with self._turn:
            await self._installed.drop(
                one
                for one in self._installed
                if one.connector_id == transaction.connector_id and one.transaction_key not in {None, transaction.key}
            )
            if expected is not None:
                await self._take(expected, transaction)
        self.look_again()

    async def transaction_ended(self, transaction: Transaction) -> None:
        """Say that a transaction has ended; its profiles are dropped (1.6 section 3.13.1)."""
        async with self._turn:
            await self._installed.drop(one for one in self._installed if one.transaction_key == transaction.key)
        self.look_again()

    async def _take(self, profile: ChargingProfile, transaction: Transaction) -> None:
        new = self._new(transaction.connector_id, profile, transaction)
        if (fault := self._no_room(new)) is not None:
            self._report(f"charging profile {profile.profile_id} of a remote start: not used: {fault}")
            return
        try:
            await self._installed.install(new)
        except StorageError as error:
            self._installed.install_unkept(new)
            self._report(f"charging profile {profile.profile_id} of a remote start: not kept: {error}")

    async def _tidy(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            if any(is_over(one, now) for one in self._installed):
                async with self._turn:
                    await self._installed.drop(one for one in self._installed if is_over(one, now))
            ends = [one.profile.valid_to for one in self._installed if one.profile.valid_to is not None]
            wait_s = min(((end - now).total_seconds() for end in ends), default=_LONGEST_WAIT_S)
            await wait_within(self._clock, self._changed, min(wait_s, _LONGEST_WAIT_S))

    async def _number_of(self, connector_id: int, profile: ChargingProfile) -> None:
        if profile.purpose != TX or profile.transaction_id is None or not 1 <= connector_id <= self._connectors:
            return
        transaction = self._running(connector_id)
        if transaction is not None and transaction.transaction_id is None:
            await wait_within(self._clock, transaction.answered, _NUMBER_WAIT_S)

    def _new(self, connector_id: int, profile: ChargingProfile, transaction: Transaction | None) -> InstalledProfile:
        return InstalledProfile(
            connector_id=connector_id,
            profile=profile,
            installed_at=self._clock.now(),
            transaction_key=None if transaction is None else transaction.key,
        )

    def _no_room(self, new: InstalledProfile) -> str | None:
        gone = replaced_by(self._installed, new)
        others = sum(1 for one in self._installed if one not in gone)
        most = self._settings.max_profiles
        return None if others < most else f"{others} profiles are installed; at most {most}"

    def _fault_of_request(self, request: CompositeScheduleRequest) -> str | None:
        if not 0 <= request.connector_id <= self._connectors:
            return f"there are connectors 0 to {self._connectors}"
        if request.duration_s < 1:
            return f"duration {request.duration_s}: must be 1 s or more"
        if request.rate_unit is not None and request.rate_unit not in UNITS:
            return f"chargingRateUnit {request.rate_unit}: must be A or W"
        return None

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except StorageError as error:
            self._report(f"not kept: {error}")
            raise InternalError("the change could not be kept") from error
        finally:
            self.look_again()
