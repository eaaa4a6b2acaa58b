"""Requests that offer another protocol: the offer is passed over, and the request is read to its end.

Java's HTTP client, and with it Apache CXF, offers HTTP/2 (`Upgrade: h2c`) with requests to plain http addresses. A
server may ignore that (RFC 9110 section 7.8). The parser below uvicorn takes all that follows such a head for the other
protocol instead: the body would be lost, and with it the request after it.
"""

from __future__ import annotations

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["PatientProtocol"]

_FRAMING = (b"content-length", b"transfer-encoding")


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which goes on in HTTP/1.1 after an offer to change it."""

    def data_received(self, data: bytes) -> None:
        """Parse what came, by a new parser from each head on at which the present one stops."""
        self._unset_keepalive_if_required()
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stopped:
                data = data[stopped.args[0] :]
                self._continue_with_body()
                if data:
                    continue
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
            return

    def on_message_complete(self) -> None:
        """Go by the end of the body; a head with an offer counts as a whole message for the parser that stops at it."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _continue_with_body(self) -> None:
        """Take a new parser and tell it how long the body is that follows."""
        framing = [b"%s: %s\r\n" % header for header in self.headers if header[0] in _FRAMING]
        self.parser = httptools.HttpRequestParser(_AfterHead(self))
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%s\r\n" % b"".join(framing))


class _AfterHead:
    """What a parser reports, without the first head, which the protocol knows already."""

    def __init__(self, protocol: PatientProtocol) -> None:
        self._protocol = protocol
        self._knows_head = False
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete

    def on_message_begin(self) -> None:
        if self._knows_head:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._knows_head:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._knows_head:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._knows_head:
            self._protocol.on_headers_complete()
        self._knows_head = True
