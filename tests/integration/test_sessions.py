"""A charge point and a central system through real sockets, one session in each version."""

import json
from datetime import timedelta

import pytest

from ocpp_sdk.central_system import AllowList, CentralSystem, CentralSystemSettings
from ocpp_sdk.charge_point import ChargePointSettings, RegistrationError, SimulatedHardware, running
from ocpp_sdk.client import SoapClient
from ocpp_sdk.errors import IdentityMismatchError, NotSupportedError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import IdTagRecord
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import RemoteStart
from ocpp_sdk.versions.enumerations import ResetType

pytestmark = pytest.mark.anyio
each_version = pytest.mark.parametrize("version", list(OcppVersion))
PATH = "/Ocpp/CentralSystemService"


def settings_of(version: OcppVersion) -> ChargePointSettings:
    """Return a charge point that gives up at once, so that no failure waits."""
    return ChargePointSettings(identity="CP1", version=version, sample_interval_s=1, boot_attempts=1)


@each_version
async def test_session_with_remote_start_and_stop_is_stored_whole(version: OcppVersion) -> None:
    """The central system starts and stops; both ends agree on the transaction, and nothing was odd."""
    central_system = CentralSystem("memory:")
    hardware = SimulatedHardware(power_w=3_600_000)
    async with serve(central_system.app) as address, running(settings_of(version), address.url + PATH, hardware) as run:
        await run.charge_point.registered()
        commands = await central_system.commands("CP1")
        assert await commands.remote_start_transaction(RemoteStart(id_tag="TAG", connector_id=2)) == "Accepted"
        # The start, and the status before and after it.
        assert await run.charge_point.flush()
        (open_one,) = await central_system.store.transactions(open_only=True)
        assert (open_one.start.connector_id, open_one.start.id_tag) == (2, "TAG")
        (transaction,) = run.charge_point.sessions.all_running()
        assert await commands.remote_stop_transaction(open_one.transaction_id) == "Accepted"
        assert await run.charge_point.flush()
        stored = await central_system.store.transaction(open_one.transaction_id)
        assert stored is not None
        assert stored.stop is not None
        assert stored.stop.meter_stop_wh == transaction.meter_stop_wh
        assert stored.stop.reason == ("Remote" if version is OcppVersion.V16 else None)
        messages = await central_system.store.messages()
        assert {(message.identity, message.version, message.deviations) for message in messages} == {
            ("CP1", version, ())
        }
        assert [message.operation for message in messages if message.fault is not None] == []


@each_version
async def test_tag_that_is_blocked_does_not_charge(version: OcppVersion) -> None:
    """The central system's no reaches the charge point in every version."""
    central_system = CentralSystem("memory:")
    hardware = SimulatedHardware(power_w=3_600_000)
    async with serve(central_system.app) as address, running(settings_of(version), address.url + PATH, hardware) as run:
        await central_system.store.put_id_tag(IdTagRecord(id_tag="TAG", status="Blocked"))
        await run.charge_point.registered()
        with pytest.raises(Exception, match="TAG may not charge"):
            await hardware.charge("TAG")
        assert await central_system.store.transactions() == []


@each_version
async def test_charge_point_that_is_not_allowed_is_told_so(version: OcppVersion) -> None:
    """And sends nothing else."""
    central_system = CentralSystem("memory:", CentralSystemSettings(registration=AllowList(["OTHER"])))
    hardware = SimulatedHardware(power_w=3_600_000)
    async with serve(central_system.app) as address, running(settings_of(version), address.url + PATH, hardware) as run:
        with pytest.raises(RegistrationError, match="CP1 is not registered: the central system answered Rejected"):
            await run.charge_point.registered()
        messages = await central_system.store.messages()
        assert [message.operation for message in messages] == ["BootNotification"]


@each_version
async def test_end_of_a_charge_point_stops_its_transaction(version: OcppVersion) -> None:
    """Nothing stays open at the central system."""
    central_system = CentralSystem("memory:")
    async with serve(central_system.app) as address:
        hardware = SimulatedHardware()
        async with running(settings_of(version), address.url + PATH, hardware) as run:
            await run.charge_point.registered()
            await hardware.charge("TAG")
        (stored,) = await central_system.store.transactions()
        assert stored.stop is not None
        assert stored.stop.stopped_at - stored.start.started_at < timedelta(minutes=1)


@each_version
async def test_reset_boots_again(version: OcppVersion) -> None:
    """The command is answered, and a second BootNotification follows."""
    central_system = CentralSystem("memory:")
    hardware = SimulatedHardware(power_w=3_600_000)
    async with serve(central_system.app) as address, running(settings_of(version), address.url + PATH, hardware) as run:
        await run.charge_point.registered()
        commands = await central_system.commands("CP1")
        registration = run.charge_point.registration
        assert await commands.reset(ResetType.SOFT) == "Accepted"
        await run.charge_point.rebooted()
        assert registration.accepted.is_set()
        messages = await central_system.store.messages()
        assert [message.operation for message in messages].count("BootNotification") == 2


@each_version
async def test_charge_point_of_one_version_serves_no_other_and_no_other_identity(version: OcppVersion) -> None:
    """The chosen version alone is served; a request for somebody else is IdentityMismatch."""
    central_system = CentralSystem("memory:")
    other = next(one for one in OcppVersion if one is not version)
    hardware = SimulatedHardware(power_w=3_600_000)
    async with serve(central_system.app) as address, running(settings_of(version), address.url + PATH, hardware) as run:
        await run.charge_point.registered()
        async with SoapClient(run.address, charge_box_identity="CP2") as stranger:
            with pytest.raises(IdentityMismatchError):
                await version_of(version).call_charge_point(stranger).clear_cache()
        async with SoapClient(run.address, charge_box_identity="CP1") as caller:
            with pytest.raises(NotSupportedError):
                await version_of(other).call_charge_point(caller).clear_cache()


async def test_advertised_address_is_what_the_central_system_hears() -> None:
    """Behind a router, the own address is not the one to call."""
    central_system = CentralSystem("memory:")
    advertised = "http://127.0.0.1:65000/elsewhere"
    async with (
        serve(central_system.app) as address,
        running(settings_of(OcppVersion.V15), address.url + PATH, SimulatedHardware(), advertise=advertised) as run,
    ):
        await run.charge_point.registered()
        record = await central_system.store.charge_point("CP1")
        assert record is not None
        assert (run.address, record.advertised_address) == (advertised, advertised)


async def test_address_of_the_machine_is_told_where_all_are_served() -> None:
    """0.0.0.0 is where to listen, not whom to call."""
    central_system = CentralSystem("memory:")
    async with (
        serve(central_system.app) as address,
        running(settings_of(OcppVersion.V15), address.url + PATH, SimulatedHardware(), host="0.0.0.0") as run,
    ):
        await run.charge_point.registered()
        assert run.address.startswith("http://127.0.0.1:")
        assert await (await central_system.commands("CP1")).clear_cache() == "Accepted"


async def test_status_of_each_version_is_stored_in_its_own_word() -> None:
    """What a connector in use is called differs: Occupied, Occupied, Charging."""
    central_system = CentralSystem("memory:")
    seen = []
    async with serve(central_system.app) as address:
        for version in OcppVersion:
            hardware = SimulatedHardware()
            async with running(settings_of(version), address.url + PATH, hardware) as run:
                await run.charge_point.registered()
                await hardware.charge("TAG", 1)
                assert await run.charge_point.flush()
                messages = await central_system.store.messages("CP1", limit=1000)
                requests = [json.loads(one.request) for one in messages if one.operation == "StatusNotification"]
                seen.append([one["status"] for one in requests if one["connectorId"] == 1][-1])
    assert seen == ["Occupied", "Occupied", "Charging"]
