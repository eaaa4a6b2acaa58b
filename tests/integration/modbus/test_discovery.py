"""Discovery over real multicast on the loopback interface."""

import asyncio
import socket
from contextlib import aclosing

import pytest

from ocpp_sdk.errors import AnnouncementError, ConfigurationError
from ocpp_sdk.modbus.announcement import Announcement
from ocpp_sdk.modbus.discovery import GROUP, listen
from ocpp_sdk.modbus.options import PlcOptions
from ocpp_sdk.modbus.settings import TcpAddress
from tests.unit.modbus.test_announcement import pdu

pytestmark = pytest.mark.anyio


def free_port() -> int:
    """Return a UDP port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def send(port: int, *datagrams: bytes) -> None:
    """Send to the group by the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        sender.bind(("127.0.0.1", 0))
        for datagram in datagrams:
            sender.sendto(datagram, (GROUP, port))


async def test_announcements_to_the_group_are_told_one_by_one() -> None:
    """A PLC is found, nonsense is told as such, and listening goes on."""
    port = free_port()
    async with aclosing(listen(port=port, interface="127.0.0.1")) as found:
        first = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0.05)
        send(port, pdu(), b"nonsense", pdu())
        assert await first == Announcement(TcpAddress("127.0.0.1", 1502), 7)
        assert isinstance(await anext(found), AnnouncementError)
        assert isinstance(await anext(found), Announcement)


async def test_charge_point_that_is_to_discover_its_plc_takes_the_first_that_announces_itself() -> None:
    """Address and unit are the announcement's, all else the options'."""
    port, lines = free_port(), list[str]()
    options = PlcOptions(plc="discover", unit=3, period=0.25)
    locating = asyncio.ensure_future(options.located(lines.append, port=port, interface="127.0.0.1"))
    await asyncio.sleep(0.05)
    send(port, b"nonsense", pdu())
    settings = await locating
    assert settings.address == TcpAddress("127.0.0.1", 1502)
    assert (settings.device.unit_id, settings.period_s) == (7, 0.25)
    assert lines[-1] == "a PLC announces itself at 127.0.0.1:1502, unit 7"
    assert len(lines) == 3


async def test_interface_that_does_not_exist_is_one_line() -> None:
    """A wrong address says what to look at."""
    async with aclosing(listen(port=free_port(), interface="203.0.113.9")) as found:
        with pytest.raises(ConfigurationError, match=r"cannot listen to 224\.1\.1\.1:\d+ on 203\.0\.113\.9: "):
            await anext(found)
