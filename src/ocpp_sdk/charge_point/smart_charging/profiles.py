"""Which charging profiles are taken, what they replace and what is cleared (1.6 sections 3.13, 5.5 and 5.16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.smart_charging.rates import UNITS
from ocpp_sdk.charge_point.smart_charging.settings import SmartChargingSettings
from ocpp_sdk.versions.domain import ChargingProfile, ChargingProfileFilter, ChargingSchedule

__all__ = [
    "CHARGE_POINT_MAX",
    "TX",
    "TX_DEFAULT",
    "InstalledProfile",
    "fault_of",
    "is_over",
    "matches",
    "misplaced",
    "replaced",
]

CHARGE_POINT_MAX: Final = "ChargePointMaxProfile"
TX_DEFAULT: Final = "TxDefaultProfile"
TX: Final = "TxProfile"

_PURPOSES: Final = (CHARGE_POINT_MAX, TX_DEFAULT, TX)
_KINDS: Final = ("Absolute", "Recurring", "Relative")
_RECURRENCIES: Final = ("Daily", "Weekly")
# Central systems write "no limit" as some great number; a digit more than they use and sums keep exact.
_MOST_RATE: Final = Decimal(10) ** 12
_MOST_S: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProfile:
    """A profile that was taken.

    Attributes:
        connector_id: where it counts; 0 is the whole charge point.
        profile: as it came.
        installed_at: when it was taken.
        transaction_key: of a TxProfile: the key of its transaction.
    """

    connector_id: int
    profile: ChargingProfile
    installed_at: datetime
    transaction_key: str | None = None


def fault_of(profile: ChargingProfile, settings: SmartChargingSettings, now: datetime) -> str | None:
    """Return in one line why a profile cannot be taken whatever the place, None if it can."""
    return next(_faults_of_profile(profile, settings, now), None) or next(
        _faults_of_schedule(profile.schedule, settings), None
    )


def misplaced(
    profile: ChargingProfile, connector_id: int, connectors: int, transaction: Transaction | None
) -> str | None:
    """Return in one line why a profile cannot be taken for a connector, None if it can (1.6 section 3.13.1).

    Args:
        profile: what came.
        connector_id: what it came for; 0 is the whole charge point.
        connectors: how many there are.
        transaction: the one that runs on the connector.
    """
    if not 0 <= connector_id <= connectors:
        return f"connectorId {connector_id}: there are 0 to {connectors}"
    if profile.purpose == CHARGE_POINT_MAX and connector_id != 0:
        return f"connectorId {connector_id}: a {CHARGE_POINT_MAX} is for connector 0 only"
    if profile.purpose != TX:
        return None
    if connector_id == 0:
        return f"connectorId 0: a {TX} is for a connector from 1"
    if transaction is None:
        return f"connectorId {connector_id}: no transaction runs there, and a {TX} needs one"
    if profile.transaction_id not in {None, transaction.transaction_id}:
        runs = transaction.transaction_id
        return f"transactionId {profile.transaction_id}: {'one without a number' if runs is None else runs} runs there"
    return None


def replaced(installed: Iterable[InstalledProfile], new: InstalledProfile) -> list[InstalledProfile]:
    """Return the profiles that a new one takes the place of: the same id, or purpose, stack level and connector."""
    place = _place(new)
    return [one for one in installed if one.profile.profile_id == new.profile.profile_id or _place(one) == place]


def matches(one: InstalledProfile, which: ChargingProfileFilter) -> bool:
    """Tell whether a profile is one of those to clear; an id counts alone (1.6 section 6.13)."""
    if which.profile_id is not None:
        return one.profile.profile_id == which.profile_id
    return (
        which.connector_id in {None, one.connector_id}
        and which.purpose in {None, one.profile.purpose}
        and which.stack_level in {None, one.profile.stack_level}
    )


def is_over(one: InstalledProfile, now: datetime) -> bool:
    """Tell whether a profile will never be valid again."""
    return one.profile.valid_to is not None and one.profile.valid_to <= now


def _place(one: InstalledProfile) -> tuple[str, int, int]:
    return one.profile.purpose, one.profile.stack_level, one.connector_id


def _faults_of_profile(profile: ChargingProfile, settings: SmartChargingSettings, now: datetime) -> Iterator[str]:
    for name, value, known in (
        ("chargingProfilePurpose", profile.purpose, _PURPOSES),
        ("chargingProfileKind", profile.kind, _KINDS),
    ):
        if value not in known:
            yield f"{name} {value}: must be {', '.join(known)}"
    if not 0 <= profile.stack_level <= settings.max_stack_level:
        yield f"stackLevel {profile.stack_level}: must be 0 to {settings.max_stack_level}"
    if profile.transaction_id is not None and profile.purpose != TX:
        yield f"transactionId {profile.transaction_id}: only a {TX} may have one"
    if profile.kind == "Recurring":
        if profile.recurrency not in _RECURRENCIES:
            yield f"recurrencyKind {profile.recurrency}: a Recurring profile needs Daily or Weekly"
        if profile.schedule.start is None:
            yield "startSchedule: a Recurring profile needs it to know at what time it starts over"
    if profile.valid_to is not None:
        if profile.valid_to <= now:
            yield f"validTo {profile.valid_to.isoformat()}: is over"
        if profile.valid_from is not None and profile.valid_to <= profile.valid_from:
            yield f"validTo {profile.valid_to.isoformat()}: must be later than validFrom"


def _faults_of_schedule(schedule: ChargingSchedule, settings: SmartChargingSettings) -> Iterator[str]:
    if schedule.rate_unit not in UNITS.intersection(settings.rate_units):
        yield f"chargingRateUnit {schedule.rate_unit}: must be {' or '.join(settings.rate_units)}"
    if schedule.duration_s is not None and not 1 <= schedule.duration_s <= _MOST_S:
        yield f"duration {schedule.duration_s}: must be 1 s or more"
    if schedule.min_rate is not None and not _is_rate(schedule.min_rate):
        yield f"minChargingRate {schedule.min_rate}: must be 0 or more"
    if not 1 <= len(schedule.periods) <= settings.max_periods:
        yield f"chargingSchedulePeriod: must be 1 to {settings.max_periods}, not {len(schedule.periods)}"
        return
    if schedule.periods[0].start_period_s != 0:
        yield f"startPeriod {schedule.periods[0].start_period_s}: the first one must be 0"
    before = -1
    for number, period in enumerate(schedule.periods, start=1):
        where = f"chargingSchedulePeriod[{number}]"
        if not before < period.start_period_s <= _MOST_S:
            yield f"{where}/startPeriod {period.start_period_s}: must be greater than the one before"
        if not _is_rate(period.limit):
            yield f"{where}/limit {period.limit}: must be 0 or more, up to {_MOST_RATE:f}"
        if period.number_phases is not None and not 1 <= period.number_phases <= 3:
            yield f"{where}/numberPhases {period.number_phases}: must be 1 to 3"
        before = period.start_period_s


def _is_rate(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount <= _MOST_RATE
