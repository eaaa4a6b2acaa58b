"""Meter values: how they are named, and which of them cannot be."""

from datetime import UTC, datetime

import pytest

from ocpp_sdk.modbus.metering import MeterWatch, reading_of
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.versions.domain import SampledValue

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_reading_has_every_value_that_the_plc_shows_with_measurand_and_unit() -> None:
    """Energy, power, voltage and current; what the map does not have is left out."""
    shown = {"MV_CONNECTOR2_WHMETER": 1500.0, "MV_CONNECTOR2_ACTPOW": 11_000, "MV_CONNECTOR2_VOLTAGE": 230.5}
    found = reading_of(Snapshot(0.0, shown, {}), 2, AT, context="Sample.Clock")
    assert found.timestamp == AT
    assert found.values == (
        SampledValue(value="1500", measurand="Energy.Active.Import.Register", unit="Wh", context="Sample.Clock"),
        SampledValue(value="11000", measurand="Power.Active.Import", unit="W", context="Sample.Clock"),
        SampledValue(value="230.5", measurand="Voltage", unit="V", context="Sample.Clock"),
    )
    assert reading_of(Snapshot(0.0, shown, {}), 1, AT).values == ()


@pytest.mark.parametrize(
    ("energy_wh", "said"),
    [
        (5000, ""),
        (5100, ""),
        (4999, "the meter went back from 5000 to 4999 Wh"),
        (4_294_967_295, "the meter jumped from 5000 to 4294967295 Wh in 10.0 s"),
        (9000, "the meter jumped from 5000 to 9000 Wh in 10.0 s"),
    ],
)
def test_watch_tells_what_a_meter_cannot_have_counted(energy_wh: int, said: str) -> None:
    """Once, when it happens; the next reading is held against this one."""
    watch = MeterWatch()
    assert watch.look(5000, 100.0) == ""
    assert watch.look(energy_wh, 110.0) == said
    assert watch.look(energy_wh, 120.0) == ""
