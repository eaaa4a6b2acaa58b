"""Requests that have come at the same moment are read right after each other.

A processor that has just read a message reads the next one in half the time. Where many requests are under way, each
goes a short way between waits, and what one step has left in the caches is gone when the next request gets there. So
each waits for the others of its turn of the event loop, and they are read together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["JointReader"]

T = TypeVar("T")


class JointReader(Generic[T]):
    """Reads messages at the end of the turn in which they come.

    Args:
        read: reads a message, and is told whether it was compressed; what it raises, the one who waits for it gets.

    Attributes:
        is_joint: whether messages have come together the last time.
    """

    def __init__(self, read: Callable[[bytes, bool], T]) -> None:
        self._read = read
        self.is_joint = False
        self._waiting: list[tuple[asyncio.Future[T], bytes, bool]] = []

    def read(self, data: bytes, inflated: bool) -> asyncio.Future[T]:
        """Read a message with the others of this turn."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._read_all)
        self._waiting.append((answer, data, inflated))
        return answer

    def _read_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.is_joint = len(waiting) > 1
        for answer, data, inflated in waiting:
            if answer.done():
                continue
            try:
                answer.set_result(self._read(data, inflated))
            except Exception as error:
                answer.set_exception(error)
