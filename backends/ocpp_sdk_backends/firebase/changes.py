"""Changes of one node that depend on what is there, made with ETags.

A change is a function of the node. It is worked out here and written on the condition that the node is still the same;
if somebody else was faster, it is worked out anew. Changes of one node that wait at the same moment are worked out one
after the other and written at once.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk_backends.firebase.database import NO_NODE, Database

__all__ = ["Changes", "Keep", "Put"]

T = TypeVar("T")

_REMEMBERED: Final = 500
_CHANGED_OFTEN: Final = ("active/", "charge_points/", "lanes/", "sequences/")
_MOST_TRIES: Final = 200
_LONGEST_PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Keep(Generic[T]):
    """The node stays as it is.

    Attributes:
        result: for the caller.
    """

    result: T


@dataclass(frozen=True, slots=True)
class Put(Generic[T]):
    """The node is replaced.

    Attributes:
        value: the new node; None for none.
        result: for the caller.
    """

    value: Any
    result: T


@dataclass(frozen=True, slots=True)
class _Waiting:
    work_out: Callable[[Any], Keep[Any] | Put[Any]]
    done: asyncio.Future[Any]


class Changes:
    """Conditional changes of single nodes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # What was at a place when it was last written: mostly nobody else writes there.
        self._remembered: OrderedDict[str, tuple[Any, str]] = OrderedDict()

    async def change(self, path: str, work_out: Callable[[Any], Keep[T] | Put[T]], *, likely_new: bool = False) -> T:
        """Change a node, and return the result of the change that counted.

        Args:
            path: of the node.
            work_out: the change, from the node that is there (None for none); called again when another was faster.
                It makes a new node and leaves the old one alone. What it raises is raised here, and nothing changes.
            likely_new: whether to take it that there is nothing at the place, unless it is remembered, and to learn
                from the refusal what there is.

        Raises:
            StorageUnavailableError: the database cannot be reached, or others are faster all the time.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(work_out, done)
        if path in self._waiting:
            self._waiting[path].append(waiting)
        else:
            self._waiting[path] = [waiting]
            if likely_new:
                self._remembered.setdefault(path, (None, NO_NODE))
            task = asyncio.create_task(self._run(path))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await done

    def running(self) -> set[asyncio.Task[None]]:
        """Return the tasks that are at work."""
        return set(self._tasks)

    async def _run(self, path: str) -> None:
        while batch := self._waiting[path]:
            self._waiting[path] = []
            try:
                await self._settle(path, batch)
            except BaseException as error:
                self._remembered.pop(path, None)
                _fail(batch, StorageUnavailableError(f"{self._database.where}: {error!r}"))
                if not isinstance(error, Exception):
                    self._waiting.pop(path)
                    raise
        del self._waiting[path]

    async def _settle(self, path: str, batch: list[_Waiting]) -> None:
        try:
            await self._make(path, batch)
        except StorageUnavailableError as error:
            self._remembered.pop(path, None)
            _fail(batch, error)
        except StorageError as error:
            self._remembered.pop(path, None)
            if len(batch) == 1:
                _fail(batch, error)
                return
            # One of them cannot be stored; the others must not suffer for it.
            for waiting in batch:
                await self._settle(path, [waiting])

    async def _make(self, path: str, batch: list[_Waiting]) -> None:
        found, tag = self._remembered.pop(path, (None, ""))
        fresh = not tag
        for turn in range(_MOST_TRIES):
            if not tag:
                found, tag = await self._database.read_tagged(path)
                fresh = True
            value, outcomes = _worked_out(found, batch)
            if value is found:
                if fresh:
                    self._remember(path, found, tag)
                    _tell(outcomes)
                    return
                # What is remembered may be old, and then the answer is.
                tag = ""
                continue
            written, now, now_tag = await self._database.write_if(path, tag, value)
            if written:
                if now_tag:
                    self._remember(path, value, now_tag)
                _tell(outcomes)
                return
            found, tag, fresh = now, now_tag or "", True
            await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.002 * turn)))  # noqa: S311 - no secret
        raise StorageUnavailableError(f"{self._database.where}: others change {path} all the time")

    def _remember(self, path: str, value: Any, tag: str) -> None:  # noqa: ANN401 - JSON
        if not path.startswith(_CHANGED_OFTEN):
            return
        # What holds nothing is not there.
        self._remembered[path] = (value or None if isinstance(value, dict) else value, tag)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


_Outcome = tuple[_Waiting, Any, Exception | None]


def _worked_out(found: Any, batch: list[_Waiting]) -> tuple[Any, list[_Outcome]]:  # noqa: ANN401 - JSON
    """Work out changes one after the other; those that fail are left out."""
    value, outcomes = found, list[_Outcome]()
    for waiting in batch:
        try:
            outcome = waiting.work_out(value)
        except Exception as error:  # what a change raises is for its caller alone
            outcomes.append((waiting, None, error))
            continue
        if isinstance(outcome, Put):
            value = outcome.value
        outcomes.append((waiting, outcome.result, None))
    return value, outcomes


def _tell(outcomes: list[_Outcome]) -> None:
    for waiting, result, error in outcomes:
        if waiting.done.done():
            continue
        if error is not None:
            waiting.done.set_exception(error)
        else:
            waiting.done.set_result(result)


def _fail(batch: list[_Waiting], error: StorageError) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(type(error)(str(error)))
