"""What PLC and charge point keep for each other, as text."""

from datetime import UTC, datetime

import pytest

from ocpp_sdk.charge_point.hardware import ConnectorFacts
from ocpp_sdk.modbus.handshake import Answer, Asked, StartAsked, StatusAsked, StopAsked, TagAsked
from ocpp_sdk.modbus.station.records import Kind, answer_of, asked_of, asked_text, data_of, time_in, with_answer
from ocpp_sdk.modbus.station.status import facts_of, facts_text, read_facts
from ocpp_sdk.storage.plc import ExchangeState, PlcExchange
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode

AT = datetime(2026, 3, 1, tzinfo=UTC)


def record(kind: Kind, data: str) -> PlcExchange:
    state = ExchangeState.RECEIVED_FROM_MODBUS
    return PlcExchange(
        number=1, key="k", identity="CP1", kind=kind, connector_id=1, state=state, data=data, created_at=AT,
        changed_at=AT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (Kind.AUTHORIZE, TagAsked(id_tag='T"1')),
        (Kind.START, StartAsked(id_tag="TAG1", meter_wh=70_000)),
        (Kind.STOP, StopAsked(id_tag="", meter_wh=70_001, transaction_id=7)),
        (Kind.STATUS, StatusAsked(status=ConnectorStatus.OCCUPIED, fault=ErrorCode.GROUND_FAILURE)),
    ],
)
def test_request_and_its_answer_come_back_as_they_were_kept(kind: Kind, asked: Asked) -> None:
    """A restart changes nothing about what the PLC asked."""
    kept = record(kind, asked_text(asked, ("odd",)))
    assert asked_of(kept) == asked
    assert answer_of(kept) is None
    answer = Answer(accepted=False, transaction_id=9)
    answered = record(kind, with_answer(kept, answer))
    assert (asked_of(answered), answer_of(answered)) == (asked, answer)
    assert data_of(answered)["problems"] == ["odd"]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (Kind.START, "", "id_tag is None"),
        (Kind.START, "[]", "id_tag is None"),
        (Kind.STOP, '{"id_tag": "", "meter_wh": true, "transaction_id": 1}', "meter_wh is True"),
        (Kind.STATUS, '{"status": "Odd", "fault": "NoError"}', "'Odd' is not a valid"),
        (Kind.BOOT, "{}", "kind boot is no request"),
    ],
)
def test_record_that_cannot_be_used_says_why(kind: Kind, data: str, said: str) -> None:
    """Whoever wrote it, it ends nothing."""
    with pytest.raises(ValueError, match=said):
        asked_of(record(kind, data))


def test_time_without_a_zone_is_refused() -> None:
    """Nobody would know when it is."""
    with pytest.raises(ValueError, match="has no zone"):
        time_in({"time": "2026-03-01T00:00:00"}, "time")


def test_unavailable_connector_keeps_its_vehicle() -> None:
    """A fault does not pull the plug."""
    occupied = facts_of(StatusAsked(status=ConnectorStatus.OCCUPIED, fault=ErrorCode.NO_ERROR))
    faulty = facts_of(StatusAsked(status=ConnectorStatus.UNAVAILABLE, fault=ErrorCode.GROUND_FAILURE), occupied)
    assert faulty == ConnectorFacts(plugged=True, usable=False, error=ErrorCode.GROUND_FAILURE)
    assert read_facts(facts_text(faulty)) == faulty
    assert read_facts("[]") == read_facts("?") == ConnectorFacts()
