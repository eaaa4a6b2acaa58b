"""The body of a request, bounded in size, and the content headers of both directions."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.server.asgi import Message, Receive
from ocpp_sdk.server.stepping import ExpiredError, within
from ocpp_sdk.soap.inflate import CODINGS

__all__ = [
    "BodyTooLargeError",
    "HttpError",
    "PeerGoneError",
    "accepted_coding",
    "check_content_type",
    "content_coding",
    "content_length",
    "discard",
    "read_body",
]

_SOAP = b"application/soap+xml"
_XML = frozenset({b"text/xml", b"application/xml"})


class HttpError(Exception):
    """A request that is answered by HTTP alone, since it is no business of SOAP.

    Attributes:
        status: the HTTP status.
        text: one line for people.
        headers: further headers of the reply.
    """

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


class BodyTooLargeError(HttpError):
    """More bytes than allowed, announced or sent; the rest of the body is on its way."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the message is larger than {limit} bytes", (b"connection", b"close"))


class PeerGoneError(Exception):
    """The peer closed the connection before its request was complete; nobody waits for an answer."""


async def read_body(receive: Receive, limit: int, seconds: float) -> bytes:
    """Read a body; one that arrived in one piece is not copied, and needs no timer.

    Args:
        receive: of the request.
        limit: size, in bytes.
        seconds: time for the whole body.

    Raises:
        BodyTooLargeError: more than `limit` bytes.
        HttpError: 408, the time is over.
        PeerGoneError: the connection ended first.
    """
    began = monotonic()
    try:
        event = await within(receive(), seconds)
        body: bytes = event.get("body", b"")
        if event["type"] == "http.request" and not event.get("more_body") and len(body) <= limit:
            return body
        return await within(_read_parts(event, receive, limit), began + seconds - monotonic())
    except ExpiredError:
        raise HttpError(408, "the request did not arrive in time", (b"connection", b"close")) from None


async def _read_parts(event: Message, receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if event["type"] == "http.disconnect":
            raise PeerGoneError
        part: bytes = event.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLargeError(limit)
        parts.append(part)
        if not event.get("more_body"):
            return b"".join(parts)
        event = await receive()


async def discard(receive: Receive, most: int) -> None:
    """Read the rest of a refused body up to a bound.

    A connection that is closed while bytes lie unread is reset, and the reset can overtake the reply.
    """
    while most > 0:
        event = await receive()
        if event["type"] == "http.disconnect" or not event.get("more_body"):
            return
        most -= len(event.get("body", b""))


def content_length(headers: Mapping[bytes, bytes]) -> int:
    """Return the announced size of the body, 0 if there is none."""
    text = headers.get(b"content-length")
    return int(text) if text is not None and text.isdigit() and len(text) < 20 else 0


def check_content_type(value: bytes | None, deviations: list[Deviation], *, strict: bool) -> None:
    """Accept the media types that carry SOAP.

    Args:
        value: the Content-Type header, None if there is none.
        deviations: receives that it is not the one of SOAP 1.2.
        strict: whether that is refused.

    Raises:
        HttpError: 415.
    """
    if value is None:
        detail = "missing"
    else:
        media_type = value.partition(b";")[0].strip().lower()
        if media_type == _SOAP:
            return
        detail = media_type.decode("latin-1")[:80]
        if media_type and media_type not in _XML:
            raise HttpError(415, "a request has the content type application/soap+xml")
    if strict:
        raise HttpError(415, f"a request has the content type application/soap+xml, here it is {detail or 'empty'}")
    deviations.append(Deviation(DeviationKind.CONTENT_TYPE, "Content-Type", detail or "empty"))


def content_coding(value: bytes) -> str | None:
    """Return the coding that a Content-Encoding header names, None for none.

    Raises:
        HttpError: 415, with the codings that are read.
    """
    coding = value.decode("latin-1").strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in CODINGS:
        raise HttpError(415, "content codings are gzip and deflate", (b"accept-encoding", b"gzip, deflate"))
    return coding


def accepted_coding(value: bytes) -> str | None:
    """Choose the coding of a reply by the Accept-Encoding of the request (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for item in value.decode("latin-1").lower().split(","):
        name, _, parameters = item.partition(";")
        weights[name.strip()] = _weight(parameters)
    default = weights.get("*", 0.0)
    best = max(("gzip", "deflate"), key=lambda coding: weights.get(coding, default))
    return best if weights.get(best, default) > 0 else None


def _weight(parameters: str) -> float:
    name, _, text = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
