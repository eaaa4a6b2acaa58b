"""Requests to the PLC, control, reservation and boot."""

from datetime import UTC, datetime

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.handshake import CommandDecided, PlcReady, PlcStopped, StationHandshake, check_handshake
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import RegisterMap
from tests.unit.modbus.handshake.station import Station, only, states

LATER = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("accepted", [True, False])
def test_remote_start_gives_the_decision_of_the_plc(accepted: bool) -> None:
    """The caller hears what the PLC says, and the command is dropped."""
    station = Station()
    station.cycle()
    assert station.handshake.remote_start(1, "c1", "TAG1", station.now) == []
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("RMT_START_CON1") == {"CMD": True, "IDTAG": "TAG1"}
    station.show("RMT_START_CON1", COMPLETE=True, ACCEPTED=accepted)
    moved, decided = station.cycle()
    assert states([moved]) == ["ReceivedFromModbus"]
    assert isinstance(decided, CommandDecided)
    assert (decided.record_id, decided.accepted, decided.reason) == ("c1", accepted, "")
    assert station.held("RMT_START_CON1") == {"CMD": False, "IDTAG": ""}


def test_remote_stop_without_a_decision_is_refused_after_15_s() -> None:
    """A PLC that says nothing refuses."""
    station = Station()
    station.cycle()
    station.handshake.remote_stop(2, "c1", 77, station.now)
    station.cycle()
    assert station.held("RMT_STOP_CON2") == {"CMD": True, "TRANSACTION_ID": 77}
    assert station.cycle(seconds=14.4) == []
    moved, decided = station.cycle(seconds=0.1)
    assert states([moved]) == ["ExpiredToModbus"]
    assert isinstance(decided, CommandDecided)
    assert (decided.accepted, decided.reason) == (False, "the PLC did not decide within 15 s")
    assert station.held("RMT_STOP_CON2")["CMD"] is False


def test_remote_start_without_a_connection_is_refused_after_15_s() -> None:
    """Time passes without the PLC as well."""
    station = Station()
    station.handshake.remote_start(1, "c1", "TAG1", station.now)
    assert station.cut(14) == []
    assert isinstance(station.cut(1)[-1], CommandDecided)


def test_decision_left_from_before_is_not_taken_for_the_new_command() -> None:
    """A PLC that has not dropped its _COMPLETE yet has decided nothing."""
    station = Station()
    station.show("RMT_START_CON1", COMPLETE=True, ACCEPTED=True)
    station.handshake.remote_start(1, "c1", "TAG1", station.now)
    assert station.cycle() == []
    assert station.held("RMT_START_CON1")["CMD"] is False
    station.show("RMT_START_CON1", COMPLETE=False, ACCEPTED=False)
    assert states(station.cycle()) == ["TransmittedToModbus"]
    station.show("RMT_START_CON1", COMPLETE=True)
    decided = station.cycle()[-1]
    assert isinstance(decided, CommandDecided)
    assert not decided.accepted


def test_second_command_of_a_kind_is_refused_while_the_first_is_under_way() -> None:
    """One register can hold one request."""
    station = Station()
    station.handshake.remote_start(1, "c1", "TAG1", station.now)
    decided = only(station.handshake.remote_start(1, "c2", "TAG2", station.now), CommandDecided)
    assert (decided.record_id, decided.accepted) == ("c2", False)
    assert station.handshake.remote_start(2, "c3", "TAG2", station.now) == []


def test_tag_that_does_not_fit_is_refused_and_blocks_nothing() -> None:
    """All the other registers are written as before."""
    station = Station()
    decided = only(station.handshake.remote_start(1, "c1", "X" * 21, station.now), CommandDecided)
    assert "21 characters, 20 fit" in decided.reason
    station.cycle()
    assert station.held("RMT_START_CON1")["CMD"] is False


def test_connect_allows_everything_and_reserves_nothing() -> None:
    """What a PLC is told at first."""
    station = Station()
    station.cycle()
    for number in (1, 2):
        assert station.held(f"CONTROL_CON{number}") == dict.fromkeys(
            ("LOCK_ALLOW", "AUTH_ALLOW", "CHARGING_ALLOW"), True
        )
        assert station.held(f"RESERV_CON{number}")["CMD"] is False


def test_unlock_lets_go_for_a_second_that_begins_when_the_plc_is_told() -> None:
    """However long it takes to tell the PLC, it has its second."""
    station = Station()
    station.cycle()
    station.handshake.unlock(1, "u1", station.now)
    assert station.cut(5) == []
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("CONTROL_CON1") == {"LOCK_ALLOW": False, "AUTH_ALLOW": True, "CHARGING_ALLOW": True}
    assert station.cycle(seconds=0.9) == []
    decided = only(station.cycle(seconds=0.1), CommandDecided)
    assert (decided.record_id, decided.accepted) == ("u1", True)
    assert station.held("CONTROL_CON1")["LOCK_ALLOW"] is True


def test_unlock_of_a_dead_plc_is_refused() -> None:
    """Nobody waits for ever."""
    station = Station()
    station.handshake.unlock(1, "u1", station.now)
    assert station.cut(14.9) == []
    assert not only(station.cut(0.1), CommandDecided).accepted


def test_unavailable_connector_is_forbidden_everything() -> None:
    """Lock, charging and authorization go together, per connector."""
    station = Station()
    station.handshake.set_available(2, False)
    station.cycle()
    assert set(station.held("CONTROL_CON2").values()) == {False}
    assert set(station.held("CONTROL_CON1").values()) == {True}


def test_reservation_is_told_and_ends_when_it_expires() -> None:
    """The PLC has tag, number and time beside the command, and nothing afterwards."""
    station = Station()
    station.handshake.reserve(1, "v1", id_tag="TAG1", reservation_id=9, expires_at=LATER, until=station.now + 10)
    assert states(station.cycle()) == ["TransmittedToModbus"]
    assert station.held("RESERV_CON1") == {"CMD": True, "IDTAG": "TAG1", "RESID": 9, "DATETIME": LATER}
    assert states(station.cycle(seconds=10)) == ["AcceptedToModbus"]
    assert station.held("RESERV_CON1") == {"CMD": False, "IDTAG": "", "RESID": 0, "DATETIME": None}


def test_reservation_that_is_cancelled_or_used_ends() -> None:
    """A reservation in place of another ends that one first."""
    station = Station()
    station.handshake.reserve(1, "v1", id_tag="TAG1", reservation_id=9, expires_at=LATER, until=99)
    station.cycle()
    events = station.handshake.reserve(1, "v2", id_tag="TAG2", reservation_id=9, expires_at=LATER, until=99)
    assert states(events) == ["AcceptedToModbus"]
    station.cycle()
    assert station.held("RESERV_CON1")["IDTAG"] == "TAG2"
    assert states(station.handshake.end_reservation(1)) == ["AcceptedToModbus"]
    station.cycle()
    assert station.held("RESERV_CON1")["CMD"] is False


def test_boot_begins_when_the_plc_runs_and_is_told_what_came_of_it() -> None:
    """The PLC says who it is, and learns the time and whether it was accepted."""
    station = Station()
    station.show("BN", PLC_SW_VERSION="2.1", EVCHST_MODEL="Box")
    assert station.cycle() == []
    station.show("BN", PLC_RUNNING=True)
    assert station.cycle() == [PlcReady(software_version="2.1", model="Box")]
    station.handshake.tell_boot(LATER, station.now, accepted=True)
    station.handshake.tell_time(LATER, station.now)
    assert station.cycle() == []
    assert station.held("BN") == {"CS_DATETIME": LATER, "EVCHST_ACCEPTED": True}
    assert station.held("HB") == {"CS_DATETIME": LATER}
    station.show("BN", PLC_RUNNING=False)
    assert station.cycle() == [PlcStopped()]


def test_time_is_told_once_and_soon_or_not_at_all() -> None:
    """A new connection does not set the clock of the PLC back to what it was told before."""
    station = Station()
    station.handshake.tell_boot(LATER, station.now, accepted=True)
    station.cycle()
    assert "BN_CS_DATETIME" not in station.handshake.wanted()
    assert station.handshake.wanted()["BN_EVCHST_ACCEPTED"] is True
    station.handshake.tell_time(LATER, station.now)
    station.cut(3)
    assert "HB_CS_DATETIME" not in station.handshake.wanted()


def without(*names: str) -> RegisterMap:
    """Return the default map without some registers."""
    full = default_map(1)
    kept = {name: one for name, one in full.registers.items() if name not in names}
    return RegisterMap(name="box.toml", registers=kept, read=full.read, write=full.write)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("STOP_CON1_TRANSACTION_ID", "STOP_CON1_TRANSACTION_ID is missing in [read]; the handshake needs it"),
        ("START_CON1_ACCEPTED", "START_CON1_ACCEPTED is missing in [write]; the handshake needs it"),
        (
            "RESERV_CON1_RESID",
            "RESERV_CON1_RESID is missing in [write]; the handshake needs all of RESERV_CON1 or nothing of it",
        ),
        ("START_CON1_CMD", "START_CON1_CMD is missing in [read]; there is no connector"),
    ],
)
def test_map_without_a_register_of_the_handshake_is_refused(missing: str, said: str) -> None:
    """The register is named, and why it is needed."""
    with pytest.raises(ConfigurationError) as caught:
        check_handshake(without(missing))
    assert str(caught.value) == f"box.toml: {said}"


def test_map_without_a_whole_group_refuses_only_what_it_is_for() -> None:
    """A PLC without remote start charges all the same."""
    gone = [name for name in default_map(1).registers if name.startswith(("RMT_START_", "CONTROL_", "RESERV_", "HB_"))]
    station = Station(without(*gone))
    decided = only(station.handshake.remote_start(1, "c1", "TAG1", 0), CommandDecided)
    assert decided.reason == "box.toml has no registers RMT_START_CON1"
    station.handshake.tell_time(LATER, station.now)
    station.cycle()
    assert not set(station.ours) & set(gone)
    with pytest.raises(ConfigurationError, match="has no registers CONTROL_CON1"):
        station.handshake.set_available(1, False)


def test_register_of_the_wrong_kind_is_refused_with_its_row() -> None:
    """A tag that is a number cannot be used."""
    full = default_map(1)
    swapped = {**full.registers, "AUTH_CON1_IDTAG": full.registers["BN_PLC_RUNNING"]}
    register_map = RegisterMap(name="box.toml", registers=swapped, read=full.read, write=full.write)
    with pytest.raises(ConfigurationError, match=r"station\.toml:13: AUTH_CON1_IDTAG is bool, but the handshake needs"):
        StationHandshake(register_map, str)
