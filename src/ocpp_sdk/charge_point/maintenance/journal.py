"""The last lines that a charge point reported, for diagnostics."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ocpp_sdk.charge_point.maintenance.address import hide_credentials
from ocpp_sdk.clock import Clock

__all__ = ["Journal"]

_LINE: Final = 2000
_WEIGHT: Final = 100
"""What a line takes besides its text, roughly; without it, empty lines would be kept for ever."""


class Journal:
    """Keeps report lines in memory, the oldest of which make room for new ones.

    Args:
        clock: tells when a line came.
        most_characters: how much text is kept; each line counts 100 more than it has.
    """

    def __init__(self, clock: Clock, most_characters: int = 4_000_000) -> None:
        self._clock = clock
        self._most = most_characters
        self._size = 0
        self._lines: deque[tuple[datetime, str]] = deque()

    def note(self, line: str) -> None:
        """Keep a line; credentials in addresses are taken out."""
        text = hide_credentials(line[:_LINE])
        self._lines.append((self._clock.now(), text))
        self._size += len(text) + _WEIGHT
        while self._size > self._most and self._lines:
            self._size -= len(self._lines.popleft()[1]) + _WEIGHT

    def between(self, start: datetime | None, stop: datetime | None) -> Iterator[str]:
        """Return the lines from start to stop, both included, each with its time before it; None is no limit."""
        for at, text in list(self._lines):
            if (start is None or at >= start) and (stop is None or at <= stop):
                yield f"{at.isoformat()} {text}"
