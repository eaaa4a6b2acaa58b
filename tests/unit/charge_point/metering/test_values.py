"""Which values go out, and what a slot says of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.charge_point.metering.accumulation import Accumulation
from ocpp_sdk.charge_point.metering.selection import select, with_register
from ocpp_sdk.charge_point.metering.watch import RegisterWatch, register_wh
from ocpp_sdk.versions.domain import SampledValue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INTERVAL = "Energy.Active.Import.Interval"
CURRENTS = tuple(
    SampledValue(value=str(number), measurand="Current.Import", phase=f"L{number}", location=place, unit="A")
    for place in ("Inlet", "Outlet")
    for number in (1, 2, 3)
)


def register(value: str) -> SampledValue:
    """Return an energy as a meter gives it."""
    return SampledValue(value=value, measurand=ENERGY, unit="Wh")


def voltage(value: str) -> SampledValue:
    """Return a voltage."""
    return SampledValue(value=value, measurand="Voltage", unit="V")


def test_all_phases_and_locations_of_a_measurand_are_reported() -> None:
    """1.6 section 3.16.3; the order is that of the words, and a word with a phase takes only that."""
    values = (SampledValue(value="7"), *CURRENTS)
    found = select(values, ("Current.Import", ENERGY), "Sample.Periodic")
    assert [(one.phase, one.location) for one in found[:-1]] == [(one.phase, one.location) for one in CURRENTS]
    assert found[-1] == SampledValue(value="7", context="Sample.Periodic", measurand=ENERGY)
    only = select(values, ("Current.Import.L2", "Current.Import.L2"), "Trigger")
    assert [(one.value, one.location, one.context) for one in only] == [
        ("2", "Inlet", "Trigger"),
        ("2", "Outlet", "Trigger"),
    ]
    assert select(values, ("Voltage", "Current.Import.N"), "Trigger") == ()


def test_register_of_a_start_takes_the_place_of_what_the_meter_says() -> None:
    """StartTransaction and its first reading must not differ; phases stay."""
    phase = register("5")._replace(phase="L1")
    assert with_register((register("1001"), SampledValue(value="1001"), phase), 1000) == (register("1000"), phase)


def test_slot_has_the_register_of_its_start_the_energy_in_it_and_averages_over_time() -> None:
    """A voltage that held for long weighs more than one that held for short."""
    slot = Accumulation(NOON)
    assert slot.is_empty
    slot.add((register("1000"), voltage("230")), 0)
    slot.add((register("1050"), voltage("230")), 800)
    slot.add((register("1100.5"), voltage("210")), 900)
    values = {value.measurand: value.value for value in slot.values()}
    assert values == {ENERGY: "1000", INTERVAL: "100.5", "Voltage": "228.889"}


def test_slot_with_one_reading_says_what_it_was() -> None:
    """To the letter, without an average of anything."""
    slot = Accumulation(NOON)
    slot.add((register("1000.0"), voltage("230.00")), 5)
    assert [value.value for value in slot.values()] == ["1000.0", "230.00", "0.0"]


def test_slot_keeps_phases_apart_and_leaves_signed_data_as_it_is() -> None:
    """What is signed cannot be averaged or subtracted."""
    signed = SampledValue(value="c0ffee", format="SignedData", measurand=ENERGY)
    slot = Accumulation(NOON)
    slot.add((*CURRENTS, signed), 0)
    slot.add((*(one._replace(value="9") for one in CURRENTS), signed._replace(value="beef")), 10)
    values = slot.values()
    assert [one.value for one in values[:6]] == ["5", "5.5", "6"] * 2
    assert [one.value for one in values[6:]] == ["c0ffee"]


def test_register_that_went_back_gives_no_energy_of_the_slot() -> None:
    """A negative energy is none; the registers themselves are kept."""
    slot = Accumulation(NOON)
    slot.add((register("1000"),), 0)
    slot.add((register("10"),), 900)
    assert slot.values() == (register("1000"),)


def test_energy_per_interval_of_a_meter_without_register_is_its_own() -> None:
    """Where there is a register, what that counted goes before it."""
    own = SampledValue(value="7", measurand=INTERVAL, unit="Wh")
    slot = Accumulation(NOON)
    slot.add((own,), 0)
    assert slot.values() == (own,)
    slot.add((register("100"), own), 0)
    assert slot.with_intervals((register("100"), own)) == (register("100"), own._replace(value="0"))


@given(st.lists(st.integers(0, 10_000), min_size=2), st.integers(0, 10**9))
def test_energy_of_consecutive_slots_is_what_the_register_counted(steps: list[int], start: int) -> None:
    """Nothing is lost and nothing counted twice between them."""
    total, energy, slot = start, 0, Accumulation(NOON)
    slot.add((register(str(total)),), 0)
    for number, step in enumerate(steps, 1):
        total += step
        slot.add((register(str(total)),), number)
        energy += sum(int(one.value) for one in slot.values() if one.measurand == INTERVAL)
        slot = Accumulation(NOON)
        slot.add((register(str(total)),), number)
    assert energy == total - start


@pytest.mark.parametrize(
    ("readings", "complaint"),
    [
        ([(1000, 0), (1000, 1)], ""),
        ([(1000, 0), (2000, 1)], ""),
        ([(1000, 0), (140_800, 1000)], ""),
        ([(1000, 0), (999, 1)], "went back from 1000 to 999 Wh"),
        ([(1000, 0), (200_000, 1)], "jumped from 1000 to 200000 Wh in 1.0 s"),
        ([(4_294_967_295, 0), (3, 60)], "went back"),
    ],
)
def test_register_that_cannot_be_is_told(readings: list[tuple[float, float]], complaint: str) -> None:
    """The first reading is compared with nothing."""
    watch = RegisterWatch()
    said = [watch.look(energy, now) for energy, now in readings]
    assert said[:-1] == [""] * (len(said) - 1)
    assert (complaint in said[-1]) if complaint else said[-1] == ""


@pytest.mark.parametrize(
    ("value", "energy_wh"),
    [
        (SampledValue(value="1.5", unit="kWh"), 1500.0),
        (register("7"), 7.0),
        (register("abc"), None),
        (register("nan"), None),
        (register("7")._replace(location="Inlet"), None),
        (voltage("230"), None),
    ],
)
def test_register_is_read_in_wh(value: SampledValue, energy_wh: float | None) -> None:
    """What is no register of the connector is none."""
    assert register_wh((value,)) == energy_wh
