"""A shorter way through uvicorn for a usual reply.

Between the application and uvicorn's connection lies ASGI's `send`: two coroutines, two dicts, a look at each header,
and head and body of the reply written one after the other. So where `receive` and `send` are those of one and the same
`RequestResponseCycle`, with nobody in between who wants to see the events, its state is read and set here as its own
method does. In every other case, and for all that is not usual, the caller goes by ASGI.

This stands on the attributes in `_STANDS_ON` of uvicorn's httptools protocol, made as in 0.54; where something
is missing ASGI is the only way.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from ocpp_sdk.server.asgi import Receive, Send

__all__ = ["cycle_of", "write_reply"]

_MODULE = "uvicorn.protocols.http.httptools_impl"
_STANDS_ON = (
    "access_log",
    "default_headers",
    "disconnected",
    "flow",
    "keep_alive",
    "message_event",
    "on_response",
    "response_complete",
    "response_started",
    "transport",
    "waiting_for_100_continue",
)

_classes: dict[type, bool] = {}
_last_default: tuple[object, bytes] = (None, b"")


def cycle_of(receive: Receive, send: Send) -> RequestResponseCycle | None:
    """Return what both functions belong to, None if the shorter way is not open."""
    cycle: Any = getattr(receive, "__self__", None)
    if cycle is None or getattr(send, "__self__", None) is not cycle:
        return None
    usable = _classes.get(cycle.__class__)
    if usable is None:
        usable = _classes[cycle.__class__] = _is_known(cycle)
    return cycle if usable else None


def _is_known(cycle: object) -> bool:
    """Whether this is what is meant here, of a uvicorn that is made as this module takes it."""
    # uvicorn is not imported for this: if it serves, it is there.
    module = sys.modules.get(_MODULE)
    if module is None or cycle.__class__ is not getattr(module, "RequestResponseCycle", None):
        return False
    # Earlier versions look only in `send` whether the peer wants the connection to be closed.
    begins = getattr(getattr(module, "HttpToolsProtocol", None), "on_headers_complete", None)
    knows_end = "should_keep_alive" in getattr(getattr(begins, "__code__", None), "co_names", ())
    return knows_end and all(hasattr(cycle, name) for name in _STANDS_ON)


def write_reply(cycle: RequestResponseCycle, headers: bytes, body: bytes) -> bool:
    """Write a whole reply of status 200 as one piece, as `send` would in two; False if `send` must be asked.

    Args:
        cycle: of a request that is no HEAD request.
        headers: with the length of the body, without `date` and `connection`, each with its end.
        body: of the reply.
    """
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log:
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    close = b"" if cycle.keep_alive else b"connection: close\r\n"
    defaults = _default_lines(cycle.default_headers)
    cycle.transport.write(b"HTTP/1.1 200 OK\r\n%s%s%s\r\n%s" % (defaults, headers, close, body))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def _default_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Write the headers of every reply; the list is another one once a second, when the date is."""
    global _last_default  # noqa: PLW0603 - list and text change together
    known, lines = _last_default
    if headers is not known:
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        _last_default = (headers, lines)
    return lines
