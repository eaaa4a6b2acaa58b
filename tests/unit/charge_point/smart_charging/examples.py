"""Profiles with few words, and transactions that run."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.smart_charging import InstalledProfile
from ocpp_sdk.versions.domain import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod
from tests.unit.charge_point.fakes import NOON

MIDNIGHT = NOON - timedelta(hours=12)
HOUR = 3600
Period = tuple[int, str] | tuple[int, str, int | None]
"""Start in s, limit, and the number of phases if there is one."""
MAX, DEFAULT, TX = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"


def after(seconds: float) -> datetime:
    """Return a moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def schedule(
    *periods: Period,
    unit: str = "A",
    start: datetime | None = NOON,
    duration_s: int | None = None,
) -> ChargingSchedule:
    """Return a schedule that begins at noon, unless it is told otherwise."""
    return ChargingSchedule(
        rate_unit=unit,
        start=start,
        duration_s=duration_s,
        periods=tuple(
            ChargingSchedulePeriod(
                start_period_s=period[0],
                limit=Decimal(period[1]),
                number_phases=period[2] if len(period) == 3 else None,
            )
            for period in periods or ((0, "16"),)
        ),
    )


def profile(  # noqa: PLR0913  # each test names the few that it is about
    number: int = 1,
    purpose: str = DEFAULT,
    *periods: Period,
    level: int = 0,
    kind: str = "Absolute",
    recurrency: str | None = None,
    unit: str = "A",
    start: datetime | None = NOON,
    duration_s: int | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    transaction_id: int | None = None,
) -> ChargingProfile:
    """Return a profile that limits to 16 A from noon on, unless it is told otherwise."""
    return ChargingProfile(
        profile_id=number,
        stack_level=level,
        purpose=purpose,
        kind=kind,
        recurrency=recurrency,
        schedule=schedule(*periods, unit=unit, start=start, duration_s=duration_s),
        valid_from=valid_from,
        valid_to=valid_to,
        transaction_id=transaction_id,
    )


def installed(one: ChargingProfile, connector_id: int = 0, key: str | None = None) -> InstalledProfile:
    """Return a profile as if it had been taken at noon."""
    return InstalledProfile(connector_id=connector_id, profile=one, installed_at=NOON, transaction_key=key)


def transaction(
    connector_id: int = 1, key: str = "key", *, number: int | None = 7, id_tag: str = "TAG", at: datetime = NOON
) -> Transaction:
    """Return a transaction that runs."""
    running = Transaction(
        key=key, connector_id=connector_id, id_tag=id_tag, started_at=at, meter_start_wh=0, transaction_id=number
    )
    if number is not None:
        running.answered.set()
    return running
