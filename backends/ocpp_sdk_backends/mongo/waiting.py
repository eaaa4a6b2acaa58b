"""How a worker learns that a call waits.

A worker claims until there is nothing, then waits for a call to be queued, put back, or ended, so that the next one of
its charge point may be sent. What was queued between the two must wake it, so each task remembers
how often the bell had rung when it last began to claim, and does not wait if it has rung since.

The bell is rung by the verbs of this process. What other processes queue is told by a change stream where the server is
part of a replica set; otherwise the count of the queue's numbers is looked at now and then while somebody waits.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.calls import CallState, Queue
from ocpp_sdk_backends.mongo.connection import Connection

__all__ = ["Bell"]

_LOOK_EVERY_S: Final = 0.5
_AGAIN_AFTER_S: Final = 1.0
_PATIENCE_MS: Final = 500


class Bell:
    """Wakes those who wait for the calls of one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._connection = connection
        self._queue = queue
        self._rung = 0
        self._heard: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._sleepers: set[asyncio.Future[None]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

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
        if self._over.is_set():
            return
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        task = asyncio.current_task()
        heard = self._rung if task is None else self._heard.get(task, self._rung)
        if heard == self._rung:
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
        self._over.set()
        self.ring()
        if self._listener is not None:
            await self._listener

    async def _listen(self) -> None:
        while not self._over.is_set():
            try:
                await (self._follow() if self._connection.replicated else self._look_again())
            except StorageError:
                # The verbs of the store say what is wrong; this only listens again when the server is back.
                await self._rest(_AGAIN_AFTER_S)

    async def _follow(self) -> None:
        """Ring when a change stream begins, since it does not tell of before, and for each call not being claimed."""
        free = {"$nin": [None, CallState.CLAIMED.value]}
        told = [{"fullDocument.state": free}, {"updateDescription.updatedFields.state": free}]
        calls = self._connection.durable(self._queue.value)
        run = self._connection.run
        # Asked again and again, and never cancelled, which would cost the connection.
        stream = await run(calls.watch([{"$match": {"$or": told}}], max_await_time_ms=_PATIENCE_MS))
        try:
            self.ring()
            while not self._over.is_set():
                if await run(stream.try_next()) is not None:
                    self.ring()
        finally:
            await run(stream.close())

    async def _look_again(self) -> None:
        """Ring whenever a number of the queue has been given out."""
        sequences = self._connection.latest("sequences")
        last: object = None
        while not self._over.is_set():
            if self._sleepers:
                found = await self._connection.run(sequences.find_one({"_id": self._queue.value}))
                if found is not None and found["last"] != last:
                    last = found["last"]
                    self.ring()
            await self._rest(_LOOK_EVERY_S)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)
