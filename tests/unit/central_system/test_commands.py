"""Calls from the central system to charge points at the address they told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.central_system import CentralSystemSettings
from ocpp_sdk.codec.json import from_json
from ocpp_sdk.errors import AddressRefusedError, ConfigurationError, ConnectError, NotSupportedError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import CallbackPolicy, SoapServer
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.enumerations import CommandStatus
from tests.unit.central_system.running import running

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def charge_point_server(version: OcppVersion, heard: list[str]) -> AsyncIterator[str]:
    """Serve ClearCache of a version, and note whom it was meant for."""
    service = version_of(version).charge_point
    operation = service.operations["ClearCache"]
    server = SoapServer([service], path="/cp")

    @server.on(operation)
    async def clear_cache(request: object, call: Call) -> object:
        heard.append(call.charge_box_identity)
        return from_json(operation.response.type, {"status": "Accepted"}, path="clearCacheResponse")

    async with serve(server) as address:
        yield f"{address.url}/cp"


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_command_reaches_a_charge_point_at_the_address_it_told(version: OcppVersion) -> None:
    """Address and version are those of its last request, and case of the identity does not matter."""
    heard: list[str] = []
    async with running() as here, charge_point_server(version, heard) as url:
        async with here.charge_point(version, "CP1", from_address=url) as central_system:
            await central_system.heartbeat()
        commands = await here.central_system.commands("cp1")
        assert await commands.clear_cache() is CommandStatus.ACCEPTED
    assert heard == ["CP1"]


async def test_command_that_the_version_does_not_have_is_not_sent() -> None:
    """The error says so before anything leaves."""
    heard: list[str] = []
    async with running() as here, charge_point_server(OcppVersion.V12, heard) as url:
        async with here.charge_point(OcppVersion.V12, "CP1", from_address=url) as central_system:
            await central_system.heartbeat()
        commands = await here.central_system.commands("CP1")
        with pytest.raises(NotSupportedError, match=r"1\.2 has no GetConfiguration"):
            await commands.get_configuration()
    assert heard == []


async def test_command_to_a_charge_point_that_never_spoke_is_refused() -> None:
    """Its version is not known."""
    async with running() as here:
        with pytest.raises(ConfigurationError, match="'CP9' has never sent a request"):
            await here.central_system.commands("CP9")


async def test_command_to_a_charge_point_that_told_no_address_is_refused() -> None:
    """The error says what helps."""
    async with running() as here:
        async with here.charge_point(OcppVersion.V15) as central_system:
            await central_system.heartbeat()
        with pytest.raises(AddressRefusedError, match="it must send wsa:From"):
            await here.central_system.commands("CP1")


async def test_address_that_may_not_be_called_is_not_remembered() -> None:
    """A charge point cannot aim the central system at a cloud's metadata; the attempt is counted."""
    async with running() as here:
        async with here.charge_point(OcppVersion.V15, from_address="http://169.254.169.254/latest") as central_system:
            await central_system.heartbeat()
        known = await here.central_system.store.charge_point("CP1")
        with pytest.raises(AddressRefusedError):
            await here.central_system.commands("CP1")
    assert known is not None
    assert (known.advertised_address, known.deviations) == (None, {"address-invalid": 1})


async def test_address_that_the_operator_set_wins() -> None:
    """A charge point behind a gateway is called where the operator says."""
    heard: list[str] = []
    async with charge_point_server(OcppVersion.V15, heard) as url:
        settings = CentralSystemSettings(callback=CallbackPolicy(addresses={"CP1": url}))
        async with running(settings) as here:
            async with here.charge_point(OcppVersion.V15, from_address="http://10.9.9.9/cp") as central_system:
                await central_system.heartbeat()
            assert await (await here.central_system.commands("CP1")).clear_cache() is CommandStatus.ACCEPTED
    assert heard == ["CP1"]


async def test_host_name_is_held_to_the_policy_by_what_it_means() -> None:
    """A name that is allowed as such may not lead to an address that is not."""
    settings = CentralSystemSettings(callback=CallbackPolicy(host_names=True, networks=("10.0.0.0/8",)))
    async with running(settings) as here:
        async with here.charge_point(OcppVersion.V15, from_address="http://localhost:1/cp") as central_system:
            await central_system.heartbeat()
        with pytest.raises(AddressRefusedError, match="may not be called"):
            await here.central_system.commands("CP1")
        async with here.charge_point(OcppVersion.V15, "CP2", from_address="http://cp.invalid/cp") as central_system:
            await central_system.heartbeat()
        with pytest.raises(ConnectError, match="host name is not known"):
            await here.central_system.commands("CP2")
