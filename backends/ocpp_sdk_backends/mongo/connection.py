"""What all parts of a store share: the database, who is asking it, and the numbers that it gives out.

On a replica set, what is read must be what a majority has (read concern majority), or a verb could read what a failover
takes back. What is read to decide upon, though, is read as it stands now (`latest`), and compared again by the write
that follows. Where such a reading alone makes the answer, as for a start that has come before, `settle` waits until
what was read is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from pymongo import AsyncMongoClient, ReadPreference, ReturnDocument, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk_backends.mongo.documents import Document, document, encoded
from ocpp_sdk_backends.mongo.failures import FOREIGN, failure

__all__ = ["FORMAT", "FORMAT_ID", "GREATEST_ID", "LIMITED", "Connection", "Part", "bounded", "of_charge_point", "verb"]

GREATEST_ID: Final = 2**31 - 1
LIMITED: Final = frozenset({"transaction_id", "reservation_id"})
"""Sequences that end at `GREATEST_ID`."""

T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S", bound="Part")

_GREATEST_LIMIT: Final = 2**31 - 1
_SPELLINGS: Final = 100_000
FORMAT_ID: Final = "format"
FORMAT: Final = 1


class Connection:
    """One database, as the parts of a store use it.

    Attributes:
        where: the storage by its URL without user and password, for people.
        replicated: whether the server is part of a replica set, which alone knows change streams.
    """

    def __init__(self, client: AsyncMongoClient[Document], database: str, where: str, *, replicated: bool) -> None:
        self.where = where
        self.replicated = replicated
        self._client = client
        durable = WriteConcern(w="majority", j=True, wtimeout=10_000)
        self._durable: AsyncDatabase[Document] = client.get_database(
            database,
            write_concern=durable,
            read_concern=ReadConcern("majority" if replicated else "local"),
            read_preference=ReadPreference.PRIMARY,
        )
        self._latest = self._durable.with_options(read_concern=ReadConcern("local"))
        # Where one server keeps one journal, a write that another one follows need not wait for it by itself.
        self._ahead = self._durable.with_options(write_concern=durable if replicated else WriteConcern(w=1))
        self._at_work: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._spellings: dict[str, str] = {}

    def durable(self, name: str) -> AsyncCollection[Document]:
        """Return a collection: what is read from it is durable, and what is written to it when that returns."""
        return self._durable[name]

    def latest(self, name: str) -> AsyncCollection[Document]:
        """Return a collection to read from what somebody may be writing just now; writes are durable."""
        return self._latest[name]

    def ahead(self, name: str) -> AsyncCollection[Document]:
        """Return a collection for writes that a durable one follows before anybody is answered."""
        return self._ahead[name]

    async def settle(self) -> None:
        """Return when all that was read before is durable."""
        # A write that changes nothing waits like any other for the majority and the journal, and what was before them.
        await self.durable("store").update_one({"_id": FORMAT_ID}, {"$set": {"version": FORMAT}})

    async def numbers(self, sequence: str, count: int = 1) -> int:
        """Take numbers of a sequence that nobody else gets, and return the first of them.

        Raises:
            StorageError: the sequence is used up.
        """
        limited = sequence in LIMITED
        wanted: Document = {"_id": sequence}
        if limited:
            wanted["last"] = {"$lte": GREATEST_ID - count}
        # A number that is returned by itself must never be given again; one of a record is held by its `_id`.
        sequences = (self.durable if limited else self.ahead)("sequences")
        found = await sequences.find_one_and_update(
            wanted, {"$inc": {"last": count}}, upsert=not limited, return_document=ReturnDocument.AFTER
        )
        if found is None:
            raise StorageError(f"{self.where}: the sequence {sequence} is used up at {GREATEST_ID}")
        return int(found["last"]) - count + 1

    async def known(self, identity: str, at: datetime, *records: object) -> tuple[str, str]:
        """Return a charge point's folded identity and its first spelling, and make its record if there is none.

        Args:
            identity: of the charge point.
            at: when it was seen, if it is new.
            records: what is to be stored about it; nothing is made if these cannot be.
        """
        folded = fold(identity)
        spelled = self._spellings.get(folded)
        if spelled is None:
            for record in records:
                encoded(document(record))
            found = await self.durable("charge_points").find_one_and_update(
                {"_id": folded},
                {"$setOnInsert": {"identity": identity, "first_seen": time_text(at), "last_seen": time_text(at)}},
                projection={"identity": True},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            assert found is not None  # noqa: S101 - it is made if it is not there
            spelled = str(found["identity"])
            if len(self._spellings) >= _SPELLINGS:
                self._spellings.clear()
            self._spellings[folded] = spelled
        return folded, spelled

    def forget_spellings(self) -> None:
        """Look identities up again, since their records were replaced."""
        self._spellings.clear()

    async def ping(self) -> None:
        """Ask the server whether it answers."""
        await self._durable.command("ping")

    async def close(self) -> None:
        """Refuse what comes from now on, wait for what is at work, and disconnect."""
        self._closed = True
        while self._at_work:
            await asyncio.wait(self._at_work)
        await self._client.close()

    def check(self) -> None:
        """Raise a `StorageError` if the store was closed."""
        if self._closed:
            raise StorageError(f"{self.where}: the store is closed; open it again")

    async def run(self, asked: Coroutine[Any, Any, T]) -> T:
        """Do what a verb asks for, in a task of its own: who waits may be cancelled, a request to the server is not.

        The driver would drop the connection of a request that is cancelled.
        """
        if self._closed:
            asked.close()
        self.check()
        task = asyncio.create_task(asked)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        try:
            return await asyncio.shield(task)
        except FOREIGN as error:
            raise failure(error, self.where) from error


class Part:
    """A group of verbs over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def verb(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Let a method run as `Connection.run` says, and raise errors of the SDK alone."""

    @wraps(method)
    async def run(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._connection.run(method(self, *args, **kwargs))

    return cast("Callable[Concatenate[S, P], Coroutine[Any, Any, T]]", run)


def bounded(limit: int) -> int:
    """Return a limit as MongoDB takes it, which reads 0 as none."""
    return min(limit, _GREATEST_LIMIT)


def of_charge_point(identity: str | None) -> Document:
    """Return the part of a filter that finds what belongs to one charge point, or to any."""
    return {} if identity is None else {"charge_point": fold(identity)}
