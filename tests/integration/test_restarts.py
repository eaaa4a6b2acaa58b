"""What a charge point knows again after a restart, over real sockets and in real storages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.charge_point import ChargePointSettings, Running, SimulatedHardware, running
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import IdTagRecord, Store, open_store
from ocpp_sdk.versions.domain import IdTagInfo, LocalListEntry, LocalListUpdate
from ocpp_sdk.versions.enumerations import AuthorizationStatus, AvailabilityType, UpdateType
from ocpp_sdk.versions.roles import ChargePointCommands

pytestmark = pytest.mark.anyio

SETTINGS = ChargePointSettings(identity="CP1", version=OcppVersion.V16, sample_interval_s=0, boot_attempts=1)
ACCEPTED = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="P")
BLOCKED = IdTagInfo(status=AuthorizationStatus.BLOCKED)


@asynccontextmanager
async def both(store: Store | str) -> AsyncIterator[tuple[CentralSystem, Running, ChargePointCommands]]:
    """Run a central system, and a charge point that keeps its state in a store."""
    central_system = CentralSystem("memory:")
    hardware = SimulatedHardware()
    async with (
        serve(central_system.app) as address,
        running(SETTINGS, address.url + DEFAULT_PATH, hardware, store=store) as run,
    ):
        await run.charge_point.registered()
        yield central_system, run, await central_system.commands("CP1")


def update(version: int, kind: UpdateType, **entries: IdTagInfo | None) -> LocalListUpdate:
    """Return an update of a local list."""
    given = tuple(LocalListEntry(id_tag=id_tag, info=info) for id_tag, info in entries.items())
    return LocalListUpdate(update_type=kind, list_version=version, entries=given)


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_charge_point_is_after_a_restart_what_commands_made_it(kind: str, tmp_path: Path) -> None:
    """Configuration, availability, local list and authorization cache."""
    url = f"sqlite:///{tmp_path / 'cp.db'}" if kind == "sqlite" else f"file://{tmp_path / 'cp'}"
    async with both(url) as (central_system, run, commands):
        assert await commands.change_configuration("NoSuchKey", "77") == "NotSupported"
        assert await commands.change_configuration("lightintensity", "55") == "Accepted"
        assert await commands.change_configuration("ConnectorPhaseRotation", "1.RST") == "RebootRequired"
        assert await commands.change_availability(2, AvailabilityType.INOPERATIVE) == "Accepted"
        full = update(5, UpdateType.FULL, Tag1=ACCEPTED, Tag2=BLOCKED)
        assert (await commands.send_local_list(full)).status == "Accepted"
        changes = update(6, UpdateType.DIFFERENTIAL, TAG2=None, Tag3=BLOCKED)
        assert (await commands.send_local_list(changes)).status == "Accepted"
        await central_system.store.put_id_tag(IdTagRecord(id_tag="Tag9", parent_id_tag="Q"))
        await run.charge_point.authorization.authorize("Tag9")
    async with both(url) as (central_system, run, commands):
        configuration = await commands.get_configuration(("LightIntensity", "ConnectorPhaseRotation"))
        assert [key.value for key in configuration.keys] == ["55", "1.RST"]
        assert await commands.get_local_list_version() == 6
        authorization = run.charge_point.authorization
        assert authorization.known("tag1") == ACCEPTED
        assert authorization.known("Tag2") is None
        assert authorization.known("Tag3") == BLOCKED
        assert authorization.known("TAG9") == IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="Q")
        assert await run.charge_point.flush()
        statuses = await central_system.store.connector_statuses("CP1")
        assert [status.status for status in statuses] == ["Available", "Available", "Unavailable"]
        assert await commands.clear_cache() == "Accepted"
        assert await commands.change_availability(0, AvailabilityType.OPERATIVE) == "Accepted"
        assert (await commands.send_local_list(update(0, UpdateType.FULL))).status == "Accepted"
    async with both(url) as (_, run, commands):
        assert run.charge_point.authorization.known("Tag9") is None
        assert run.charge_point.authorization.known("Tag1") is None
        assert await commands.get_local_list_version() == 0
        hardware = run.charge_point.hardware
        assert isinstance(hardware, SimulatedHardware)
        assert (await hardware.charge("Tag1", 2)).connector_id == 2


async def test_change_that_cannot_be_kept_is_answered_with_a_fault() -> None:
    """What was acknowledged must be there after a restart."""
    store = await open_store("memory:")
    async with both(store) as (_, run, commands):
        await store.close()
        with pytest.raises(InternalError, match="the change could not be kept"):
            await commands.change_configuration("LightIntensity", "55")
        with pytest.raises(InternalError, match="the change could not be kept"):
            await commands.send_local_list(update(5, UpdateType.FULL, Tag1=ACCEPTED))
        assert run.charge_point.authorization.known("Tag1") is None
        # The cache is for convenience only: who may charge, may charge.
        assert (await run.charge_point.authorization.authorize("Tag9")).status is AuthorizationStatus.ACCEPTED


async def test_charge_point_without_a_store_begins_anew() -> None:
    """As the command does unless it is told a storage."""
    for _ in range(2):
        async with both("memory:") as (_, _, commands):
            assert await commands.get_local_list_version() == 0
            await commands.send_local_list(update(5, UpdateType.FULL, Tag1=ACCEPTED))
