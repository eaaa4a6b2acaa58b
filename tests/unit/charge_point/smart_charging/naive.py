"""What profiles allow at one moment, worked out the long way: no borders, no bisection, datetimes and fractions.

Shares nothing with the code under test but the words of the domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from ocpp_sdk.charge_point.smart_charging import InstalledProfile
from ocpp_sdk.versions.domain import ChargingSchedulePeriod

Allowed = tuple[Fraction, str, int | None]
"""Amount, unit and phases."""

CYCLES = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


def period_of(one: InstalledProfile, at: datetime, relative_to: datetime) -> ChargingSchedulePeriod | None:
    """Return the period of a profile that holds."""
    profile, schedule = one.profile, one.profile.schedule
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    begin = relative_to if profile.kind == "Relative" or schedule.start is None else schedule.start
    if at < begin:
        return None
    if profile.kind == "Recurring":
        assert profile.recurrency is not None
        while begin + CYCLES[profile.recurrency] <= at:
            begin += CYCLES[profile.recurrency]
    passed = (at - begin).total_seconds()
    if schedule.duration_s is not None and passed >= schedule.duration_s:
        return None
    return [period for period in schedule.periods if period.start_period_s <= passed][-1]


def first_allowed(candidates: Sequence[InstalledProfile], at: datetime, relative_to: datetime | None) -> Allowed | None:
    """Return what the highest of some profiles allows."""
    for one in sorted(candidates, key=lambda one: one.profile.stack_level, reverse=True):
        period = period_of(one, at, relative_to or one.installed_at)
        if period is not None:
            return Fraction(period.limit), one.profile.schedule.rate_unit, period.number_phases
    return None


def of_connector(
    installed: Sequence[InstalledProfile], connector_id: int, at: datetime, key: str | None, began: datetime
) -> Allowed | None:
    """Return what the profiles of a connector allow."""
    own = [one for one in installed if one.profile.purpose == "TxProfile" and one.connector_id == connector_id]
    defaults = [one for one in installed if one.profile.purpose == "TxDefaultProfile"]
    return (
        first_allowed([one for one in own if key is not None and one.transaction_key == key], at, began)
        or first_allowed([one for one in defaults if one.connector_id == connector_id], at, began)
        or first_allowed([one for one in defaults if one.connector_id == 0], at, began)
    )


def of_charge_point(installed: Sequence[InstalledProfile], at: datetime) -> Allowed | None:
    """Return what the profiles of the whole charge point allow."""
    return first_allowed([one for one in installed if one.profile.purpose == "ChargePointMaxProfile"], at, None)


def together(allowed: Sequence[Allowed], unit: str, voltage: int, phases: int) -> tuple[Decimal, int | None] | None:
    """Return what keeps to all of them, in one unit, with one digit."""
    if not allowed:
        return None
    named = [named for _, _, named in allowed if named is not None]
    used = min([phases, *named])
    amounts = []
    for amount, own, _ in allowed:
        if own == "A" and unit == "W":
            amounts.append(amount * voltage * used)
        elif own == "W" and unit == "A":
            amounts.append(amount / voltage / used)
        else:
            amounts.append(amount)
    return Decimal(floor(min(amounts) * 10)) / 10, used if named else None
