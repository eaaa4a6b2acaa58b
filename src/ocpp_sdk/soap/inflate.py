"""Content codings: gzip and deflate, both ways, never further than a bound."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import LimitExceededError, WireError

if TYPE_CHECKING:
    from ocpp_sdk.soap.limits import Limits

__all__ = ["CODINGS", "deflate", "inflate"]

CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
"""The codings that are read, besides `identity`."""

_GZIP: Final = 31
_ZLIB: Final = 15
_RAW: Final = -15
_MOST_MEMBERS: Final = 64
_NAMES: Final = {_GZIP: "gzip", _ZLIB: "zlib", _RAW: "raw deflate"}


def inflate(data: bytes, coding: str, limits: Limits, deviations: list[Deviation]) -> bytes:
    """Undo a content coding.

    The bytes tell the format better than the header does: deflate is sent with and without zlib's frame, and some
    peers name a coding and then send plain XML.

    Args:
        data: the body of an HTTP message.
        coding: its Content-Encoding, in any letter case; empty or `identity` for none.
        limits: `max_bytes` holds for `data`, `max_inflated_bytes` for the result.
        deviations: receives that the bytes are not what the coding says.

    Raises:
        LimitExceededError: too large, before or after.
        WireError: an unknown coding, or broken data.
    """
    if len(data) > limits.max_bytes:
        raise LimitExceededError(f"message of {len(data)} bytes, {limits.max_bytes} are allowed")
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return data
    if coding not in CODINGS:
        raise WireError(f"content coding {coding[:40]!r} is not supported; use gzip or deflate")
    if _is_plain(data):
        deviations.append(
            Deviation(DeviationKind.CONTENT_ENCODING, "Content-Encoding", f"{coding}, but not compressed")
        )
        return data
    window = _window(data, coding)
    if window != (_ZLIB if coding == "deflate" else _GZIP):
        odd = f"{coding}, but the data is {_NAMES[window]}"
        deviations.append(Deviation(DeviationKind.CONTENT_ENCODING, "Content-Encoding", odd))
    return _inflate(data, window, limits.max_inflated_bytes)


def deflate(data: bytes, coding: str) -> bytes:
    """Apply a content coding; `deflate` means zlib's frame, as HTTP says (RFC 9110, section 8.4.1.2).

    Raises:
        WireError: an unknown coding.
    """
    if coding not in CODINGS:
        raise WireError(f"content coding {coding[:40]!r} is not supported; use gzip or deflate")
    packer = zlib.compressobj(wbits=_ZLIB if coding == "deflate" else _GZIP)
    return packer.compress(data) + packer.flush()


def _is_plain(data: bytes) -> bool:
    """Whether this is XML as it stands: one that begins and ends as compressed data hardly ever does."""
    text = data.strip()
    return text.removeprefix(b"\xef\xbb\xbf")[:1] == b"<" and text[-1:] == b">"


def _window(data: bytes, coding: str) -> int:
    if data[:2] == b"\x1f\x8b":
        return _GZIP
    if len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0:
        return _ZLIB
    return _RAW if coding == "deflate" else _GZIP


def _inflate(data: bytes, window: int, most: int) -> bytes:
    parts: list[bytes] = []
    room = most
    while data:
        if len(parts) == _MOST_MEMBERS:
            raise LimitExceededError(f"the body has more than {_MOST_MEMBERS} gzip members")
        unpacker = zlib.decompressobj(window)
        try:
            part = unpacker.decompress(data, room + 1)
        except zlib.error:
            raise WireError(f"the body is no valid {_NAMES[window]} data") from None
        if len(part) > room:
            raise LimitExceededError(f"the message inflates to more than {most} bytes")
        if not unpacker.eof:
            raise WireError(f"the {_NAMES[window]} data of the body ends too early")
        parts.append(part)
        room -= len(part)
        # A gzip body may hold several members (RFC 1952, section 2.2); whatever else follows is no part of it.
        data = unpacker.unused_data if window == _GZIP and unpacker.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(parts)
