"""What a central system keeps besides its answers, and what it does when it cannot keep something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings, retention
from ocpp_sdk.errors import (
    CallError,
    ConfigurationError,
    InternalError,
    NotSupportedError,
    StorageError,
    StorageUnavailableError,
)
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import CallbackPolicy
from ocpp_sdk.storage import Direction, IdTagRecord, MessageStore, Store, WireMessage, open_store
from ocpp_sdk.versions.domain import MeterReading, MeterValues, SampledValue, StartTransaction, StopTransaction
from ocpp_sdk.versions.enumerations import AuthorizationStatus, CommandStatus
from tests.unit.central_system.running import NOON, Running, running
from tests.unit.central_system.test_commands import charge_point_server

pytestmark = pytest.mark.anyio

V15 = OcppVersion.V15
START = StartTransaction(connector_id=1, id_tag="Tag1", timestamp=NOON, meter_start_wh=100)
READINGS = MeterValues(
    connector_id=1, readings=(MeterReading(timestamp=NOON, values=(SampledValue(value="1"), SampledValue(value="2"))),)
)


def message(at_days: float) -> WireMessage:
    """Return a message of some days before noon."""
    return WireMessage(at=NOON - timedelta(days=at_days), identity="CP1", operation="Heartbeat", request="{}")


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_tag_that_runs_all_its_transactions_is_told_so(version: OcppVersion) -> None:
    """The start that is one too many gets its transaction all the same, since the charging has begun."""
    async with running() as here:
        store = here.central_system.store
        await store.put_id_tag(IdTagRecord(id_tag="TAG1", max_active_transactions=1))
        async with here.charge_point(version, "CP1") as first, here.charge_point(version, "CP2") as second:
            assert (await second.authorize("Tag1")).status is AuthorizationStatus.ACCEPTED
            started = await first.start_transaction(START)
            assert started.id_tag_info.status is AuthorizationStatus.ACCEPTED
            again = await first.start_transaction(START)
            assert (again.transaction_id, again.id_tag_info.status) == (1, AuthorizationStatus.ACCEPTED)
            assert (await second.authorize("Tag1")).status is AuthorizationStatus.CONCURRENT_TX
            # Where it charges, it may have been presented to end that.
            assert (await first.authorize("tag1")).status is AuthorizationStatus.ACCEPTED
            other = await second.start_transaction(replace(START, id_tag="tag1"))
            assert (other.transaction_id, other.id_tag_info.status) == (2, AuthorizationStatus.CONCURRENT_TX)
            stop = StopTransaction(transaction_id=1, timestamp=NOON, meter_stop_wh=200)
            await first.stop_transaction(stop)
            await second.stop_transaction(replace(stop, transaction_id=2))
            assert (await second.authorize("Tag1")).status is AuthorizationStatus.ACCEPTED


async def test_tag_that_is_blocked_stays_so_whatever_it_runs() -> None:
    """The number of transactions is no excuse."""
    async with running() as here, here.charge_point(V15) as central_system:
        await here.central_system.store.put_id_tag(
            IdTagRecord(id_tag="TAG1", status="Blocked", max_active_transactions=0)
        )
        assert (await central_system.authorize("Tag1")).status is AuthorizationStatus.BLOCKED
        assert (await central_system.start_transaction(START)).id_tag_info.status is AuthorizationStatus.BLOCKED


async def test_odd_stops_are_notified_once() -> None:
    """One that ends nothing and one that makes no sense, however often each is sent; a good one is no news."""
    async with running() as here, here.charge_point(V15) as central_system:
        for connector_id in (1, 2):
            await central_system.start_transaction(replace(START, connector_id=connector_id))
        for _ in range(2):
            for transaction_id, wh in ((1, 900), (2, 5), (9, 900)):
                await central_system.stop_transaction(
                    StopTransaction(transaction_id=transaction_id, timestamp=NOON, meter_stop_wh=wh)
                )
        refused, implausible = await here.central_system.store.notifications()
    assert (refused.kind, refused.identity, refused.at, refused.read_at) == ("RefusedStop", "CP1", NOON, None)
    assert refused.text == (
        f"A stop of transaction 9 at {NOON.isoformat()} with 900 Wh ended nothing: transaction 9 is not known"
    )
    assert implausible.kind == "ImplausibleStop"
    assert implausible.text.endswith("makes no sense: meter went from 100 back to 5 Wh")


async def test_meter_values_that_come_again_are_kept_once() -> None:
    """Both requests are among the messages."""
    async with running() as here, here.charge_point(V15) as central_system:
        for _ in range(2):
            await central_system.meter_values(READINGS)
        store = here.central_system.store
        assert [sample.value for sample in await store.samples()] == ["1", "2"]
        assert len(await store.messages()) == 2


async def test_command_is_a_message_with_its_outcome() -> None:
    """A reply, a fault, or why nothing came; the charge point's own record does not follow it."""
    heard: list[str] = []
    async with running() as here:
        store = here.central_system.store
        async with charge_point_server(V15, heard) as url:
            async with here.charge_point(V15, "CP1", from_address=url) as central_system:
                await central_system.heartbeat()
            commands = await here.central_system.commands("CP1")
            assert await commands.clear_cache() is CommandStatus.ACCEPTED
            with pytest.raises(NotSupportedError):
                await commands.unlock_connector(1)
        with pytest.raises(CallError):
            await commands.clear_cache()
        messages = await store.messages()
        known = await store.charge_point("CP1")
    answered, fault, unreachable = messages[1:]
    assert {one.direction for one in messages[1:]} == {Direction.TO_CHARGE_POINT}
    assert (answered.operation, answered.identity, answered.version) == ("ClearCache", "CP1", "1.5")
    assert (answered.request, answered.reply, answered.fault) == ("{}", '{"status":"Accepted"}', None)
    assert (fault.request, fault.reply) == ('{"connectorId":1}', None)
    assert str(fault.fault).startswith("fault Receiver/NotSupported")
    assert "no connection" in str(unreachable.fault)
    assert known is not None
    assert known.observed_host == "127.0.0.1"


async def test_address_that_is_set_in_the_store_goes_before_the_advertised_one() -> None:
    """And that of the settings before both."""
    heard: list[str] = []
    nowhere = "http://127.0.0.1:9/cp"
    async with charge_point_server(V15, heard) as url:
        async with running() as here:
            async with here.charge_point(V15, from_address=nowhere) as central_system:
                await central_system.heartbeat()
            assert await here.central_system.store.set_operator_address("CP1", url)
            await (await here.central_system.commands("CP1")).clear_cache()
        assert heard == ["CP1"]
        async with running(CentralSystemSettings(callback=CallbackPolicy(addresses={"CP1": url}))) as here:
            async with here.charge_point(V15) as central_system:
                await central_system.heartbeat()
            assert await here.central_system.store.set_operator_address("CP1", nowhere)
            await (await here.central_system.commands("CP1")).clear_cache()
    assert heard == ["CP1", "CP1"]


class Failing:
    """A store whose verbs fail as told, by name; those that are not told work."""

    def __init__(self, store: Store, errors: dict[str, StorageError]) -> None:
        self._store = store
        self.errors = errors

    def __getattr__(self, name: str) -> object:
        error = self.errors.get(name)
        if error is None:
            return getattr(self._store, name)

        async def fail(*_: object, **__: object) -> None:
            raise error

        return fail


@asynccontextmanager
async def failing(**errors: StorageError) -> AsyncIterator[tuple[Running, Failing]]:
    """Run a central system over a store that fails."""
    store = await open_store("memory:")
    broken = Failing(store, errors)
    async with running(CentralSystemSettings(clock=lambda: NOON), store=broken) as here:  # type: ignore[arg-type]  # it has all verbs
        yield here, broken


@pytest.mark.parametrize("error", [StorageError("no space left"), StorageUnavailableError("it is away")])
@pytest.mark.parametrize("verb", ["add_samples", "record_message", "start_transaction", "id_tag"])
async def test_verb_that_fails_is_answered_with_a_fault_and_logged_in_one_line(
    verb: str, error: StorageError, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not durable is not acknowledged; the next request is served as any other."""
    async with failing(**{verb: error}) as (here, store), here.charge_point(V15) as central_system:
        for _ in range(2):
            with pytest.raises(InternalError) as caught:
                await (
                    central_system.meter_values(READINGS)
                    if verb in {"add_samples", "record_message"}
                    else central_system.start_transaction(START)
                )
            assert str(error) not in str(caught.value)
        store.errors.clear()
        await central_system.meter_values(READINGS)
        assert len(await here.central_system.store.samples()) == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 2
    assert all("not stored" in line and str(error) in line for line in lines)


async def test_write_that_fails_beside_its_message_leaves_the_fault_as_the_last_word() -> None:
    """A message of the answer may be stored before it; the one that counts tells what was answered."""
    async with failing(add_samples=StorageError("x")) as (here, _), here.charge_point(V15) as central_system:
        with pytest.raises(InternalError):
            await central_system.meter_values(READINGS)
        messages = await here.central_system.store.messages()
    assert (messages[-1].reply, messages[-1].fault) == (None, "fault Receiver/InternalError")


async def test_command_whose_message_cannot_be_stored_has_its_reply_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the charge point has done is done."""
    heard: list[str] = []
    async with failing() as (here, store), charge_point_server(V15, heard) as url:
        async with here.charge_point(V15, from_address=url) as central_system:
            await central_system.heartbeat()
        commands = await here.central_system.commands("CP1")
        store.errors["record_message"] = StorageError("no space left")
        assert await commands.clear_cache() is CommandStatus.ACCEPTED
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line]
    assert "no space left" in line


async def forgotten(store: MessageStore, left: int) -> None:
    """Wait until so many messages are left; a store in memory never waits, so others must get their turn."""
    while len(await store.messages(limit=10_000)) > left:  # noqa: ASYNC110 - a store tells nobody what it forgets
        await asyncio.sleep(0.01)


async def test_messages_that_are_too_old_are_forgotten_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps, and again after a while; an error is logged and does not end it."""
    monkeypatch.setattr(retention, "_STEP", 2)
    monkeypatch.setattr(retention, "_PAUSE_S", 0.0)
    monkeypatch.setattr(retention, "_ROUND_S", 0.01)
    store = await open_store("memory:")
    for days in (9, 8, 7, 5, 3, 1):
        await store.record_message(message(days))
    broken = Failing(store, {"forget_messages": StorageUnavailableError("it is away")})
    settings = CentralSystemSettings(clock=lambda: NOON, message_retention_days=4.5)
    async with running(settings, store=broken):  # type: ignore[arg-type]  # it has all verbs
        await asyncio.sleep(0.05)
        broken.errors.clear()
        await forgotten(store, 2)
        await store.record_message(message(6))
        await forgotten(store, 2)
        assert [one.at for one in await store.messages()] == [message(3).at, message(1).at]


async def test_messages_may_be_kept_for_ever() -> None:
    """None and no other value says so."""
    async with running(CentralSystemSettings(message_retention_days=None, clock=lambda: NOON)) as here:
        await here.central_system.store.record_message(message(10_000))
        await asyncio.sleep(0.05)
        assert len(await here.central_system.store.messages()) == 1
    for days in (0, -1, float("nan"), 40_000):
        with pytest.raises(ConfigurationError, match="message_retention_days: must be more than 0"):
            CentralSystemSettings(message_retention_days=days)


async def test_central_system_that_ends_leaves_no_task_behind() -> None:
    """Retention ends with the application."""
    before = asyncio.all_tasks()
    async with running() as here:
        assert isinstance(here.central_system, CentralSystem)
    assert asyncio.all_tasks() == before
