"""Group commit: documents that wait at the same moment go to the server together, under one wait for its journal.

While one group is written the next one gathers, so nobody waits for company, and a busy store writes large groups. A
document that cannot be written, for what it holds or because its key is taken, fails alone. The numbers of a group are
taken at once, and groups of a process follow one another, so that numbers rise in the order of writing.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure

from ocpp_sdk_backends.mongo.connection import Connection
from ocpp_sdk_backends.mongo.documents import Document, encoded

__all__ = ["Build", "NumberedInserts", "body"]

Build: TypeAlias = Callable[[int], bytes]
"""Makes a document, in BSON, of the first of its numbers."""

_GROUP: Final = 500
_DUPLICATE: Final = 11000


@dataclass(eq=False, slots=True)
class _Wish:
    build: Build
    count: int
    beside: UpdateOne | None
    done: asyncio.Future[int | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self, number: int | None) -> None:
        if not self.done.done():
            self.done.set_result(number)

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class NumberedInserts:
    """Adds documents to one collection, under numbers of a sequence."""

    def __init__(self, connection: Connection, name: str, sequence: str | None = None) -> None:
        """Write to one collection.

        Args:
            connection: to the database.
            name: of the collection.
            sequence: whose numbers the documents get; that of the collection's name if None.
        """
        self._connection = connection
        self._documents = connection.durable(name)
        self._charge_points = connection.durable("charge_points")
        self._sequence = sequence or name
        self._wishes: deque[_Wish] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def add(self, build: Build, *, count: int = 1, beside: UpdateOne | None = None) -> int | None:
        """Write a document, and return when it is durable.

        Args:
            build: makes the document.
            count: how many numbers it gets.
            beside: a change of a charge point's record that goes before it.

        Returns:
            The first of its numbers; None if another document has its key, which is then durable.
        """
        wish = _Wish(build, count, beside)
        self._wishes.append(wish)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        return await wish.done

    async def _write_all(self) -> None:
        try:
            while self._wishes:
                group = [self._wishes.popleft() for _ in range(min(_GROUP, len(self._wishes)))]
                try:
                    await self._write(group)
                except Exception as error:
                    for wish in group:
                        wish.fail(error)
        finally:
            self._writer = None

    async def _write(self, group: list[_Wish]) -> None:
        while group:
            first, _ = await asyncio.gather(
                self._connection.numbers(self._sequence, sum(wish.count for wish in group)), self._write_beside(group)
            )
            numbers: list[int] = []
            built: list[RawBSONDocument] = []
            writing: list[_Wish] = []
            for wish in group:
                if wish.done.done():
                    continue
                try:
                    built.append(RawBSONDocument(wish.build(first)))
                except Exception as error:
                    wish.fail(error)
                    continue
                numbers.append(first)
                writing.append(wish)
                first += wish.count
            group = await self._insert(built, writing, numbers)

    async def _write_beside(self, group: list[_Wish]) -> None:
        changing = [wish for wish in group if wish.beside is not None and not wish.done.done()]
        while changing:
            try:
                await self._charge_points.bulk_write(
                    [wish.beside for wish in changing if wish.beside is not None], ordered=False
                )
            except BulkWriteError as error:
                # Whose charge point was made by another process at the same moment finds it now.
                again = [changing[at] for at in _share_out(error, changing)]
            else:
                again = []
            changing = [wish for wish in again if not wish.done.done()]
        for wish in group:
            wish.beside = None

    async def _insert(self, built: list[RawBSONDocument], writing: list[_Wish], numbers: list[int]) -> list[_Wish]:
        """Insert documents, and return those whose numbers were taken by somebody."""
        taken: dict[int, bool] = {}
        if built:
            try:
                # A list of its own, since the driver may put its own kind of documents into what it is given.
                await self._documents.insert_many([*built], ordered=False)
            except BulkWriteError as error:
                taken = _share_out(error, writing)
        again: list[_Wish] = []
        for at, wish in enumerate(writing):
            if at not in taken:
                wish.end(numbers[at])
            elif taken[at]:
                # The count of a server that had lost its last, unanswered increment when it came back.
                again.append(wish)
            else:
                wish.end(None)
        return again


def body(fields: Document) -> Build:
    """Return what puts a number as `_id` before fields, which are found out to be storable now."""
    data = encoded(fields)

    def build(number: int) -> bytes:
        return struct.pack("<i", len(data) + 13) + b"\x12_id\x00" + struct.pack("<q", number) + data[4:]

    return build


def _share_out(error: BulkWriteError, wishes: list[_Wish]) -> dict[int, bool]:
    """Give each wish its own failure, and return those whose key is taken: position, whether it is the number."""
    details: dict[str, Any] = dict(error.details or {})
    if details.get("writeConcernErrors"):
        raise error
    taken: dict[int, bool] = {}
    for failed in details.get("writeErrors", []):
        at = failed["index"]
        if failed["code"] == _DUPLICATE:
            taken[at] = "_id" in failed.get("keyPattern", {})
        else:
            wishes[at].fail(OperationFailure(failed["errmsg"], failed["code"], failed))
            taken[at] = False
    return taken
