"""How a worker learns that a call waits.

A worker claims until there is nothing, then waits for a call to be queued, put back, or ended, so that the next one of
its charge point may be sent. What was queued between the two must wake it, so each task remembers
how often the bell had rung when it last began to claim, and does not wait if it has rung since.

The bell is rung by the verbs of this process. What other processes queue is told by a change stream where the server is
part of a replica set; otherwise the count of the queue's numbers is looked at now and then while somebody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from pymongo.errors import PyMongoError

from ocpp_sdk.storage.calls import CallState, Queue
from ocpp_sdk_backends.mongo.connection import Connection

__all__ = ["Bell"]

_LOOK_EVERY_S: Final = 0.5
_AGAIN_AFTER_S: Final = 1.0


class Bell:
    """Wakes those who wait for the calls of one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._connection = connection
        self._queue = queue
        self._rung = 0
        self._heard: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._sleepers: set[asyncio.Future[None]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._closed = False

    def ring(self) -> None:
        """Wake all who wait, and keep those from waiting who looked before."""
        self._rung += 1
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    def look(self) -> None:
        """Note that the current task looks for calls now."""
        task = asyncio.current_task()
        if task is not None:
            self._heard[task] = self._rung

    async def wait(self, timeout_s: float) -> None:
        """Return when the bell rings, or has rung since the current task looked; at the latest after some seconds."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        task = asyncio.current_task()
        heard = self._rung if task is None else self._heard.get(task, self._rung)
        if heard == self._rung and not self._closed:
            sleeper = asyncio.get_running_loop().create_future()
            self._sleepers.add(sleeper)
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(sleeper, timeout_s)
            finally:
                self._sleepers.discard(sleeper)
        self.look()

    async def close(self) -> None:
        """Wake all who wait, and listen no more."""
        self._closed = True
        self.ring()
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self._streamed() if self._connection.replicated else self._looked():
                    self.ring()
            except PyMongoError:
                # The verbs of the store say what is wrong; this only listens again when the server is back.
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _streamed(self) -> AsyncIterator[None]:
        """Yield when a change stream begins, since it does not tell of before, and with each call not being claimed."""
        free = {"$nin": [None, CallState.CLAIMED.value]}
        told = [{"fullDocument.state": free}, {"updateDescription.updatedFields.state": free}]
        calls = self._connection.durable(self._queue.value)
        async with await calls.watch([{"$match": {"$or": told}}]) as stream:
            yield
            async for _ in stream:
                yield

    async def _looked(self) -> AsyncIterator[None]:
        """Yield whenever a number of the queue has been given out."""
        sequences = self._connection.latest("sequences")
        last: object = None
        while True:
            if self._sleepers:
                found = await sequences.find_one({"_id": self._queue.value})
                if found is not None and found["last"] != last:
                    last = found["last"]
                    yield
            await asyncio.sleep(_LOOK_EVERY_S)
