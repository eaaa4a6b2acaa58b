"""Requests of the PLC: authorize, start, stop and status, from _CMD to its drop, and everything that comes between."""

import pytest

from ocpp_sdk.modbus.handshake import Answer, Event, Exchange, PlcAsked, RecordMoved, StartAsked, StatusAsked, StopAsked
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode
from tests.unit.modbus.handshake.station import Station, only, states

START = Exchange.START


def started(station: Station, tag: str = "TAG1") -> PlcAsked:
    """Let the PLC ask for a start at connector 1."""
    station.show("START_CON1", CMD=True, IDTAG=tag, WHMETER=500, CONNECTOR_ID=1)
    return only(station.cycle(), PlcAsked)


def answer(station: Station, record_id: str, given: Answer, kind: Exchange = START) -> list[Event]:
    """Let the central system answer."""
    return station.handshake.answer(kind, 1, record_id, given, station.now)


def test_authorize_is_answered_and_reset_when_the_plc_drops_its_command() -> None:
    """The whole way of a tag, with the states of its record."""
    station = Station()
    station.show("AUTH_CON2", CMD=True, IDTAG="TAG1")
    asked = only(station.cycle(), PlcAsked)
    assert (asked.kind, asked.connector_id, getattr(asked.asked, "id_tag", None)) == ("authorize", 2, "TAG1")
    assert station.cycle() == []
    assert station.held("AUTH_CON2") == {"COMPLETE": False, "IDTAG_ACCEPTED": False}
    events = station.handshake.answer(Exchange.AUTHORIZE, 2, asked.record_id, Answer(), station.now)
    assert states(events) == ["ReceivedFromOCPP"]
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("AUTH_CON2") == {"COMPLETE": True, "IDTAG_ACCEPTED": True}
    assert station.cycle() == []
    station.show("AUTH_CON2", CMD=False)
    assert states(station.cycle()) == ["AcceptedToModbus"]
    assert station.held("AUTH_CON2") == {"COMPLETE": False, "IDTAG_ACCEPTED": False}


def test_start_gets_its_transaction_and_the_results_are_reset() -> None:
    """The PLC finds the number beside the result, and zeros afterwards."""
    station = Station()
    asked = started(station)
    assert asked.asked == StartAsked(id_tag="TAG1", meter_wh=500)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.cycle()
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": True, "TRANSACTION_ID": 77}
    station.show("START_CON1", CMD=False, IDTAG="")
    assert states(station.cycle()) == ["AcceptedToModbus"]
    assert station.held("START_CON1") == {"COMPLETE": False, "ACCEPTED": False, "TRANSACTION_ID": 0}
    assert started(station, "TAG1").record_id != asked.record_id


@pytest.mark.parametrize("resumed", [False, True], ids=["one life", "of a bridge that starts meanwhile"])
def test_plc_that_starts_again_has_neither_accepted_nor_withdrawn_what_it_goes_on_to_ask(*, resumed: bool) -> None:
    """All is 0 until it runs; with a retained memory it then asks the same again, which is the same request."""
    station = Station()
    station.show("BN", PLC_RUNNING=True)
    station.cycle()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.cycle()
    shown = dict(station.plc)
    if resumed:
        station = Station()
        station.handshake.resume(START, 1, asked.record_id, asked.asked, Answer(transaction_id=77), 0.0)
    station.plc = dict(Station().plc)
    assert "AcceptedToModbus" not in states(station.cycle())
    station.plc = shown
    assert not any(isinstance(event, PlcAsked) for event in station.cycle())
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": True, "TRANSACTION_ID": 77}
    station.show("START_CON1", CMD=False)
    assert states(station.cycle()) == ["AcceptedToModbus"]


def test_refused_start_has_no_transaction() -> None:
    """A tag that may not charge gets no number, whatever the central system sent."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(accepted=False, transaction_id=77))
    station.cycle()
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}


def test_status_is_completed_when_it_is_stored() -> None:
    """Status and fault are named as OCPP does."""
    station = Station()
    station.show("SN_CON1", CMD=True, STATUS=2, FAULTCODE=3)
    asked = only(station.cycle(), PlcAsked)
    assert asked.asked == StatusAsked(status=ConnectorStatus.OCCUPIED, fault=ErrorCode.GROUND_FAILURE)
    answer(station, asked.record_id, Answer(), Exchange.STATUS)
    station.cycle()
    assert station.held("SN_CON1") == {"COMPLETE": True}


@pytest.mark.parametrize(
    ("status", "fault", "expected"),
    [
        (0, 0, (ConnectorStatus.UNAVAILABLE, ErrorCode.NO_ERROR)),
        (1, 1, (ConnectorStatus.AVAILABLE, ErrorCode.OTHER_ERROR)),
        (3, 12, (ConnectorStatus.RESERVED, ErrorCode.WEAK_SIGNAL)),
        (9, 99, (ConnectorStatus.AVAILABLE, ErrorCode.NO_ERROR)),
    ],
)
def test_status_outside_of_the_contract_is_available_without_error(
    status: int, fault: int, expected: tuple[ConnectorStatus, ErrorCode]
) -> None:
    """Numbers that mean nothing have the meaning that the contract gives them."""
    station = Station()
    station.show("SN_CON1", CMD=True, STATUS=status, FAULTCODE=fault)
    asked = only(station.cycle(), PlcAsked).asked
    assert isinstance(asked, StatusAsked)
    assert (asked.status, asked.fault) == expected


def test_start_answer_that_cannot_be_written_for_20_s_expires_and_the_plc_is_refused() -> None:
    """A late answer starts nothing; the record says so, and the PLC does not wait for ever."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    assert station.cut(19.9) == []
    moved = only(station.cut(0.1), RecordMoved)
    assert (moved.record_id, moved.state) == (asked.record_id, "ExpiredToModbus")
    assert station.cycle() == []
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}
    station.show("START_CON1", CMD=False)
    assert station.cycle() == []
    assert station.held("START_CON1")["COMPLETE"] is False


def test_start_withdrawn_and_asked_again_by_the_same_tag_is_the_same_transaction() -> None:
    """An impatient PLC does not make two transactions of one."""
    station = Station()
    asked = started(station)
    station.show("START_CON1", CMD=False)
    assert station.cycle() == []
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.cycle(seconds=19)
    assert station.held("START_CON1")["COMPLETE"] is False
    station.show("START_CON1", CMD=True)
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("START_CON1")["TRANSACTION_ID"] == 77


def test_start_answer_nobody_asks_for_expires_after_20_s() -> None:
    """The same tag is a new start then."""
    station = Station()
    asked = started(station)
    station.show("START_CON1", CMD=False)
    station.cycle()
    answer(station, asked.record_id, Answer(transaction_id=77))
    assert states(station.cycle(seconds=20)) == ["ExpiredToModbus"]
    assert started(station).record_id != asked.record_id


def test_start_answer_is_not_given_to_another_tag() -> None:
    """Who took over the plug does not charge on another one's account."""
    station = Station()
    first = started(station, "TAG1")
    station.show("START_CON1", IDTAG="TAG2")
    second = only(station.cycle(), PlcAsked)
    assert second.record_id != first.record_id
    assert states(answer(station, first.record_id, Answer(transaction_id=77))) == ["ExpiredToModbus"]
    station.cycle()
    assert station.held("START_CON1")["COMPLETE"] is False
    answer(station, second.record_id, Answer(transaction_id=78))
    station.cycle()
    assert station.held("START_CON1")["TRANSACTION_ID"] == 78


def test_unconfirmed_write_counts_when_the_plc_drops_its_command() -> None:
    """The write was applied, only its confirmation was lost: the transaction goes on."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.handshake.writing(station.handshake.wanted())
    assert station.cut(60) == []
    station.show("START_CON1", CMD=False)
    assert states(station.cycle()) == ["AcceptedToModbus"]


def test_unconfirmed_write_that_the_plc_never_saw_expires() -> None:
    """When the PLC can be read again and asks on after the answer was taken back, the answer is too late."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.handshake.writing(station.handshake.wanted())
    assert station.cut(60) == []
    assert station.cycle() == []
    assert station.held("START_CON1")["COMPLETE"] is False
    assert station.cut(60) == []
    assert states(station.cycle()) == ["ExpiredToModbus"]
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}
    station.show("START_CON1", CMD=False)
    assert station.cycle() == []


def test_unconfirmed_write_that_the_plc_takes_while_its_reset_is_lost_is_accepted() -> None:
    """The PLC saw the answer after its 20 s, since the write that took it back never came."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    values = station.handshake.wanted()
    station.handshake.writing(values)
    station.ours.update(values)
    assert station.cut(20) == []
    assert station.cycle(write=False) == []
    reset = station.handshake.wanted()
    assert reset["START_CON1_COMPLETE"] is False
    station.handshake.writing(reset)
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": True, "TRANSACTION_ID": 77}
    station.show("START_CON1", CMD=False)
    moved = only(station.cycle(), RecordMoved)
    assert (moved.record_id, moved.state) == (asked.record_id, "AcceptedToModbus")
    assert station.held("START_CON1") == {"COMPLETE": False, "ACCEPTED": False, "TRANSACTION_ID": 0}


def test_unconfirmed_write_expires_only_after_its_reset_is_confirmed() -> None:
    """However often the reset is lost, the record stays open as long as the PLC asks."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.handshake.writing(station.handshake.wanted())
    assert station.cut(20) == []
    for _ in range(3):
        assert station.cycle(write=False) == []
        station.handshake.writing(station.handshake.wanted())
        assert station.cut(20) == []
    assert station.cycle() == []
    assert states(station.cycle()) == ["ExpiredToModbus"]


def test_unconfirmed_write_is_accepted_when_the_plc_asks_no_more_after_the_reset() -> None:
    """The PLC may have taken the answer between the read and the write that took it back."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    station.handshake.writing(station.handshake.wanted())
    assert station.cut(20) == []
    assert station.cycle() == []
    station.show("START_CON1", CMD=False)
    assert states(station.cycle()) == ["AcceptedToModbus"]


@pytest.mark.parametrize(("tag", "problems"), [("", {}), ("X", {"START_CON1_IDTAG": "no ASCII"})])
def test_start_without_a_usable_tag_is_refused_as_fields_error(tag: str, problems: dict[str, str]) -> None:
    """The central system is not asked about nobody."""
    station = Station()
    station.problems = problems
    station.show("START_CON1", CMD=True, IDTAG=tag)
    moved, *rest = station.cycle()
    assert isinstance(moved, RecordMoved)
    assert (moved.state, rest) == ("FieldsError", [])
    assert moved.reason == ("START_CON1_IDTAG: no ASCII" if problems else "the tag is empty")
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}


def test_stop_with_an_unreadable_tag_is_told_all_the_same() -> None:
    """Energy that was drawn is never lost."""
    station = Station()
    station.problems = {"STOP_CON1_IDTAG": "no ASCII"}
    station.show("STOP_CON1", CMD=True, WHMETER=900, TRANSACTION_ID=77)
    asked = only(station.cycle(), PlcAsked)
    assert asked.asked == StopAsked(id_tag="", meter_wh=900, transaction_id=77)
    assert asked.problems == ("STOP_CON1_IDTAG: no ASCII",)


def test_stop_withdrawn_and_asked_again_is_told_once() -> None:
    """A stop is the same as long as its transaction is, however long it takes."""
    station = Station()
    station.show("STOP_CON1", CMD=True, WHMETER=900, TRANSACTION_ID=77)
    asked = only(station.cycle(), PlcAsked)
    station.show("STOP_CON1", CMD=False)
    station.cycle()
    answer(station, asked.record_id, Answer(), Exchange.STOP)
    assert station.cycle(seconds=3600) == []
    station.show("STOP_CON1", CMD=True, WHMETER=901)
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("STOP_CON1")["COMPLETE"] is True


def test_connector_number_that_differs_is_told_as_a_problem() -> None:
    """The registers say which connector it is; what the PLC writes there is only told."""
    station = Station()
    station.show("START_CON1", CMD=True, IDTAG="TAG1", CONNECTOR_ID=2)
    asked = only(station.cycle(), PlcAsked)
    assert asked.connector_id == 1
    assert asked.problems == ("START_CON1_CONNECTOR_ID: 2, but it is the request of connector 1",)


def test_transaction_id_that_the_register_cannot_hold_refuses_the_start() -> None:
    """A number that does not fit is no number to charge with, and blocks nothing else."""
    station = Station()
    asked = started(station)
    assert states(answer(station, asked.record_id, Answer(transaction_id=-5))) == ["FieldsError"]
    assert station.cycle() == []
    assert station.held("START_CON1") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}
    station.show("START_CON1", CMD=False)
    assert station.cycle() == []


def test_request_held_over_a_restart_is_the_same_record() -> None:
    """A new process goes on with the record of the one before."""
    station = Station()
    station.handshake.resume(START, 1, "old", StartAsked(id_tag="TAG1", meter_wh=500), None, station.now)
    station.show("START_CON1", CMD=True, IDTAG="TAG1", WHMETER=500)
    assert station.cycle() == []
    answer(station, "old", Answer(transaction_id=77))
    assert states(station.cycle()) == ["TransmittedToModbus"]


def test_answer_from_before_a_restart_counts_when_the_plc_asks_no_more() -> None:
    """The PLC charges with a transaction that was written before the process died."""
    station = Station()
    station.show("BN", PLC_RUNNING=True)
    asked = StartAsked(id_tag="TAG1", meter_wh=500)
    station.handshake.resume(START, 1, "old", asked, Answer(transaction_id=77), station.now)
    assert states(station.cycle()) == ["AcceptedToModbus"]
    station.handshake.resume(START, 2, "older", asked, Answer(transaction_id=78), station.now)
    station.show("START_CON2", CMD=True, IDTAG="TAG1")
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("START_CON2")["TRANSACTION_ID"] == 78


def test_answer_that_comes_twice_or_for_nobody_changes_nothing() -> None:
    """Only the first answer counts."""
    station = Station()
    asked = started(station)
    answer(station, asked.record_id, Answer(transaction_id=77))
    assert answer(station, asked.record_id, Answer(transaction_id=78)) == []
    assert answer(station, "other", Answer(transaction_id=79)) == []
    station.cycle()
    assert station.held("START_CON1")["TRANSACTION_ID"] == 77


def test_answer_that_surely_was_not_written_before_a_restart_expires_when_the_plc_asks_no_more() -> None:
    """A PLC that gave up meanwhile never heard of the transaction, so that it does not run."""
    station = Station()
    station.show("BN", PLC_RUNNING=True)
    asked = StartAsked(id_tag="TAG1", meter_wh=500)
    station.handshake.resume(START, 1, "old", asked, Answer(transaction_id=77), station.now, written=False)
    assert states(station.cycle()) == []
    assert states(station.cycle(seconds=20)) == ["ExpiredToModbus"]
    station.handshake.resume(START, 2, "older", asked, Answer(transaction_id=78), station.now - 30, written=False)
    station.show("START_CON2", CMD=True, IDTAG="TAG1")
    assert states(station.cycle()) == ["ExpiredToModbus"]
    assert station.held("START_CON2") == {"COMPLETE": True, "ACCEPTED": False, "TRANSACTION_ID": 0}
