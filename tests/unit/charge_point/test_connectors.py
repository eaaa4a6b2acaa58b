"""The status of each connector, in the words of each version, and when it is told."""

import asyncio

import pytest

from ocpp_sdk.charge_point import ConnectorFacts, SessionRefusedError
from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.outlets.simulated import SimulatedOutlet
from ocpp_sdk.charge_point.sessions.connectors import Claim, Connector
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import open_store
from ocpp_sdk.versions.domain import IdTagInfo, RemoteStart, Reservation, StatusReport
from ocpp_sdk.versions.enumerations import AuthorizationStatus, AvailabilityType, ConnectorStatus, ErrorCode
from ocpp_sdk.versions.rules import rules_of
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
BROKEN = ConnectorFacts(error=ErrorCode.GROUND_FAILURE, plugged=True)
OPERATIVE, INOPERATIVE = AvailabilityType.OPERATIVE, AvailabilityType.INOPERATIVE


def running() -> Transaction:
    """Return a transaction."""
    return Transaction(key="k", connector_id=1, id_tag="TAG", started_at=NOON, meter_start_wh=0)


def flowing(flow: ConnectorStatus) -> ConnectorFacts:
    """Return what hardware sees of a vehicle that is connected."""
    return ConnectorFacts(plugged=True, flow=flow)


KEPT = Reservation(reservation_id=1, connector_id=1, id_tag="TAG", expiry_date=NOON)
SUSPENDED_EV, SUSPENDED_EVSE = ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE


@pytest.mark.parametrize(
    ("connector", "words"),
    [
        (Connector(number=1), ("Available", "Available", "Available")),
        (Connector(number=1, claim=Claim("TAG")), ("Occupied", "Occupied", "Preparing")),
        (Connector(number=1, facts=ConnectorFacts(plugged=True)), ("Occupied", "Occupied", "Preparing")),
        (Connector(number=1, transaction=running()), ("Occupied", "Occupied", "Charging")),
        (Connector(number=1, transaction=running(), facts=flowing(SUSPENDED_EV)), ("Occupied",) * 2 + ("SuspendedEV",)),
        (
            Connector(number=1, transaction=running(), facts=flowing(SUSPENDED_EVSE)),
            ("Occupied", "Occupied", "SuspendedEVSE"),
        ),
        (
            Connector(number=1, has_charged=True, facts=ConnectorFacts(plugged=True)),
            ("Occupied", "Occupied", "Finishing"),
        ),
        (Connector(number=1, has_charged=True), ("Available", "Available", "Available")),
        (Connector(number=1, reservation=KEPT), ("Occupied", "Reserved", "Reserved")),
        (Connector(number=1, reservation=KEPT, claim=Claim("TAG")), ("Occupied", "Occupied", "Preparing")),
        (Connector(number=1, operative=False), ("Unavailable",) * 3),
        (Connector(number=1, facts=ConnectorFacts(usable=False)), ("Unavailable",) * 3),
        (Connector(number=1, operative=False, reservation=KEPT), ("Unavailable",) * 3),
        (Connector(number=1, operative=False, transaction=running()), ("Occupied", "Occupied", "Charging")),
        (Connector(number=1, facts=BROKEN), ("Faulted",) * 3),
        (Connector(number=1, facts=BROKEN, transaction=running()), ("Faulted",) * 3),
        (Connector(number=1, facts=BROKEN, operative=False), ("Faulted",) * 3),
        (Connector(number=1, reachable=False), ("Faulted",) * 3),
        (
            Connector(number=1, facts=ConnectorFacts(error=ErrorCode.WEAK_SIGNAL, warning=True)),
            ("Available", "Available", "Available"),
        ),
    ],
)
def test_status_is_the_one_of_the_table_in_the_word_of_each_version(
    connector: Connector, words: tuple[str, str, str]
) -> None:
    """1.2 has no Reserved, 1.2 and 1.5 have one word for all states of use."""
    assert tuple(str(rules_of(version).status_word(connector.status)) for version in OcppVersion) == words


def reports(bench: Bench, connector_id: int = 1) -> list[tuple[str, str, str | None]]:
    """Return status, error and info of each report that was sent."""
    return [
        (str(one.status), str(one.error_code), one.info)
        for one in bench.central_system.named("StatusNotification")
        if isinstance(one, StatusReport) and one.connector_id == connector_id
    ]


@each_version
async def test_session_shows_each_state_that_the_version_has_a_word_for(version: OcppVersion) -> None:
    """A change that the version has the same word for is not told."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        station = hardware.station
        await station.observe(1, ConnectorFacts(plugged=True))
        await station.authorize(1, "TAG")
        await station.start(1, "TAG", 0, key="k")
        await station.observe(1, flowing(SUSPENDED_EV))
        await station.stop(1, 1)
        await station.observe(1, ConnectorFacts())
        await bench.clock.pass_time()
        in_use = ["Preparing", "Charging", "SuspendedEV", "Finishing"] if version is V16 else ["Occupied"]
        assert bench.statuses() == ["Available", *in_use, "Available"]


@each_version
async def test_error_shows_with_all_that_is_known_of_it_and_a_warning_leaves_the_status(version: OcppVersion) -> None:
    """An error that changes is told again, one that is mended too."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        station = hardware.station
        await station.observe(1, ConnectorFacts(error=ErrorCode.READER_FAILURE, warning=True, info="dirty"))
        await station.observe(1, ConnectorFacts(error=ErrorCode.HIGH_TEMPERATURE, info="80 C", vendor_error_code="7"))
        await station.observe(1, ConnectorFacts(error=ErrorCode.HIGH_TEMPERATURE, info="90 C", vendor_error_code="7"))
        assert "faulted" in station.refusal(1, "TAG")
        assert not await station.authorize(1, "TAG")
        await station.observe(1, ConnectorFacts())
        await bench.clock.pass_time()
        assert reports(bench)[1:] == [
            ("Available", "ReaderFailure", "dirty"),
            ("Faulted", "HighTemperature", "80 C"),
            ("Faulted", "HighTemperature", "90 C"),
            ("Available", "NoError", None),
        ]


async def test_status_that_does_not_last_is_not_told() -> None:
    """MinimumStatusDuration of 1.6; what it comes back to was told before, and a fault is told at once."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        await bench.commands.change_configuration(bench.call, "MinimumStatusDuration", "10")
        station = hardware.station
        await station.observe(1, ConnectorFacts(plugged=True))
        await bench.clock.pass_time(9)
        await station.observe(1, ConnectorFacts())
        await bench.clock.pass_time(60)
        assert bench.statuses() == ["Available"]
        await station.observe(1, ConnectorFacts(plugged=True))
        await bench.clock.pass_time(9)
        assert bench.statuses() == ["Available"]
        await bench.clock.pass_time(1)
        assert bench.statuses() == ["Available", "Preparing"]
        await station.observe(1, BROKEN)
        await bench.clock.pass_time()
        assert bench.statuses() == ["Available", "Preparing", "Faulted"]


@each_version
async def test_availability_that_is_changed_during_a_transaction_waits_for_its_end_also_over_a_restart(
    version: OcppVersion,
) -> None:
    """The hardware is told when it counts, not before, and once more after each of its starts."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware, killed=True) as bench:
        await hardware.station.start(1, "TAG", 0, key="k")
        assert await bench.commands.change_availability(bench.call, 1, INOPERATIVE) == "Scheduled"
        await bench.clock.pass_time(1)
        assert (1, False) not in hardware.asked_for("set_available")
    again = FakeHardware()
    async with on_bench(version, hardware=again, before=bench) as bench:
        assert (1, True) in again.asked_for("set_available")
        assert (1, False) not in again.asked_for("set_available")
        await again.station.stop(1, 1)
        await bench.clock.pass_time()
        assert (1, False) in again.asked_for("set_available")
        assert bench.statuses()[-1] == "Unavailable"
        assert "not available" in again.station.refusal(1, "TAG")
    third = FakeHardware()
    async with on_bench(version, hardware=third, before=bench) as bench:
        assert (1, False) in third.asked_for("set_available")
        assert await bench.commands.change_availability(bench.call, 1, OPERATIVE) == "Accepted"
        await bench.clock.pass_time()
        assert bench.statuses()[-1] == "Available"


async def test_availability_that_is_taken_back_before_the_end_of_the_transaction_changes_nothing() -> None:
    """The last word counts."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        change = bench.commands.change_availability
        await hardware.station.start(1, "TAG", 0, key="k")
        assert await change(bench.call, 1, INOPERATIVE) == "Scheduled"
        assert await change(bench.call, 1, INOPERATIVE) == "Scheduled"
        assert await change(bench.call, 1, OPERATIVE) == "Accepted"
        await hardware.station.stop(1, 1)
        await bench.clock.pass_time()
        assert bench.statuses()[-1] == "Available"


async def test_availability_of_the_whole_is_known_after_a_restart() -> None:
    """Of connector 0 and of each other one."""
    async with on_bench(V15) as bench:
        assert await bench.commands.change_availability(bench.call, 0, INOPERATIVE) == "Accepted"
        assert await bench.commands.change_availability(bench.call, 2, OPERATIVE) == "Accepted"
    async with on_bench(V15, before=bench) as bench:
        assert [bench.statuses(number)[-1] for number in (0, 1, 2)] == ["Unavailable", "Unavailable", "Available"]


async def test_availability_that_cannot_be_kept_is_a_fault_and_changes_nothing() -> None:
    """What was acknowledged must be there after a restart."""
    store = await open_store("memory:")
    async with on_bench(V16, store=store) as bench:
        await store.close()
        with pytest.raises(InternalError, match="could not be kept"):
            await bench.commands.change_availability(bench.call, 1, INOPERATIVE)
        assert bench.charge_point.sessions.refusal(1, "TAG") == ""


async def test_vehicle_that_leaves_and_comes_back_goes_on_where_the_key_says_so() -> None:
    """StopTransactionOnEVSideDisconnect of 1.6: false keeps the transaction, without power."""
    async with on_bench(V16) as bench:
        await bench.commands.change_configuration(bench.call, "StopTransactionOnEVSideDisconnect", "false")
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(30)
        await bench.hardware.unplugged(1)
        await bench.clock.pass_time(100)
        assert not transaction.ended.is_set()
        assert bench.statuses()[-1] == "SuspendedEV"
        await bench.hardware.plugged(1)
        await bench.clock.pass_time(30)
        assert bench.statuses()[-1] == "Charging"
        await bench.hardware.tag("TAG", 1)
        assert transaction.meter_stop_wh == 60


@each_version
async def test_vehicle_that_leaves_ends_the_transaction_by_default(version: OcppVersion) -> None:
    """1.2 and 1.5 have no key for it."""
    async with on_bench(version) as bench:
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.hardware.unplugged(1)
        assert transaction.stop_reason == "EVDisconnected"


async def test_idtag_that_does_not_come_to_charge_leaves_the_connector_free() -> None:
    """After ConnectionTimeOut; with 0 it waits for ever."""
    hardware = FakeHardware()
    async with on_bench(V15, hardware=hardware) as bench:
        await bench.commands.change_configuration(bench.call, "ConnectionTimeOut", "20")
        assert await hardware.station.authorize(1, "TAG")
        assert await hardware.station.authorize(1, "tag")
        assert not await hardware.station.authorize(1, "OTHER")
        await bench.clock.pass_time(19)
        assert hardware.station.authorized(1) == "TAG"
        await bench.clock.pass_time(1)
        assert hardware.station.authorized(1) is None
        assert bench.statuses() == ["Available", "Occupied", "Available"]
        await bench.commands.change_configuration(bench.call, "ConnectionTimeOut", "0")
        assert await hardware.station.authorize(1, "TAG")
        await bench.clock.pass_time(100_000)
        assert hardware.station.authorized(1) == "TAG"


async def test_cable_that_cannot_be_locked_begins_nothing() -> None:
    """And the connector is free again."""

    class Loose(SimulatedOutlet):
        async def lock(self, *, locked: bool) -> bool:
            return not locked

    async with on_bench(V16) as bench:
        outlets = {number: Loose(bench.clock, 3600) for number in (1, 2)}
        bench.hardware._outlets.update(outlets)
        await bench.hardware.plugged(1)
        with pytest.raises(SessionRefusedError, match="cannot be locked"):
            await bench.hardware.tag("TAG", 1)
        await bench.clock.pass_time()
        assert bench.charge_point.sessions.running(1) is None
        assert bench.charge_point.sessions.authorized(1) is None
        assert "StartTransaction" not in bench.central_system.operations


async def test_stop_that_comes_late_leaves_the_next_transaction_alone() -> None:
    """The idTag of the first is asked about while its transaction ends and another one begins."""
    async with on_bench(V16) as bench:
        group = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="G")
        bench.central_system.info = group
        await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(10)
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def slow(id_tag: str) -> IdTagInfo:
            asked.set()
            await go_on.wait()
            return group

        bench.central_system.authorize = slow  # type: ignore[method-assign] # one that waits for the test
        late = asyncio.ensure_future(bench.hardware.tag("FRIEND", 1))
        await bench.clock.pass_time()
        assert asked.is_set()
        await bench.hardware.tag("TAG", 1)
        await bench.commands.remote_start_transaction(bench.call, RemoteStart(id_tag="NEXT", connector_id=1))
        go_on.set()
        await late
        await bench.clock.pass_time(100)
        transaction = bench.charge_point.sessions.running(1)
        assert transaction is not None
        await bench.hardware.unplugged(1)
        assert transaction.meter_stop_wh == transaction.meter_start_wh + 100
