"""The whole store."""

from __future__ import annotations

import asyncio

from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.firebase.database import Database
from ocpp_sdk_backends.firebase.transfer import TransferVerbs
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = ["FirebaseStore"]


class FirebaseStore(TransferVerbs):
    """`Store` in a Realtime Database; made by `open_firebase`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._closing: asyncio.Task[None] | None = None

    @verb
    async def ping(self) -> None:
        """Ask the database whether it answers.

        Raises:
            StorageUnavailableError: it does not.
        """
        await self._database.read("meta/format")

    async def close(self) -> None:
        """Finish what was asked, then give everything back; may be called again."""
        if self._closing is None:
            self._closed = True
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for queue in self._woken:
            self._wake(queue)
        await self._idle.wait()
        await self._settle()
        await self._database.close()

    async def _settle(self) -> None:
        """Wait for writes whose callers have gone away."""
        while running := {*self._spreading.values(), *self._changes.running(), *self._writer.running()}:
            await asyncio.wait(running)
            await asyncio.sleep(0)


_: type[Store] = FirebaseStore
