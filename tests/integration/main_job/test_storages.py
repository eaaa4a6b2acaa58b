"""The main job on every storage: a session through real sockets, then what was stored is read back."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings
from ocpp_sdk.charge_point import ChargePointSettings, SimulatedHardware, running
from ocpp_sdk.client import SoapClient
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import Direction, IdTagRecord, Store, WireMessage, open_store
from ocpp_sdk.storage.checking import check_store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import MeterReading, MeterValues, SampledValue, StopTransaction
from tests.integration.main_job.storages import KINDS, empty_storage
from tests.servers import postgresql
from tests.unit.cli.running import ocpp_sdk, only_line

pytestmark = pytest.mark.anyio

SESSION = {"BootNotification", "StatusNotification", "Authorize", "StartTransaction", "MeterValues", "StopTransaction"}


async def run_session(central_system: CentralSystem, url: str, keeping: str, version: OcppVersion) -> int:
    """Run a charge point from boot to a remote stop; returns the number of its transaction."""
    settings = ChargePointSettings(identity=f"CP-{version}", version=version, sample_interval_s=1, boot_attempts=1)
    hardware = SimulatedHardware(power_w=3_600_000)
    async with running(settings, url, hardware, store=keeping) as run:
        charge_point = run.charge_point
        await charge_point.registered()
        transaction = await hardware.charge("Tag-ä")
        while not any(one.operation == "MeterValues" for one in await messages_of(central_system.store, version)):
            assert await charge_point.flush()
        number = transaction.transaction_id
        assert number is not None
        commands = await central_system.commands(f"cp-{version}")
        assert await commands.remote_stop_transaction(number) == "Accepted"
        await transaction.ended.wait()
        assert await charge_point.flush()
        # A stop that ends nothing.
        async with SoapClient(url, charge_box_identity=settings.identity) as client:
            stop = StopTransaction(transaction_id=4711, timestamp=transaction.started_at, meter_stop_wh=5)
            await version_of(version).call_central_system(client).stop_transaction(stop)
    return number


async def messages_of(store: Store, version: OcppVersion) -> list[WireMessage]:
    """Return what one charge point has sent and been sent."""
    return await store.messages(f"CP-{version}", limit=1000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.timeout(300)
async def test_session_of_each_version_is_read_back_from_the_storage(kind: str, tmp_path: Path) -> None:
    """Charge point, transaction, samples, statuses, messages of both directions, refused stop and notification."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(empty_storage(kind, tmp_path))
        keeping = url if kind not in {"file", "memory"} else "memory:"
        # What is in memory is gone with the store, so that one is kept open.
        opened = await open_store(url) if kind == "memory" else None
        central_system = CentralSystem(opened or url)
        numbers = {}
        async with serve(central_system.app) as address:
            await central_system.store.put_id_tag(IdTagRecord(id_tag="tag-Ä", parent_id_tag="P"))
            for version in OcppVersion:
                numbers[version] = await run_session(central_system, address.url + DEFAULT_PATH, keeping, version)
        store = opened or await open_store(url)
        stack.push_async_callback(store.close)
        assert sorted(numbers.values()) == [1, 2, 3]
        for version, number in numbers.items():
            await hold_session(store, version, number)
        assert len(await store.charge_points()) == 3
        assert await store.unread_count() == 3
        findings = [one async for one in check_store(store, now=CentralSystemSettings().clock())]
        assert [one for one in findings if one.wrong] == []


async def hold_session(store: Store, version: OcppVersion, number: int) -> None:
    """Compare what is stored of one charge point with what it did."""
    identity = f"CP-{version}"
    known = await store.charge_point(identity.lower())
    assert known is not None
    assert (known.identity, known.version, known.registration) == (identity, version, "Accepted")
    assert known.boot is not None
    assert known.boot.model == "Simulated"
    assert (known.observed_host, (known.advertised_address or "")[:17]) == ("127.0.0.1", "http://127.0.0.1:")
    transaction = await store.transaction(number)
    assert transaction is not None
    assert transaction.stop is not None
    assert (transaction.start.identity, transaction.start.id_tag, transaction.problem) == (identity, "Tag-ä", None)
    samples = await store.samples(identity)
    assert {sample.connector_id for sample in samples} == {transaction.start.connector_id}
    assert {sample.transaction_id for sample in samples} == ({None} if version is OcppVersion.V12 else {number})
    (status,) = [one for one in await store.connector_statuses(identity) if one.connector_id == 1]
    assert (status.status, status.error_code) == ("Available", "NoError")
    (refused,) = await store.refused_stops(identity)
    assert refused.why == "transaction 4711 is not known"
    (notification,) = await store.notifications(identity)
    assert (notification.kind, "transaction 4711" in notification.text) == ("RefusedStop", True)
    messages = await messages_of(store, version)
    assert {one.operation for one in messages if one.direction is Direction.FROM_CHARGE_POINT} - {
        "Heartbeat"
    } == SESSION
    (command,) = [one for one in messages if one.direction is Direction.TO_CHARGE_POINT]
    assert (command.operation, command.version, command.fault) == ("RemoteStopTransaction", version, None)
    assert json.loads(command.request) == {"transactionId": number}
    assert json.loads(command.reply or "") == {"status": "Accepted"}


@pytest.mark.parametrize("kind", ["sqlite", "file", "postgresql", "mongodb", "firebase"])
@pytest.mark.timeout(300)
async def test_meter_values_that_come_again_are_stored_once(kind: str, tmp_path: Path) -> None:
    """A charge point that missed the answer sends them again, perhaps after a restart of the central system."""
    values = MeterValues(
        connector_id=1,
        readings=(
            MeterReading(
                timestamp=CentralSystemSettings().clock(),
                values=tuple(SampledValue(value=str(number)) for number in range(8)),
            ),
        ),
    )
    with empty_storage(kind, tmp_path) as url:
        for _ in range(2):
            central_system = CentralSystem(url)
            async with (
                serve(central_system.app) as address,
                SoapClient(address.url + DEFAULT_PATH, charge_box_identity="CP1") as client,
            ):
                await version_of(OcppVersion.V15).call_central_system(client).meter_values(values)
        store = await open_store(url)
        samples = await store.samples("CP1")
        messages = await store.messages("CP1")
        await store.close()
    assert [sample.value for sample in samples] == [str(number) for number in range(8)]
    assert len(messages) == 2


@pytest.mark.skipif(postgresql.unavailable() is not None, reason=str(postgresql.unavailable()))
@pytest.mark.timeout(300)
async def test_storage_that_is_away_fails_requests_and_serves_again_when_it_is_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each request is answered with a fault and leaves one line without a traceback; the process goes on."""
    with postgresql.PostgresqlServer() as server:
        if not server.own:
            pytest.skip(f"the server of {postgresql.VARIABLE} is not ours to kill")
        central_system = CentralSystem(server.url)
        async with (
            serve(central_system.app) as address,
            SoapClient(address.url + DEFAULT_PATH, charge_box_identity="CP1") as client,
        ):
            charge_point = version_of(OcppVersion.V16).call_central_system(client)
            await charge_point.heartbeat()
            server.kill()
            capsys.readouterr()
            with pytest.raises(InternalError, match="could not be stored"):
                await charge_point.heartbeat()
            said = capsys.readouterr().out
            server.start()
            await charge_point.heartbeat()
            assert len(await central_system.store.messages("CP1")) == 2
    lines = [line for line in said.splitlines() if line]
    assert len(lines) == 1, said
    assert "not stored" in lines[0]
    assert postgresql.PASSWORD not in lines[0]


@pytest.mark.skipif(postgresql.unavailable() is not None, reason=str(postgresql.unavailable()))
def test_wrong_password_is_one_line_that_does_not_show_it(tmp_path: Path) -> None:
    """And the exit code is 1."""
    with postgresql.PostgresqlServer() as server:
        if not server.own:
            pytest.skip(f"the password of {postgresql.VARIABLE} may not matter there")
        url = server.url.replace(postgresql.PASSWORD, "wrong-one")
        line = only_line(ocpp_sdk("central-system", "--port", "0", "--storage", url, cwd=tmp_path), 1)
    assert "password" in line
    assert "wrong-one" not in line
