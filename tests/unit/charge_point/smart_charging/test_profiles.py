"""Which profiles are taken, refused, replaced and cleared."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.smart_charging import SmartChargingSettings
from ocpp_sdk.charge_point.smart_charging.profiles import fault_of, is_over, matches, misplaced, replaced
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.versions.domain import ChargingProfile, ChargingProfileFilter
from tests.unit.charge_point.fakes import NOON
from tests.unit.charge_point.smart_charging.examples import DEFAULT, MAX, TX, after, installed, profile, transaction

SETTINGS = SmartChargingSettings(max_stack_level=3, max_periods=2)


@pytest.mark.parametrize(
    "good",
    [
        profile(),
        profile(1, DEFAULT, (0, "0"), (1, "16.1", 1), level=3),
        profile(kind="Relative", start=None),
        profile(kind="Absolute", start=None),
        profile(kind="Recurring", recurrency="Weekly"),
        profile(1, TX, transaction_id=5),
        profile(valid_from=after(1), valid_to=after(2)),
        profile(unit="W", duration_s=1),
    ],
)
def test_profile_as_the_specification_allows_it_has_no_fault(good: ChargingProfile) -> None:
    """What 1.6 allows is taken."""
    assert fault_of(good, SETTINGS, NOON) is None


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (profile(level=4), "stackLevel 4: must be 0 to 3"),
        (profile(level=-1), "stackLevel -1: must be 0 to 3"),
        (profile(1, "TxMaxProfile"), "chargingProfilePurpose TxMaxProfile: must be "),
        (profile(kind="Dynamic"), "chargingProfileKind Dynamic: must be "),
        (profile(kind="Recurring"), "recurrencyKind None: a Recurring profile needs Daily or Weekly"),
        (profile(kind="Recurring", recurrency="Yearly"), "recurrencyKind Yearly: "),
        (profile(kind="Recurring", recurrency="Daily", start=None), "startSchedule: a Recurring profile needs it"),
        (profile(transaction_id=5), "transactionId 5: only a TxProfile may have one"),
        (profile(valid_to=NOON), "validTo 2026-03-01T12:00:00+00:00: is over"),
        (profile(valid_from=after(9), valid_to=after(9)), "validTo 2026-03-01T12:00:09+00:00: must be later"),
        (profile(unit="kW"), "chargingRateUnit kW: must be A or W"),
        (profile(duration_s=0), "duration 0: must be 1 s or more"),
        (profile(duration_s=-5), "duration -5: must be 1 s or more"),
        (profile(1, DEFAULT, (0, "1"), (1, "2"), (2, "3")), "chargingSchedulePeriod: must be 1 to 2, not 3"),
        (profile(1, DEFAULT, (1, "1")), "startPeriod 1: the first one must be 0"),
        (profile(1, DEFAULT, (0, "1"), (0, "2")), "chargingSchedulePeriod[2]/startPeriod 0: must be greater"),
        (profile(1, DEFAULT, (0, "-0.1")), "chargingSchedulePeriod[1]/limit -0.1: must be 0 or more"),
        (profile(1, DEFAULT, (0, "NaN")), "chargingSchedulePeriod[1]/limit NaN: must be 0 or more"),
        (
            profile(1, DEFAULT, (0, "1e13")),
            "chargingSchedulePeriod[1]/limit 1E+13: must be 0 or more, up to 1000000000000",
        ),
        (profile(1, DEFAULT, (0, "1", 4)), "chargingSchedulePeriod[1]/numberPhases 4: must be 1 to 3"),
        (profile(1, DEFAULT, (0, "1", 0)), "chargingSchedulePeriod[1]/numberPhases 0: must be 1 to 3"),
    ],
)
def test_profile_that_cannot_be_executed_is_refused_with_its_field(bad: ChargingProfile, fault: str) -> None:
    """Each fault is one line with the field, its value and what is allowed."""
    found = fault_of(bad, SETTINGS, NOON)
    assert found is not None
    assert found.startswith(fault)
    assert "\n" not in found


def test_profile_without_periods_is_refused() -> None:
    """A schedule without a period says nothing."""
    empty = replace(profile(), schedule=replace(profile().schedule, periods=()))
    assert fault_of(empty, SETTINGS, NOON) == "chargingSchedulePeriod: must be 1 to 2, not 0"


def test_rate_unit_that_the_charge_point_does_not_have_is_refused() -> None:
    """Only units that the configuration key lists are taken."""
    only_amperes = SmartChargingSettings(rate_units=("A",))
    assert fault_of(profile(unit="W"), only_amperes, NOON) == "chargingRateUnit W: must be A"


def test_minimal_rate_below_zero_is_refused() -> None:
    """minChargingRate is a rate as well."""
    bad = replace(profile(), schedule=replace(profile().schedule, min_rate=Decimal(-1)))
    assert fault_of(bad, SETTINGS, NOON) == "minChargingRate -1: must be 0 or more"


RUNS = transaction(1, number=7)
UNANSWERED = transaction(1, number=None)


@pytest.mark.parametrize(
    ("purpose", "connector_id", "transaction_id", "running", "fault"),
    [
        (MAX, 0, None, None, None),
        (MAX, 1, None, None, "connectorId 1: a ChargePointMaxProfile is for connector 0 only"),
        (DEFAULT, 0, None, None, None),
        (DEFAULT, 2, None, None, None),
        (DEFAULT, 3, None, None, "connectorId 3: there are 0 to 2"),
        (DEFAULT, -1, None, None, "connectorId -1: there are 0 to 2"),
        (TX, 0, None, None, "connectorId 0: a TxProfile is for a connector from 1"),
        (TX, 1, None, None, "connectorId 1: no transaction runs there, and a TxProfile needs one"),
        (TX, 1, None, RUNS, None),
        (TX, 1, 7, RUNS, None),
        (TX, 1, 8, RUNS, "transactionId 8: 7 runs there"),
        (TX, 1, 8, UNANSWERED, "transactionId 8: one without a number runs there"),
    ],
)
def test_place_of_a_profile_follows_its_purpose(
    purpose: str, connector_id: int, transaction_id: int | None, running: Transaction | None, fault: str | None
) -> None:
    """Each purpose has the connectors that section 3.13.1 gives it, and a TxProfile needs its transaction."""
    one = profile(1, purpose, transaction_id=transaction_id)
    assert misplaced(one, connector_id, 2, running) == fault


def test_profile_replaces_the_same_id_and_the_same_place() -> None:
    """An id is unique; two of the same purpose and level cannot be at the same connector, but at different ones."""
    first, second = installed(profile(1, level=1), 0), installed(profile(2, level=2), 1)
    known = [first, second]
    assert replaced(known, installed(profile(1, MAX, level=9), 0)) == [first]
    assert replaced(known, installed(profile(3, level=1), 0)) == [first]
    assert replaced(known, installed(profile(3, level=1), 1)) == []
    assert replaced(known, installed(profile(3, MAX, level=1), 0)) == []
    assert replaced(known, installed(profile(1, level=2), 1)) == [first, second]


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        (ChargingProfileFilter(), [1, 2, 3]),
        (ChargingProfileFilter(profile_id=2), [2]),
        (ChargingProfileFilter(profile_id=2, connector_id=0, stack_level=9), [2]),
        (ChargingProfileFilter(connector_id=0), [1]),
        (ChargingProfileFilter(connector_id=1), [2, 3]),
        (ChargingProfileFilter(purpose=DEFAULT), [2]),
        (ChargingProfileFilter(stack_level=1), [2, 3]),
        (ChargingProfileFilter(connector_id=1, purpose=TX, stack_level=1), [3]),
        (ChargingProfileFilter(connector_id=0, stack_level=1), []),
    ],
)
def test_filter_matches_what_meets_all_of_it(which: ChargingProfileFilter, numbers: list[int]) -> None:
    """An id counts alone; everything else has to be met at once, and nothing at all matches all."""
    known = [
        installed(profile(1, MAX), 0),
        installed(profile(2, DEFAULT, level=1), 1),
        installed(profile(3, TX, level=1), 1, "key"),
    ]
    assert [one.profile.profile_id for one in known if matches(one, which)] == numbers


def test_profile_is_over_when_its_last_moment_has_come() -> None:
    """At validTo itself the profile does not hold any more."""
    one = installed(profile(valid_to=after(10)))
    assert not is_over(one, after(9))
    assert is_over(one, after(10))
    assert not is_over(installed(profile()), NOON + timedelta(days=9999))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_stack_level": -1}, "max_stack_level: must be at least 0, not -1"),
        ({"max_profiles": 0}, "max_profiles: must be at least 1, not 0"),
        ({"rate_units": ()}, "rate_units: must be A, W or both, not none"),
        ({"rate_units": ("A", "V")}, "rate_units: must be A, W or both, not A, V"),
        ({"limit_unit": "kW"}, "limit_unit: must be A or W, not kW"),
        ({"voltage": Decimal(0)}, "voltage: must be more than 0 V, not 0"),
        ({"phases": 4}, "phases: must be 1 to 3, not 4"),
        ({"max_current_a": Decimal("NaN")}, "max_current_a: must be more than 0 A, not NaN"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], message: str) -> None:
    """Each is one line with the option and what is allowed."""
    with pytest.raises(ConfigurationError, match=message):
        SmartChargingSettings(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_settings_give_the_configuration_keys() -> None:
    """A central system reads what the charge point can do (1.6 section 9.4)."""
    assert SmartChargingSettings(rate_units=("A",), switches_phases=True).keys() == {
        "ChargeProfileMaxStackLevel": "10",
        "ChargingScheduleAllowedChargingRateUnit": "Current",
        "ChargingScheduleMaxPeriods": "100",
        "ConnectorSwitch3to1PhaseSupported": "true",
        "MaxChargingProfilesInstalled": "100",
    }
