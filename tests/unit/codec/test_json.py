"""Messages as JSON: the same message comes back, and what JSON cannot mean is named."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.codec.json import from_json, json_text, to_json
from ocpp_sdk.errors import (
    InvalidNumberError,
    InvalidTextError,
    InvalidTypeError,
    MessageError,
    MissingFieldError,
    UnknownValueError,
)
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.generated.v16 import charge_point as cp16
from ocpp_sdk.operation import Service
from ocpp_sdk.testing.strategies import messages

SERVICES = [
    service for version in (v12, v15, v16) for service in (version.central_system.SERVICE, version.charge_point.SERVICE)
]

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def meter_values() -> cs15.MeterValuesRequest:
    """Return a message with a list, an element with attributes, and options left out."""
    value = cs15.MeterValueValue(value="1.5", unit=cs15.UnitOfMeasure("kWh"))
    return cs15.MeterValuesRequest(connector_id=1, values=[cs15.MeterValue(timestamp=NOON, value=[value])])


def profile() -> cp16.SetChargingProfileRequest:
    """Return a message with decimals and deep nesting."""
    schedule = cp16.ChargingSchedule(
        charging_rate_unit=cp16.ChargingRateUnitType.A,
        charging_schedule_period=[
            cp16.ChargingSchedulePeriod(start_period=0, limit=Decimal("16.1")),
            cp16.ChargingSchedulePeriod(start_period=60, limit=Decimal("6"), number_phases=1),
        ],
    )
    return cp16.SetChargingProfileRequest(
        connector_id=0,
        cs_charging_profiles=cp16.ChargingProfile(
            charging_profile_id=7,
            stack_level=0,
            charging_profile_purpose=cp16.ChargingProfilePurposeType.TX_DEFAULT_PROFILE,
            charging_profile_kind=cp16.ChargingProfileKindType.ABSOLUTE,
            valid_from=NOON,
            charging_schedule=schedule,
        ),
    )


@pytest.mark.parametrize("message", [meter_values(), profile(), cs15.HeartbeatRequest()])
def test_message_comes_back_from_its_json(message: Any) -> None:  # noqa: ANN401 - any message
    """Through the text, as it is stored."""
    assert from_json(type(message), json.loads(json_text(message)), path="m") == message


@pytest.mark.parametrize("service", SERVICES, ids=str)
def test_text_is_that_of_the_values_for_any_message(service: Service) -> None:
    """The text is written without the values between, and must be the same."""
    kinds = [codec.type for one in service.operations.values() for codec in (one.request, one.response)]

    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(kinds).flatmap(messages))
    def compare(message: object) -> None:
        assert json_text(message) == json.dumps(to_json(message), ensure_ascii=False, separators=(",", ":"))

    compare()


def test_json_has_the_names_and_values_of_the_wire() -> None:
    """Attributes stand beside the text of their element; what is absent is left out."""
    assert to_json(meter_values()) == {
        "connectorId": 1,
        "values": [{"timestamp": "2026-05-04T12:00:00Z", "value": [{"value": "1.5", "unit": "kWh"}]}],
    }
    schedule: Any = to_json(profile())["csChargingProfiles"]
    assert [period["limit"] for period in schedule["chargingSchedule"]["chargingSchedulePeriod"]] == [16.1, 6.0]


def test_decimal_that_no_json_number_has_stays_text() -> None:
    """Nothing is rounded."""
    period = cp16.ChargingSchedulePeriod(start_period=0, limit=Decimal("12345678901234567890.1"))
    assert to_json(period)["limit"] == "12345678901234567890.1"
    assert from_json(cp16.ChargingSchedulePeriod, to_json(period), path="m") == period


def test_time_is_written_in_utc_and_read_with_any_zone() -> None:
    """A time without a zone is UTC, and `now` is what the caller says."""
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert to_json(cs15.HeartbeatResponse(current_time=elsewhere)) == {"currentTime": "2026-05-04T12:00:00Z"}
    for text in ("2026-05-04T12:00:00Z", "2026-05-04T14:00:00+02:00", "2026-05-04T12:00:00", "2026-05-04 12:00"):
        assert from_json(cs15.HeartbeatResponse, {"currentTime": text}, path="m").current_time == NOON
    assert from_json(cs15.HeartbeatResponse, {"currentTime": "now"}, path="m", now=NOON).current_time == NOON
    with pytest.raises(MessageError, match="no point in time"):
        from_json(cs15.HeartbeatResponse, {"currentTime": "now"}, path="m")


def test_time_at_the_end_of_the_calendar_has_a_text() -> None:
    """Storing a message never fails for a time that could be read."""
    latest = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    assert to_json(cs15.HeartbeatResponse(current_time=latest)) == {"currentTime": latest.isoformat()}
    assert date.max.isoformat() in latest.isoformat()


def test_element_with_text_alone_may_be_given_as_text() -> None:
    """An object is not needed where no attribute is set."""
    given = {"connectorId": 1, "values": [{"timestamp": "2026-05-04T12:00:00Z", "value": ["5"]}]}
    read = from_json(cs15.MeterValuesRequest, given, path="m")
    assert read.values[0].value[0] == cs15.MeterValueValue(value="5")


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, MissingFieldError, "m/connectorId: required"),
        ({"connectorId": None}, MissingFieldError, "m/connectorId: required"),
        ({"connectorId": ""}, MissingFieldError, "m/connectorId: empty"),
        ({"connectorId": "x"}, InvalidNumberError, "m/connectorId: 'x' is no whole number"),
        ({"connectorId": 2**31}, InvalidNumberError, "m/connectorId: 2147483648 is above"),
        ({"connectorId": 1.5}, InvalidNumberError, "m/connectorId: '1.5' is no whole number"),
        ({"connectorId": 1.0}, InvalidTypeError, "m/connectorId: '1.0' has a decimal point"),
        ({"connectorId": True}, InvalidTypeError, "m/connectorId: expected a number, not true or false"),
        ({"connectorId": [1]}, InvalidTypeError, "m/connectorId: expected a number, not a list"),
        ({"connectorId": 1, "values": {}}, InvalidTypeError, "m/values: expected a list, not an object"),
        ({"connectorId": 1, "values": [{}, 5]}, MissingFieldError, "m/values[1]/timestamp: required"),
        ({"connectorId": 1, "values": [5]}, InvalidTypeError, "m/values[1]: expected an object, not a number"),
        ({"connector_id": 1}, UnknownValueError, "known fields: connectorId, transactionId, values"),
        ([], InvalidTypeError, "m: expected an object, not a list"),
        ("text", InvalidTypeError, "m: expected an object, not text"),
        (None, InvalidTypeError, "m: expected an object, not nothing"),
    ],
)
def test_json_that_is_no_message_is_named_with_its_path(given: object, error: type[MessageError], said: str) -> None:
    """Indexes count from 1, as in the errors of the codec."""
    with pytest.raises(error) as caught:
        from_json(cs15.MeterValuesRequest, given, path="m")
    assert said in str(caught.value)


def test_value_of_an_enumeration_is_exact_and_the_right_one_is_suggested() -> None:
    """What is written by hand is corrected, not guessed."""
    with pytest.raises(UnknownValueError, match=r"'hard' is not known; did you mean Hard\?"):
        from_json(cp16.ResetRequest, {"type": "hard"}, path="m")
    with pytest.raises(UnknownValueError, match="none of Hard, Soft"):
        from_json(cp16.ResetRequest, {"type": "warm"}, path="m")


def test_value_that_could_not_be_written_is_refused() -> None:
    """By length or by digits."""
    with pytest.raises(InvalidNumberError, match="2 digits after the point, 1 at most"):
        from_json(cp16.ChargingSchedulePeriod, {"startPeriod": 0, "limit": 16.25}, path="m")
    with pytest.raises(InvalidTextError, match="21 characters, 20 at most"):
        from_json(cs15.AuthorizeRequest, {"idTag": "A" * 21}, path="m")


@pytest.mark.parametrize(
    "message",
    [
        cs15.HeartbeatResponse(current_time="soon"),  # type: ignore[arg-type]  # all of these are wrong on purpose
        cs15.AuthorizeRequest(id_tag=7),  # type: ignore[arg-type]
        cs15.StartTransactionRequest(connector_id=True, id_tag="A", timestamp=NOON, meter_start=1.5),  # type: ignore[arg-type]
        cs15.MeterValuesRequest(connector_id=1, values=[cs15.MeterValueValue(value="1")]),  # type: ignore[list-item]
    ],
)
def test_text_of_values_of_other_types_is_that_of_the_values(message: object) -> None:
    """What cannot be sent is recorded all the same, as it is."""
    assert json_text(message) == json.dumps(to_json(message), ensure_ascii=False, separators=(",", ":"))


@settings(deadline=None, max_examples=200)
@given(st.datetimes(timezones=st.just(UTC)))
def test_time_is_written_as_python_writes_it(time: datetime) -> None:
    """Of any day, whatever days were written before."""
    assert json_text(cs15.HeartbeatResponse(current_time=time)) == f'{{"currentTime":"{time.isoformat()[:-6]}Z"}}'
