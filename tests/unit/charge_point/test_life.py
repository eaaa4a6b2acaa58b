"""Registration, heartbeat and what happens without a connection, in time that the test moves."""

import gc
import tempfile
from pathlib import Path

import pytest

from ocpp_sdk.charge_point import ChargePointSettings, RegistrationError, SessionRefusedError
from ocpp_sdk.errors import CallTimeoutError, ConnectError, HttpStatusError, InternalError, ProtocolError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import BootAnswer, StartTransaction, StopTransaction
from ocpp_sdk.versions.enumerations import ConfigurationStatus, RegistrationStatus, ResetType
from tests.unit.charge_point.fakes import NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
REJECTED = BootAnswer(status=RegistrationStatus.REJECTED, current_time=NOON, interval_s=1000)
PENDING = BootAnswer(status=RegistrationStatus.PENDING, current_time=NOON, interval_s=1000)


def no_connection() -> ConnectError:
    """Return what the client raises when nobody listens."""
    return ConnectError("nobody there", url="http://cs/")


@each_version
async def test_boot_comes_first_and_then_the_status_of_everything(version: OcppVersion) -> None:
    """Nothing is sent before the registration; then connector 0 and each other one."""
    async with on_bench(version) as bench:
        assert bench.central_system.operations == ["BootNotification", *["StatusNotification"] * 3]
        assert bench.statuses(0) == bench.statuses(1) == bench.statuses(2) == ["Available"]


@pytest.mark.parametrize("version", [V12, V15])
async def test_boot_rejected_before_1_6_is_repeated_by_the_own_schedule(version: OcppVersion) -> None:
    """The interval of a rejection has no meaning there; the waits grow: 5 s, 10 s."""
    bench = Bench(version)
    bench.central_system.boots.extend([REJECTED, REJECTED])
    async with bench.charge_point:
        await bench.clock.pass_time(4.9)
        assert bench.central_system.operations == ["BootNotification"]
        await bench.clock.pass_time(0.1)
        assert bench.central_system.operations == ["BootNotification"] * 2
        await bench.clock.pass_time(9.9)
        assert len(bench.central_system.heard) == 2
        await bench.clock.pass_time(0.1)
        assert bench.central_system.operations.count("BootNotification") == 3
        assert bench.charge_point.registration.accepted.is_set()


@pytest.mark.parametrize("answer", [REJECTED, PENDING])
async def test_boot_not_accepted_in_1_6_waits_for_the_interval(answer: BootAnswer) -> None:
    """The interval is the least wait; nothing else is sent meanwhile (1.6 section 4.2)."""
    bench = Bench(V16)
    bench.central_system.boots.append(answer)
    async with bench.charge_point:
        await bench.clock.pass_time(1000)
        assert bench.central_system.operations == ["BootNotification"]
        with pytest.raises(SessionRefusedError, match="not registered"):
            await bench.hardware.charge("TAG")
        await bench.clock.pass_time(101)
        assert bench.central_system.operations.count("BootNotification") == 2


async def test_command_while_rejected_in_1_6_is_answered_with_a_fault() -> None:
    """A charge point that is rejected does not serve (1.6 section 4.2); a pending one does."""
    bench = Bench(V16)
    bench.central_system.boots.extend([REJECTED, PENDING])
    async with bench.charge_point:
        await bench.clock.pass_time()
        with pytest.raises(InternalError, match="rejected"):
            await bench.commands.clear_cache(bench.call)
        await bench.clock.pass_time(1101)
        assert await bench.commands.clear_cache(bench.call) == "Accepted"


async def test_boot_attempts_that_are_used_up_end_the_registration() -> None:
    """A program that cannot wait for ever is told why."""
    bench = Bench(V15, ChargePointSettings(identity="CP1", version=V15, boot_attempts=2))
    bench.central_system.fail("BootNotification", no_connection(), ProtocolError("go away"))
    async with bench.charge_point:
        await bench.clock.pass_time(5)
        with pytest.raises(RegistrationError, match=r"CP1 is not registered: fault Sender/ProtocolError: go away"):
            await bench.charge_point.registered()


@each_version
async def test_heartbeat_comes_after_inactivity_only(version: OcppVersion) -> None:
    """The interval of the boot counts from the last request, whatever it was."""
    async with on_bench(version) as bench:
        await bench.clock.pass_time(299)
        await bench.charge_point.authorization.authorize("TAG")
        await bench.clock.pass_time(299)
        assert "Heartbeat" not in bench.central_system.operations
        await bench.clock.pass_time(1)
        assert bench.central_system.operations.count("Heartbeat") == 1
        bench.central_system.fail("Heartbeat", no_connection())
        await bench.clock.pass_time(600)
        assert bench.central_system.operations.count("Heartbeat") == 2


@pytest.mark.parametrize(("version", "key"), [(V12, "HeartBeatInterval"), (V16, "heartbeatinterval")])
async def test_heartbeat_interval_that_is_set_holds_at_once(version: OcppVersion, key: str) -> None:
    """1.6 compares keys without case; 0 is no heartbeat at all."""
    async with on_bench(version) as bench:
        assert await bench.commands.change_configuration(bench.call, key, "10") is ConfigurationStatus.ACCEPTED
        await bench.clock.pass_time(10)
        assert bench.central_system.operations.count("Heartbeat") == 1
        await bench.commands.change_configuration(bench.call, key, "0")
        await bench.clock.pass_time(10_000)
        assert bench.central_system.operations.count("Heartbeat") == 1


async def test_transaction_without_connection_is_told_whole_and_in_order_afterwards() -> None:
    """Start, readings and stop wait; the statuses between are not told, the present one is."""
    async with on_bench(V15) as bench:
        bench.charge_point.authorization.learn("TAG", bench.central_system.info)
        before = len(bench.central_system.heard)
        bench.central_system.fail("any", *[no_connection()] * 10)
        transaction = await bench.hardware.charge("TAG")
        await bench.clock.pass_time(60)
        await bench.hardware.present("TAG", transaction)
        await bench.clock.pass_time(3600)
        names = bench.central_system.operations[before:]
        assert [name for name in names if name not in {"StatusNotification", "Heartbeat"}] == [
            "StartTransaction",
            "MeterValues",
            "StopTransaction",
        ]
        (start,) = bench.central_system.named("StartTransaction")
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(start, StartTransaction)
        assert isinstance(stop, StopTransaction)
        assert (start.timestamp, start.meter_start_wh) == (NOON, 0)
        assert ((stop.timestamp - NOON).total_seconds(), stop.meter_stop_wh, stop.transaction_id) == (60, 60, 101)
        assert bench.statuses()[-1] == "Available"


async def test_start_with_a_lost_answer_is_sent_again_exactly_as_before() -> None:
    """Central systems know it again by its values, and the stop gets the number."""
    async with on_bench(V15) as bench:
        bench.central_system.lose_answer("StartTransaction", CallTimeoutError("slow", url="http://cs/", phase="read"))
        await bench.hardware.charge("TAG")
        await bench.clock.pass_time(30)
        first, second = bench.central_system.named("StartTransaction")
        assert first == second


async def test_reading_with_a_lost_answer_is_sent_again_exactly_as_before() -> None:
    """None is lost; by its time and its values the second is the first."""
    async with on_bench(V15) as bench:
        await bench.hardware.charge("TAG")
        bench.central_system.lose_answer("MeterValues", CallTimeoutError("slow", url="http://cs/", phase="read"))
        await bench.clock.pass_time(119)
        first, second = bench.central_system.named("MeterValues")
        assert first == second


@pytest.mark.parametrize("error", [InternalError("no"), HttpStatusError("500", url="http://cs/", status=500)])
async def test_start_that_is_refused_is_repeated_with_growing_waits_and_then_given_up(error: Exception) -> None:
    """Three attempts, 60 s and 120 s apart (1.6 section 3.7.1); what comes later is not held back for ever."""
    async with on_bench(V15) as bench:
        bench.central_system.fail("StartTransaction", *[error] * 3)
        transaction = await bench.hardware.charge("TAG")
        await bench.clock.pass_time(179)
        assert len(bench.central_system.failures["StartTransaction"]) == 1
        await bench.clock.pass_time(1)
        assert transaction.answered.is_set()
        await bench.hardware.present("TAG", transaction)
        await bench.clock.pass_time()
        assert "StopTransaction" not in bench.central_system.operations
        assert any("send the start again first" in line for line in bench.lines)
        assert bench.statuses()[-1] == "Available"


async def test_transaction_that_was_given_up_is_told_whole_when_it_is_sent_again() -> None:
    """Start, readings and stop are kept, and take their old places."""
    async with on_bench(V15) as bench:
        bench.central_system.fail("StartTransaction", *[InternalError("no")] * 3)
        transaction = await bench.hardware.charge("TAG")
        await bench.clock.pass_time(180)
        await bench.hardware.present("TAG", transaction)
        await bench.clock.pass_time()
        queue = bench.charge_point.outbox.queue
        kept = await queue.given_up()
        assert [call.operation for call in kept] == ["StartTransaction", *["MeterValues"] * 3, "StopTransaction"]
        before = len(bench.central_system.heard)
        assert [await queue.resend(call.number) for call in kept] == [True] * 5
        await bench.clock.pass_time()
        assert bench.central_system.operations[before:] == [call.operation for call in kept]
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(stop, StopTransaction)
        assert stop.transaction_id == 101


async def test_start_that_is_refused_once_keeps_its_stop() -> None:
    """A passing failure costs nothing but time."""
    async with on_bench(V16) as bench:
        bench.central_system.fail("StartTransaction", InternalError("busy"))
        transaction = await bench.hardware.charge("TAG")
        await bench.hardware.present("TAG", transaction)
        await bench.clock.pass_time(60)
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(stop, StopTransaction)
        assert stop.transaction_id == 101


@each_version
@pytest.mark.parametrize(("reset", "reason"), [(ResetType.SOFT, "SoftReset"), (ResetType.HARD, "HardReset")])
async def test_reset_ends_the_transaction_and_then_boots_again(
    version: OcppVersion, reset: ResetType, reason: str
) -> None:
    """The stop is sent before the boot."""
    async with on_bench(version) as bench:
        await bench.hardware.charge("TAG")
        await bench.clock.pass_time(10)
        before = len(bench.central_system.heard)
        assert await bench.commands.reset(bench.call, reset) == "Accepted"
        await bench.clock.pass_time(1)
        names = [name for name in bench.central_system.operations[before:] if name != "StatusNotification"]
        assert names == ["StopTransaction", "BootNotification"]
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(stop, StopTransaction)
        assert stop.reason == reason
        assert bench.charge_point.registration.accepted.is_set()


def test_charge_point_that_is_made_and_never_run_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a folder nor a warning."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bench = Bench(V15)
    assert list(tmp_path.iterdir())
    del bench
    gc.collect()
    assert list(tmp_path.iterdir()) == []
