"""Registration: the table of its states, and what a charge point does in each of them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_sdk.charge_point import ChargePointSettings, ConnectorFacts, HardwareInfo, RegistrationError, Station
from ocpp_sdk.charge_point.connection.boot import TABLE, BootEvent, BootState, after
from ocpp_sdk.errors import ConnectError, InternalError, InvalidTextError, OcppError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import BootAnswer, BootData, DataTransfer, Reservation, StopTransaction, Trigger
from ocpp_sdk.versions.enumerations import ErrorCode, MessageTrigger, RegistrationStatus
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
OFFLINE, READY, SENT, ACCEPTED, PENDING, REJECTED = BootState

EXPECTED = {
    OFFLINE: {"ready": READY, "found": READY},
    READY: {"lost": OFFLINE, "sent": SENT},
    SENT: {"failed": READY, "accepted": ACCEPTED, "pending": PENDING, "rejected": REJECTED},
    ACCEPTED: {"ready": READY, "again": READY, "pending": PENDING, "rejected": REJECTED},
    PENDING: {"lost": OFFLINE, "sent": SENT, "again": READY, "accepted": ACCEPTED, "rejected": REJECTED},
    REJECTED: {"lost": OFFLINE, "sent": SENT, "again": READY},
}


def no_connection() -> ConnectError:
    """Return what the client raises when nobody listens."""
    return ConnectError("nobody there", url="http://cs/")


@pytest.mark.parametrize("event", list(BootEvent))
@pytest.mark.parametrize("state", list(BootState))
def test_boot_state_after_each_event_is_the_one_of_the_table(state: BootState, event: BootEvent) -> None:
    """Every pair; one that means nothing leaves the state as it is."""
    assert after(state, event) is EXPECTED[state].get(event.name.lower(), state)


def test_boot_table_reaches_accepted_from_every_state() -> None:
    """No charge point is stuck."""
    for state in BootState:
        reached = {state}
        for _ in BootState:
            reached |= {then for (now, _), then in TABLE.items() if now in reached}
        assert ACCEPTED in reached


@each_version
async def test_charge_point_whose_hardware_is_offline_waits_for_it(version: OcppVersion) -> None:
    """Then it boots, and says what the hardware says of itself."""
    hardware = FakeHardware(starts=False)
    async with on_bench(version, hardware=hardware) as bench:
        await bench.clock.pass_time(7200)
        assert bench.central_system.heard == []
        await hardware.station.ready(HardwareInfo(model="PLC", firmware_version="7"))
        await bench.clock.pass_time()
        (boot,) = bench.central_system.named("BootNotification")
        assert isinstance(boot, BootData)
        assert (boot.model, boot.firmware_version) == ("PLC", "7")
        assert bench.charge_point.registration.state is ACCEPTED


@each_version
async def test_hardware_that_is_lost_before_the_answer_stops_the_boots(version: OcppVersion) -> None:
    """It goes on when the hardware is there again."""
    hardware = FakeHardware(starts=False)
    bench = Bench(version, hardware=hardware)
    bench.central_system.fail("BootNotification", *[no_connection()] * 3)
    async with bench.charge_point:
        await bench.clock.pass_time()
        await hardware.station.ready(HardwareInfo())
        await bench.clock.pass_time()
        await hardware.station.lost("no answer")
        assert bench.charge_point.registration.state is OFFLINE
        await bench.clock.pass_time(7200)
        assert len(bench.central_system.failures["BootNotification"]) == 2
        await hardware.station.ready(HardwareInfo())
        await bench.clock.pass_time(60)
        assert bench.central_system.operations[0] == "BootNotification"


@each_version
async def test_hardware_that_is_found_again_before_the_answer_lets_the_boots_go_on(version: OcppVersion) -> None:
    """A PLC that was away for a moment has not started again, and nobody else would have the charge point boot."""
    hardware = FakeHardware(starts=False)
    bench = Bench(version, hardware=hardware)
    bench.central_system.fail("BootNotification", *[no_connection()] * 3)
    async with bench.charge_point:
        await bench.clock.pass_time()
        await hardware.station.ready(HardwareInfo())
        await bench.clock.pass_time()
        await hardware.station.lost("no answer")
        await hardware.station.found()
        assert bench.charge_point.registration.state is READY
        await bench.clock.pass_time(60)
        assert bench.charge_point.registration.state is ACCEPTED


@each_version
async def test_hardware_that_restarts_makes_the_charge_point_boot_again(version: OcppVersion) -> None:
    """Statuses follow; nothing else is sent before it is accepted."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        bench.central_system.heard.clear()
        bench.central_system.boots.append(
            BootAnswer(status=RegistrationStatus.REJECTED, current_time=NOON, interval_s=0)
        )
        await hardware.station.ready(HardwareInfo(firmware_version="8"))
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(4)
        assert bench.central_system.operations == ["BootNotification"]
        await bench.clock.pass_time(1)
        assert bench.central_system.operations[:2] == ["BootNotification"] * 2
        assert "StartTransaction" in bench.central_system.operations
        assert bench.statuses(0)[-1] == "Available"


async def test_address_that_changes_during_a_boot_makes_the_charge_point_boot_again() -> None:
    """The boot that was under way has told the old address."""
    bench = Bench(V15)
    asked, go_on = asyncio.Event(), asyncio.Event()
    answer = bench.central_system.boot_notification

    async def slow(boot: BootData) -> BootAnswer:
        asked.set()
        await go_on.wait()
        return await answer(boot)

    bench.central_system.boot_notification = slow  # type: ignore[method-assign] # one that waits for the test
    async with bench.charge_point:
        await bench.clock.pass_time()
        assert asked.is_set()
        bench.charge_point.moved()
        go_on.set()
        await bench.clock.pass_time()
        assert bench.central_system.operations[:2] == ["BootNotification"] * 2
        assert bench.charge_point.registration.accepted.is_set()
        bench.charge_point.moved()
        await bench.clock.pass_time()
        assert bench.central_system.operations.count("BootNotification") == 3


@each_version
async def test_long_outage_makes_the_charge_point_boot_again(version: OcppVersion) -> None:
    """After an hour without an answer; before that Heartbeat is the probe."""
    async with on_bench(version) as bench:
        bench.central_system.fail("any", *[no_connection()] * 8)
        await bench.clock.pass_time(2000)
        assert bench.central_system.operations.count("BootNotification") == 1
        assert bench.central_system.operations[-1] == "Heartbeat"
        bench.central_system.fail("any", *[no_connection()] * 100)
        await bench.clock.pass_time(300 + 3600 + 300)
        bench.central_system.failures.clear()
        await bench.clock.pass_time(300)
        assert bench.central_system.operations.count("BootNotification") == 2
        assert any("boots again" in line for line in bench.lines)
        after_boot = bench.central_system.operations[
            len(bench.central_system.operations) - bench.central_system.operations[::-1].index("BootNotification") :
        ]
        assert after_boot.count("StatusNotification") == 3


@each_version
async def test_nothing_is_sent_before_acceptance_whatever_happens(version: OcppVersion) -> None:
    """Sessions, errors, transfers of the vendor and triggers wait, or are refused."""
    hardware = FakeHardware()
    bench = Bench(version, hardware=hardware)
    bench.central_system.fail("BootNotification", *[no_connection()] * 4)
    async with bench.charge_point:
        await bench.clock.pass_time()
        await hardware.station.start(1, "TAG", 0, key="k")
        await hardware.station.observe(2, hardware_error())
        await bench.clock.pass_time(30)
        await hardware.station.stop(1, 10)
        with pytest.raises(RegistrationError, match="not registered"):
            await bench.charge_point.data_transfer(DataTransfer(vendor_id="v"))
        if version is V16:
            trigger = Trigger(message=MessageTrigger.METER_VALUES)
            assert await bench.commands.trigger_message(bench.call, trigger) == "Rejected"
        assert bench.central_system.heard == []
        await bench.clock.pass_time(300)
        assert bench.central_system.operations[0] == "BootNotification"
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(stop, StopTransaction)
        assert stop.transaction_id == 101


def hardware_error() -> ConnectorFacts:
    """Return what hardware sees that is broken."""
    return ConnectorFacts(error=ErrorCode.GROUND_FAILURE)


@each_version
async def test_clock_follows_the_central_system(version: OcppVersion) -> None:
    """Times that are told are its times, also after it sets its clock; two seconds are no difference."""
    hardware = FakeHardware()
    bench = Bench(version, hardware=hardware)
    ahead = timedelta(hours=2)
    bench.central_system.boots.append(
        BootAnswer(status=RegistrationStatus.ACCEPTED, current_time=NOON + ahead, interval_s=60)
    )
    async with bench.charge_point:
        await bench.clock.pass_time()
        assert any("the clock was set by +7200 s" in line for line in bench.lines)
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        assert transaction.started_at == NOON + ahead
        await bench.clock.pass_time(60)
        # The heartbeat says what the machine's clock says.
        assert any("the clock was set by -7200 s" in line for line in bench.lines)
        assert hardware.station.now() == NOON + timedelta(seconds=60)


async def test_reservation_ends_when_the_clock_is_set_past_its_end() -> None:
    """Not an hour later, when somebody looks at the time again."""
    async with on_bench(V15) as bench:
        await bench.charge_point.reservations.reserve(reservation_until(NOON + timedelta(hours=8)))
        await bench.clock.pass_time()
        assert bench.statuses()[-1] == "Reserved"
        bench.central_system.boots.append(
            BootAnswer(status=RegistrationStatus.ACCEPTED, current_time=NOON + timedelta(days=1), interval_s=300)
        )
        bench.charge_point.moved()
        await bench.clock.pass_time(1)
        assert bench.statuses()[-1] == "Available"


def reservation_until(end: datetime) -> Reservation:
    """Return a reservation of connector 1."""
    return Reservation(reservation_id=1, connector_id=1, id_tag="TAG", expiry_date=end)


async def test_rejection_that_a_trigger_brings_holds_the_next_boot_back() -> None:
    """The interval counts from any answer (1.6 section 4.2)."""
    async with on_bench(V16) as bench:
        bench.central_system.boots.append(
            BootAnswer(status=RegistrationStatus.REJECTED, current_time=bench.clock.now(), interval_s=1000)
        )
        trigger = Trigger(message=MessageTrigger.BOOT_NOTIFICATION)
        assert await bench.commands.trigger_message(bench.call, trigger) == "Accepted"
        await bench.clock.pass_time(1000)
        assert bench.central_system.operations.count("BootNotification") == 2
        with pytest.raises(InternalError, match="rejected"):
            await bench.commands.clear_cache(bench.call)
        await bench.clock.pass_time(101)
        assert bench.central_system.operations.count("BootNotification") == 3
        assert await bench.commands.clear_cache(bench.call) == "Accepted"


async def test_pending_charge_point_is_accepted_by_a_triggered_boot() -> None:
    """It need not wait for the interval; what was queued follows."""
    hardware = FakeHardware()
    bench = Bench(V16, hardware=hardware)
    bench.central_system.boots.append(
        BootAnswer(status=RegistrationStatus.PENDING, current_time=NOON, interval_s=100_000)
    )
    async with bench.charge_point:
        await bench.clock.pass_time()
        for message in (MessageTrigger.HEARTBEAT, MessageTrigger.STATUS_NOTIFICATION, MessageTrigger.METER_VALUES):
            assert await bench.commands.trigger_message(bench.call, Trigger(message=message)) == "Accepted"
            await bench.clock.pass_time()
        assert bench.central_system.operations == [
            "BootNotification",
            "Heartbeat",
            *["StatusNotification"] * 3,
            *["MeterValues"] * 2,
        ]
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.commands.trigger_message(bench.call, Trigger(message=MessageTrigger.BOOT_NOTIFICATION))
        await bench.clock.pass_time(1)
        assert bench.charge_point.registration.accepted.is_set()
        assert "StartTransaction" in bench.central_system.operations


async def test_hardware_that_fails_before_the_boot_is_told_to_whoever_waits_for_the_registration() -> None:
    """And nobody waits for ever."""

    class Broken(FakeHardware):
        async def run(self, station: Station) -> None:
            raise RuntimeError("no PLC")

    bench = Bench(V15, ChargePointSettings(identity="CP1", version=V15), hardware=Broken())
    with pytest.raises(RuntimeError, match="no PLC"):
        async with bench.charge_point:
            await bench.charge_point.registered()


async def test_heartbeat_is_the_probe_of_an_outage() -> None:
    """The pauses grow from 5 s; what waits follows as soon as one is answered."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        bench.central_system.heard.clear()
        bench.central_system.fail("any", *[no_connection()] * 3)
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(5 + 10 + 19)
        assert bench.central_system.heard == []
        await bench.clock.pass_time(1)
        assert bench.central_system.operations[0] == "Heartbeat"
        assert "StartTransaction" in bench.central_system.operations


@pytest.mark.parametrize("year", [1, 1970, 9999])
async def test_time_that_cannot_be_is_not_taken_over(year: int) -> None:
    """Nor does it break anything."""
    bench = Bench(V16)
    absurd = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    bench.central_system.boots.append(
        BootAnswer(status=RegistrationStatus.ACCEPTED, current_time=absurd, interval_s=300)
    )
    async with bench.charge_point:
        await bench.clock.pass_time(10)
        assert bench.charge_point.sessions.now() == NOON + timedelta(seconds=10)
        await bench.hardware.charge("TAG")


async def test_interval_that_would_never_end_is_a_day() -> None:
    """So that a mistake at the central system does not need somebody to drive there."""
    bench = Bench(V16)
    bench.central_system.boots.append(
        BootAnswer(status=RegistrationStatus.PENDING, current_time=NOON, interval_s=2**31 - 1)
    )
    async with bench.charge_point:
        await bench.clock.pass_time(86_400)
        assert bench.central_system.operations == ["BootNotification"]
        await bench.clock.pass_time(8_641)
        assert bench.charge_point.registration.accepted.is_set()


@pytest.mark.parametrize("answer", [InternalError("no"), InvalidTextError("authorizeResponse/idTagInfo", "odd")])
async def test_request_that_cannot_be_written_is_no_sign_of_life(answer: OcppError) -> None:
    """Nobody was asked, so nothing is known of the connection; a fault or an odd answer on the other hand is one."""
    async with on_bench(V16) as bench:
        authorize = bench.charge_point.authorization.authorize
        bench.central_system.fail("Authorize", no_connection(), InvalidTextError("authorizeRequest/idTag", "too long"))
        await authorize("TAG")
        assert not bench.charge_point.online
        await authorize("TAG" * 100)
        assert not bench.charge_point.online
        bench.central_system.fail("Authorize", answer)
        await authorize("TAG")
        assert bench.charge_point.online
