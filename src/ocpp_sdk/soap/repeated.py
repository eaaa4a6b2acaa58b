"""What a peer repeats: all of a request but its MessageID and its payload.

The requests of one peer for one operation are alike to the byte up to the text of their MessageID, and from there again
up to the content of their payload. Both stretches are kept with all that they say and found again by comparing bytes.
Only the two texts that differ are still read, each by the rules that `scanning` has for it. Nothing else is skipped:
what is kept was scanned and judged to the last byte, and no text reaches beyond the tags around it.

Where the stretches end is found by names, which may stand anywhere in a message. So before a request is kept, it is
scanned once more with another MessageID put into the place, which must be the one that is then read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ocpp_sdk.codec.exact import EXACT_ERRORS, NotExact
from ocpp_sdk.soap.scanning import Scanned, cut_rest

if TYPE_CHECKING:
    from ocpp_sdk.codec.rows import Rows
    from ocpp_sdk.codec.scanning import Scan
    from ocpp_sdk.deviation import Deviation
    from ocpp_sdk.operation import AnyOperation
    from ocpp_sdk.soap.limits import Limits

__all__ = ["Kept", "Repeated"]

_PROBE: Final = "urn:uuid:00000000-0000-4000-8000-000000000000"
# Text that means itself: ASCII without blanks, `&`, `<` and `>`.
_PLAIN: Final = re.compile(rb"[!-%'-;=?-~]+").fullmatch
# What all peers together make a server keep: so many requests, of each so many bytes.
_MOST: Final = 4096
_LONGEST: Final = 2048
# To keep a request costs as much as to read it twice; one of so many unknown ones finds those that come again.
_EVERY: Final = 16


@dataclass(slots=True)
class Kept:
    """What the repeated stretches of a request say.

    Attributes:
        operation: what is asked.
        identity: who asks.
        addressing: all headers but MessageID, in the order in which `Addressing` has them.
        deviations: what is odd about them.
        scan: the exact reader of the payload.
        rows: what reads it at one go if it is usual, None if it has no rows.
        ending: the pieces that must follow the content of the payload.
        limits: what was refused when they were scanned.
        elements: how many of them count for `limits`.
        tail: what follows the content of the payload, to the last byte.
    """

    operation: AnyOperation
    identity: str
    addressing: tuple[str | None, ...]
    deviations: tuple[Deviation, ...]
    scan: Scan[object]
    rows: Rows[object] | None
    ending: list[str]
    limits: Limits
    elements: int = 0
    tail: bytes = b""


class Repeated:
    """What the peers of a server repeat, bounded in number and size."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bytes], Kept] = {}
        self._unknown = 0

    def find(self, data: bytes, limits: Limits) -> tuple[Kept, object, str] | None:
        """Return what is kept of such a request, with its own message and MessageID; None if it is unknown.

        Raises:
            NotExact: the payload is not as its schema says; as may any other of `EXACT_ERRORS`.
        """
        start = data.find(b">", data.find(b"MessageID")) + 1
        end = data.find(b"<", start)
        close = data.find(b">", data.find(b"Body>", end) + 5)
        if start + close - end > _LONGEST:
            return None
        kept = self._kept.get((data[:start], data[end:close]))
        if kept is None or kept.limits is not limits:
            return None
        message_id = data[start:end]
        if _PLAIN(message_id) is None:
            return None
        most = limits.max_elements - kept.elements
        # A tag has three characters at least.
        if kept.rows is not None and data.endswith(kept.tail) and len(data) - close < 3 * most:
            try:
                message = kept.rows(data[close + 1 : -len(kept.tail)].decode("ascii"))
            except EXACT_ERRORS:
                pass
            else:
                return kept, message, message_id.decode()
        pieces = cut_rest(data[close:], most)
        message, at = kept.scan(pieces, 1)
        if pieces[at:] != kept.ending:
            raise NotExact
        return kept, message, message_id.decode()

    def is_due(self) -> bool:
        """Count an unknown request, and tell whether it shall be kept."""
        self._unknown += 1
        return not self._unknown % _EVERY

    def keep(self, data: bytes, scanned: Scanned, kept: Kept, read_id: Callable[[bytes], str | None]) -> None:
        """Keep a request, if the places where its stretches end can be told.

        Args:
            data: the request.
            scanned: the same, scanned.
            kept: what it says.
            read_id: scans a request and returns its MessageID; it may raise any of `EXACT_ERRORS`.
        """
        start = data.find(b">", data.find(b"MessageID")) + 1
        end = data.find(b"<", start)
        close = data.find(b">", data.find(b"Body>", end) + 5)
        if not 0 < start < end < close or start + close - end > _LONGEST:
            return
        try:
            rest = cut_rest(data[close:], kept.limits.max_elements)
            found = read_id(data[:start] + _PROBE.encode() + data[end:])
        except EXACT_ERRORS:
            return
        if found != _PROBE or rest[1:] != scanned.pieces[scanned.at :]:
            return
        blanks = data[len(data.rstrip()) :]
        kept.tail = "".join([f"<{piece}" for piece in scanned.ending]).encode() + blanks
        kept.elements = len(scanned.pieces) - 1 - len(rest)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[data[:start], data[end:close]] = kept
