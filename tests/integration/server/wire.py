"""Plain HTTP over a socket, so that a test decides about every byte it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from ocpp_sdk.server.run import ServerAddress

PATH = "/Ocpp/CentralSystemService"
SOAP_TYPE = "application/soap+xml; charset=utf-8"
MESSAGE_ID = "urn:uuid:6f7f49c2-f87d-45ca-a347-fb1ed691925c"


@dataclass(frozen=True)
class HttpReply:
    """A reply that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def texts(self) -> dict[str, str]:
        """Text of every element that has one, by local name."""
        root = etree.fromstring(self.body)
        return {etree.QName(e).localname: e.text for e in root.iter("*") if e.text and e.text.strip()}

    @property
    def subcode(self) -> str:
        """Local name of the subcode of the fault in the body."""
        values = etree.fromstring(self.body).findall(".//{*}Subcode/{*}Value")
        return (values[0].text or "").rpartition(":")[2] if values else ""


def envelope(
    payload: str = '<authorizeRequest xmlns="urn://Ocpp/Cs/2012/06/"><idTag>ABC</idTag></authorizeRequest>',
    *,
    identity: str = "CP001",
    action: str = "/Authorize",
    namespace: str = "urn://Ocpp/Cs/2012/06/",
    more_headers: str = "",
) -> bytes:
    """Build a request as charge points send it."""
    header = f'<chargeBoxIdentity xmlns="{namespace}">{identity}</chargeBoxIdentity>' if identity else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<s:Header>{header}<a:MessageID>{MESSAGE_ID}</a:MessageID><a:Action>{action}</a:Action>{more_headers}"
        f"</s:Header><s:Body>{payload}</s:Body></s:Envelope>"
    ).encode()


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Build a request line with headers."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def request(body: bytes = b"", **headers: str) -> bytes:
    """Write a request."""
    body = body or envelope()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    framing = {} if "Transfer-Encoding" in named else {"Content-Length": str(len(body))}
    return head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, **framing, **named}) + body


async def read_reply(reader: asyncio.StreamReader, *, bodiless: bool = False) -> HttpReply:
    """Read one reply; both forms of a body are understood."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif not bodiless:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpReply(status, headers, body)


async def send_raw(address: ServerAddress, data: bytes, *, bodiless: bool = False) -> HttpReply:
    """Send bytes over a connection of their own and read one reply."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(data)
        return await read_reply(reader, bodiless=bodiless)
    finally:
        writer.close()
        await writer.wait_closed()


async def post(
    address: ServerAddress, body: bytes, headers: Mapping[str, str | None] | None = None, *, path: str = PATH
) -> HttpReply:
    """Send a SOAP request; a header of None is left out."""
    given: dict[str, str | None] = {
        "Host": f"{address.host}:{address.port}",
        "Content-Type": SOAP_TYPE,
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return await send_raw(address, head("POST", path, kept) + body)


async def ask(address: ServerAddress, method: str, path: str, headers: Mapping[str, str] | None = None) -> HttpReply:
    """Send a request without a body."""
    given = {"Host": f"{address.host}:{address.port}", **(headers or {})}
    return await send_raw(address, head(method, path, given), bodiless=method == "HEAD")


async def exchange(address: ServerAddress, *packets: bytes, replies: int = 1) -> tuple[list[HttpReply], bytes]:
    """Send packets over one connection; return the replies, and what the server sent after them until it closed."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        for packet in packets:
            writer.write(packet)
            await writer.drain()
        found = [await read_reply(reader) for _ in range(replies)]
        if found[-1].headers.get("connection") == "close":
            return found, await reader.read()
        return found, b""
    finally:
        writer.close()
        await writer.wait_closed()
