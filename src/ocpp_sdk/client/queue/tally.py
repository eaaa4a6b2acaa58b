"""How many calls of a queue have not ended, without asking the storage for them each time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from ocpp_sdk.storage.calls import CallState, QueuedCall

__all__ = ["Tally"]

_LIVE = frozenset({CallState.WAITING, CallState.CLAIMED})


class Tally:
    """Counts calls from when they are put until they end.

    To put a call that is there already gives the one that is there, so a call counts by its number: those up to some
    number were counted before, and of later ones the numbers are remembered while calls are being put.

    Attributes:
        none: set while nothing waits; not before `found` was told what there is.
    """

    def __init__(self) -> None:
        self._open = 0
        self._counted_to = 0
        self._later: set[int] = set()
        self._putting = 0
        self._known = False
        self.none = asyncio.Event()

    @property
    def open(self) -> int:
        """How many have not ended."""
        return self._open

    @property
    def putting(self) -> bool:
        """Whether calls are being put."""
        return self._putting > 0

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Remember the numbers of calls that are put meanwhile."""
        self._putting += 1
        try:
            yield
        finally:
            self._putting -= 1
            if not self._putting:
                self._counted_to = max(self._later, default=self._counted_to)
                self._later.clear()

    def put(self, call: QueuedCall) -> None:
        """Count a call that the storage has returned, unless it was counted or has ended."""
        if call.state in _LIVE and call.number > self._counted_to and call.number not in self._later:
            self._later.add(call.number)
            self.add(1)

    def found(self, count: int, last: int) -> None:
        """Begin anew with what a storage has.

        Args:
            count: how many calls have not ended.
            last: the greatest number of these.
        """
        self._known = True
        self._counted_to = max(last, self._counted_to)
        self._later = {number for number in self._later if number > last}
        self.add(count + len(self._later) - self._open)

    def at_least(self, count: int) -> None:
        """Correct a count that is too small, as after a call was put whose caller did not wait for it."""
        if self._open < count:
            self.add(count - self._open)

    def clear(self) -> None:
        """Correct a count though nothing waits, as after another process has ended calls."""
        self.add(-self._open)

    def add(self, count: int) -> None:
        """Let some more wait, or less if negative."""
        self._open = max(self._open + count, 0)
        if self._known and not self._open:
            self.none.set()
        else:
            self.none.clear()
