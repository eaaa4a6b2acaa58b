"""Listening for PLCs that announce themselves by multicast: `async for announcement in listen(): …`."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from typing import Final

from ocpp_sdk.errors import AnnouncementError, ConfigurationError
from ocpp_sdk.modbus.announcement import Announcement, parse_announcement

__all__ = ["ANY_INTERFACE", "GROUP", "PORT", "listen"]

GROUP: Final = "224.1.1.1"
PORT: Final = 7751
_WAITING: Final = 64
ANY_INTERFACE: Final = "0.0.0.0"  # noqa: S104 - to join a group where the system chooses, not to bind to


async def listen(
    *, group: str = GROUP, port: int = PORT, interface: str = ANY_INTERFACE
) -> AsyncGenerator[Announcement | AnnouncementError, None]:
    """Listen to announcements, for ever.

    Args:
        group: multicast address.
        port: of the group.
        interface: address of the network interface; by default the one that the system chooses.

    Yields:
        Each announcement, as often as it is sent, or why a datagram is none. While nobody takes them, the last few
        are kept.

    Raises:
        ConfigurationError: the group cannot be joined.
    """
    datagrams: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue(_WAITING)
    receiver = _joined(group, port, interface)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Receiver(datagrams), sock=receiver
    )
    try:
        while True:
            data, host = await datagrams.get()
            try:
                found: Announcement | AnnouncementError = parse_announcement(data, host)
            except AnnouncementError as error:
                found = error
            yield found
    finally:
        transport.close()


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, datagrams: asyncio.Queue[tuple[bytes, str]]) -> None:
        self._datagrams = datagrams

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._datagrams.full():
            # Announcements are repeated, so the newest ones are worth most.
            self._datagrams.get_nowait()
        self._datagrams.put_nowait((data, addr[0]))


def _joined(group: str, port: int, interface: str) -> socket.socket:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        receiver.setblocking(False)
        membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface))
        # Bound to the group and not to all addresses, so that nobody can announce by unicast from afar.
        receiver.bind((group, port))
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except (OSError, OverflowError) as error:
        receiver.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen to {group}:{port} on {interface}: {reason}; see that the interface exists and takes "
            "multicast"
        ) from error
    return receiver
