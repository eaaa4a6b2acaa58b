"""Meter values: how they are named, and which of them cannot be."""

from datetime import UTC, datetime

from ocpp_sdk.modbus.metering import reading_of
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
