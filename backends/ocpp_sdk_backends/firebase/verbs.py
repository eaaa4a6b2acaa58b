"""What the verbs of every topic stand on."""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk_backends.firebase.changes import Changes, Keep, Put
from ocpp_sdk_backends.firebase.database import Database
from ocpp_sdk_backends.firebase.documents import Node, node_of
from ocpp_sdk_backends.firebase.keys import END, folded, key, padded, split_number
from ocpp_sdk_backends.firebase.writer import Writer

__all__ = ["PAGE", "FirebaseVerbs", "before_text", "verb"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V", bound="FirebaseVerbs")

PAGE: Final = 500
"""How many records are read at once, where not all of them are wanted."""

_SPELLINGS: Final = 10_000
_GREATEST: Final = 2**53
_MICROSECOND: Final = timedelta(microseconds=1)


class FirebaseVerbs:
    """A database, and the few things that are asked of it again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database)
        self._changes = Changes(database)
        self._spellings: OrderedDict[str, str] = OrderedDict()
        self._closed = False
        self._asked = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StorageError(f"{self._database.where}: the store is closed")

    async def _spelled(self, identity: str, at: datetime) -> str:
        """Return the first spelling of a charge point, and make its record if there is none."""
        owner = fold(identity)
        known = self._spellings.get(owner)
        if known is None:
            record = ChargePointRecord(identity=identity, first_seen=utc(at), last_seen=utc(at))
            new = charge_point_node(record)

            def make(found: Node | None) -> Keep[str] | Put[str]:
                return Put(new, identity) if found is None else Keep(str(found["identity"]))

            known = await self._changes.change(f"charge_points/{key(owner)}", make, likely_new=True)
            self._learn(owner, known)
        return known

    def _learn(self, owner: str, spelled: str) -> None:
        self._spellings[owner] = spelled
        if len(self._spellings) > _SPELLINGS:
            self._spellings.popitem(last=False)

    async def _numbers(self, name: str, count: int = 1, *, greatest: int | None = None) -> int:
        """Take numbers out of a sequence; those that wait at the same moment take theirs at once.

        Args:
            name: of the sequence.
            count: how many.
            greatest: the last number there is.

        Returns:
            The first of them.
        """

        def take(found: int | None) -> Put[int]:
            last = found or 0
            if greatest is not None and last + count > greatest:
                raise StorageError(f"no {name} is left, {last} were given out")
            return Put(last + count, last + 1)

        return await self._changes.change(f"sequences/{name}", take)

    async def _pages(
        self, path: str, child: str, prefix: str = "", *, after: str = "", until: str = "", size: int = PAGE
    ) -> AsyncIterator[list[tuple[str, Node]]]:
        """Yield the children of a node page by page, in the order of a child of theirs, each of which differs.

        Args:
            path: of the node.
            child: by which they are sorted.
            prefix: with which that begins.
            after: behind which it lies.
            until: with which it begins at the most; empty for any.
            size: how many at once.
        """
        start, end = after + " " if after else prefix or " ", (until or prefix) + END
        while True:
            found = list((await self._database.query(path, child, start, end, first=size)).items())
            if found:
                yield found
            if len(found) < size:
                return
            start = str(_child_of(found[-1], child)) + " "

    async def _numbered(
        self,
        path: str,
        child: str,
        prefix: str = "",
        *,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = False,
        limit: int,
        fits: Callable[[Node], bool] | None = None,
    ) -> list[Node]:
        """Return nodes in the order of the number at the end of a child of theirs.

        Args:
            path: of their parent.
            child: by which they are sorted.
            prefix: with which that begins, up to the number.
            after: only greater numbers.
            before: only smaller numbers.
            newest_first: whether the greatest numbers come first.
            limit: at most so many.
            fits: which of them; None for all.
        """
        if limit < 1:
            return []
        size = min(limit, PAGE) if fits is None else PAGE
        low, high = after + 1, _GREATEST if before is None else min(before - 1, _GREATEST)
        kept: list[Node] = []
        while low <= high and len(kept) < limit:
            start, end = prefix + padded(low), prefix + padded(high)
            edge = {"last": size} if newest_first else {"first": size}
            found = list((await self._database.query(path, child, start, end, **edge)).items())
            nodes = [node for _, node in (reversed(found) if newest_first else found)]
            kept += nodes if fits is None else filter(fits, nodes)
            if len(found) < size:
                break
            if newest_first:
                high = split_number(_child_of(found[0], child)) - 1
            else:
                low = split_number(_child_of(found[-1], child)) + 1
        return kept[:limit]

    async def _by_number(self, path: str, number: int) -> tuple[str, Node] | None:
        """Return path and node of the record with a number, of those that are kept under other keys."""
        text = padded(number)
        found = await self._database.query(path, "index/number", text, text, first=1)
        return next(((f"{path}/{name}", node) for name, node in found.items()), None)

    async def _at_once(self, work: Callable[[Any], Coroutine[Any, Any, T]], items: list[Any]) -> list[T]:
        """Do the same with many items, some of them at the same moment."""
        results: list[T] = []
        for begin in range(0, len(items), PAGE):
            results += await asyncio.gather(*map(work, items[begin : begin + PAGE]))
        return results

    async def _remove(self, paths: list[str]) -> None:
        for begin in range(0, len(paths), PAGE):
            await self._writer.write(dict.fromkeys(paths[begin : begin + PAGE]))


def verb(
    method: Callable[Concatenate[V, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[V, P], Coroutine[Any, Any, T]]:
    """Refuse a verb after the store was closed, and let closing wait for it."""

    @functools.wraps(method)
    async def guarded(self: V, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self._refuse_closed()
        self._asked += 1
        self._idle.clear()
        try:
            return await method(self, *args, **kwargs)
        finally:
            self._asked -= 1
            if not self._asked:
                self._idle.set()

    return guarded


def charge_point_node(record: ChargePointRecord, found: Mapping[str, Any] | None = None) -> Node:
    """Return the node of a charge point.

    Args:
        record: what is known.
        found: the node that is there, whose unspread writes stay.
    """
    unspread = None if found is None else found.get("unspread")
    return node_of(record, order=folded(record.identity), unspread=unspread)


def before_text(time: datetime) -> str:
    """Return the text of the last moment before a time."""
    moment = utc(time)
    return "" if moment == datetime.min.replace(tzinfo=UTC) else time_text(moment - _MICROSECOND)


def _child_of(item: tuple[str, Node], child: str) -> str:
    name, node = item
    if child == "$key":
        return name
    value: Any = node
    for part in child.split("/"):
        value = value[part]
    return str(value)
