"""What a PLC tells about itself on the network: an XML message that names port and unit of its Modbus server.

Anybody can send such a message, so it is read as any other foreign XML, within narrow bounds, and believed only as far
as it goes: the address of the PLC is the sender's, whatever the message says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ocpp_sdk.errors import AnnouncementError, WireError
from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.parsing import check_depth, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["AGENT_TYPE", "Announcement", "parse_announcement"]

AGENT_TYPE: Final = "other.EVChargeControl"
_LIMITS: Final = Limits(max_bytes=16_384, max_depth=16, max_attributes=32, max_elements=512)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A PLC that can be connected to.

    Attributes:
        address: of its Modbus server.
        unit_id: to be asked there, 0 to 255.
    """

    address: TcpAddress
    unit_id: int


def parse_announcement(data: bytes, host: str) -> Announcement:
    """Read a datagram.

    Args:
        data: the datagram.
        host: the address of its sender.

    Raises:
        AnnouncementError: it announces no PLC of a charge point, or says nonsense; one line that names the sender.
    """
    try:
        root = parse(data, _LIMITS, [])
        check_depth(root, _LIMITS.max_depth)
    except WireError as error:
        raise AnnouncementError(f"{host}: {error}") from None
    if _local(root) != "pdu":
        raise AnnouncementError(f"{host}: announces {_local(root)[:40]!r}, not a pdu")
    agent = _child(root, "hw_agent")
    if agent is None or agent.get("type") != AGENT_TYPE:
        found = "nothing" if agent is None else repr((agent.get("type") or "")[:40])
        raise AnnouncementError(f"{host}: the agent is {found}, not {AGENT_TYPE}")
    server = _path(agent, "protocols", "modbus_tcp")
    if server is None:
        raise AnnouncementError(f"{host}: announces no protocols/modbus_tcp")
    port = _number(host, "transports/tcp/port", _path(server, "transports", "tcp", "port"), 1, 65535)
    unit_id = _number(host, "slave_id", next((one for one in server.iter() if _local(one) == "slave_id"), None), 0, 255)
    return Announcement(TcpAddress(host, port), unit_id)


def _path(element: _Element, *names: str) -> _Element | None:
    found: _Element | None = element
    for name in names:
        found = None if found is None else _child(found, name)
    return found


def _child(element: _Element, name: str) -> _Element | None:
    return next((child for child in element if _local(child) == name), None)


def _local(element: _Element) -> str:
    return element.tag.rpartition("}")[2]


def _number(host: str, name: str, element: _Element | None, least: int, most: int) -> int:
    text = "" if element is None else (element.text or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and least <= int(text) <= most):
        raise AnnouncementError(f"{host}: {name} is {text[:20]!r}, it must be {least} to {most}")
    return int(text)
