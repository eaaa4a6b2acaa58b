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
        self._waiting: list[tuple[bytes, bool, Callable[[T | Exception], None]]] = []

    @property
    def waiting(self) -> int:
        """How many messages wait to be read."""
        return len(self._waiting)

    def read(self, data: bytes, inflated: bool) -> asyncio.Future[T]:
        """Read a message with the others of this turn."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def take(found: T | Exception) -> None:
            if answer.done():
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        self.add(data, inflated, take)
        return answer

    def add(self, data: bytes, inflated: bool, take: Callable[[T | Exception], None]) -> None:
        """Read a message with the others of this turn, and hand over what it is or why it cannot be read."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._read_all)
        self._waiting.append((data, inflated, take))

    def _read_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.is_joint = len(waiting) > 1
        read = self._read
        for data, inflated, take in waiting:
            try:
                found: T | Exception = read(data, inflated)
            except Exception as error:
                found = error
            take(found)
