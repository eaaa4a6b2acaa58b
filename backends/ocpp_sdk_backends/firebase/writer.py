"""Group commit: writes that wait at the same moment go as one update of many places."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk_backends.firebase.database import Database

__all__ = ["Writer"]

_MOST_PLACES: Final = 2000


@dataclass(frozen=True, slots=True)
class _Waiting:
    changes: Mapping[str, object]
    done: asyncio.Future[None]


class Writer:
    """Writes without a condition, in the order in which they come."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, changes: Mapping[str, object]) -> None:
        """Put values at places, all or none, and return when that is done.

        Args:
            changes: by path; None removes what is there. No path lies below another.
        """
        if not changes:
            return
        waiting = _Waiting(changes, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await waiting.done

    def running(self) -> set[asyncio.Task[None]]:
        """Return the task that is at work, if one is."""
        return set() if self._task is None or self._task.done() else {self._task}

    async def _run(self) -> None:
        while self._waiting:
            batch = self._next()
            await self._send(batch)

    def _next(self) -> list[_Waiting]:
        """Take as many as fit into one update: not too many, and no place within another."""
        taken: list[_Waiting] = []
        places: set[str] = set()
        above: set[str] = set()
        for waiting in self._waiting:
            own = {parent for place in waiting.changes for parent in _parents(place)}
            overlaps = not above.isdisjoint(waiting.changes) or not places.isdisjoint(own)
            if taken and (overlaps or len(places) + len(waiting.changes) > _MOST_PLACES):
                break
            taken.append(waiting)
            places.update(waiting.changes)
            above |= own
        del self._waiting[: len(taken)]
        return taken

    async def _send(self, batch: list[_Waiting]) -> None:
        changes: dict[str, object] = {}
        for waiting in batch:
            changes.update(waiting.changes)
        try:
            await self._database.update(changes)
        except StorageUnavailableError as error:
            _fail(batch, error)
        except StorageError as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            # One of them cannot be stored; the others must not suffer for it.
            for waiting in batch:
                await self._send([waiting])
        except BaseException as error:
            _fail(batch, StorageUnavailableError(f"{self._database.where}: {error!r}"))
            raise
        else:
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_result(None)


def _parents(place: str) -> Iterator[str]:
    while place := place.rpartition("/")[0]:
        yield place


def _fail(batch: list[_Waiting], error: StorageError) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(type(error)(str(error)))
