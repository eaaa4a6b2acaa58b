"""Charging profiles, which only 1.6 has."""

from __future__ import annotations

from ocpp_sdk.generated.v16 import charge_point as cp
from ocpp_sdk.versions.domain import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod

__all__ = ["read_profile", "read_schedule", "write_profile", "write_schedule"]


def read_schedule(schedule: cp.ChargingSchedule) -> ChargingSchedule:
    """Read a schedule."""
    return ChargingSchedule(
        rate_unit=schedule.charging_rate_unit.value,
        periods=tuple(
            ChargingSchedulePeriod(
                start_period_s=period.start_period, limit=period.limit, number_phases=period.number_phases
            )
            for period in schedule.charging_schedule_period
        ),
        duration_s=schedule.duration,
        start=schedule.start_schedule,
        min_rate=schedule.min_charging_rate,
    )


def write_schedule(schedule: ChargingSchedule) -> cp.ChargingSchedule:
    """Write a schedule.

    Raises:
        ValueError: the unit is neither `W` nor `A`.
    """
    return cp.ChargingSchedule(
        duration=schedule.duration_s,
        start_schedule=schedule.start,
        charging_rate_unit=cp.ChargingRateUnitType(schedule.rate_unit),
        charging_schedule_period=[
            cp.ChargingSchedulePeriod(
                start_period=period.start_period_s, limit=period.limit, number_phases=period.number_phases
            )
            for period in schedule.periods
        ],
        min_charging_rate=schedule.min_rate,
    )


def read_profile(profile: cp.ChargingProfile) -> ChargingProfile:
    """Read a profile."""
    recurrency = profile.recurrency_kind
    return ChargingProfile(
        profile_id=profile.charging_profile_id,
        stack_level=profile.stack_level,
        purpose=profile.charging_profile_purpose.value,
        kind=profile.charging_profile_kind.value,
        schedule=read_schedule(profile.charging_schedule),
        transaction_id=profile.transaction_id,
        recurrency=None if recurrency is None else recurrency.value,
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
    )


def write_profile(profile: ChargingProfile) -> cp.ChargingProfile:
    """Write a profile.

    Raises:
        ValueError: purpose, kind or recurrency is not one of 1.6.
    """
    recurrency = profile.recurrency
    return cp.ChargingProfile(
        charging_profile_id=profile.profile_id,
        transaction_id=profile.transaction_id,
        stack_level=profile.stack_level,
        charging_profile_purpose=cp.ChargingProfilePurposeType(profile.purpose),
        charging_profile_kind=cp.ChargingProfileKindType(profile.kind),
        recurrency_kind=None if recurrency is None else cp.RecurrencyKindType(recurrency),
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
        charging_schedule=write_schedule(profile.schedule),
    )
