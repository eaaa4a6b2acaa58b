"""The Realtime Database as the official client reaches it, from a bounded number of threads.

The client is synchronous. Its calls wait in the threads of one pool, with limits on connecting, on answers and on the
whole. Reading is tried again by the client; writing never is, because an answer that was lost says nothing about what
was written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

import firebase_admin  # type: ignore[import-untyped]  # ships no types
from firebase_admin import db
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from ocpp_sdk.errors import ConfigurationError, StorageError, StorageUnavailableError
from ocpp_sdk_backends.firebase.documents import Node
from ocpp_sdk_backends.firebase.failures import line, told

__all__ = ["NO_NODE", "THREADS", "Database"]

T = TypeVar("T")

THREADS: Final = 16
NO_NODE: Final = "null_etag"
"""The ETag of a place where nothing is."""

_RETRIES: Final = Retry(
    total=2,
    connect=1,
    read=1,
    status=2,
    status_forcelist=[500, 502, 503],
    allowed_methods=["GET"],
    raise_on_status=False,
    respect_retry_after_header=False,
    backoff_factor=0.2,
)


class Database:
    """The part of a database below one path; every path that is given is relative to it."""

    def __init__(self, app: Any, path: str, *, where: str, timeout_s: float) -> None:  # noqa: ANN401 - has no types
        """Reach a database; nothing is sent yet.

        Args:
            app: the client's own object; it is closed with this one.
            path: where in the database the store lies.
            where: the database, for people.
            timeout_s: for connecting, and for each part of an answer.

        Raises:
            StorageError: there are no credentials.
        """
        self.where = where
        self._app = app
        self._deadline_s = 3 * timeout_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="firebase")
        self._running: set[object] = set()
        self._path = path
        self._root: Any = None

    async def connect(self) -> None:
        """Find the credentials, which may take a question to the network."""
        await self._ask(self._connect)

    def _connect(self) -> None:
        try:
            self._root = db.reference(f"/{self._path}", app=self._app)
        except ValueError as error:
            raise ConfigurationError(f"{self.where}: {line(error)}") from error
        # The client offers no other way to its retries and to the number of its connections.
        session = self._root._client.session
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS, max_retries=_RETRIES))

    async def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what is at a place; None for nothing."""
        return await self._ask(lambda: self._at(path).get())

    async def read_tagged(self, path: str) -> tuple[Any, str]:
        """Return what is at a place, and the ETag of it."""
        return cast("tuple[Any, str]", await self._ask(lambda: self._at(path).get(etag=True)))

    async def write_if(self, path: str, tag: str, value: object) -> tuple[bool, Any, str | None]:
        """Put a value in place of the one with an ETag.

        Args:
            path: where.
            tag: of what is expected there.
            value: the new one; None for nothing.

        Returns:
            Whether it was expected; and what is there now, and its ETag if that was told.
        """
        # The client refuses None; an empty node is no node.
        content = {} if value is None else value
        return cast(
            "tuple[bool, Any, str | None]", await self._ask(lambda: self._at(path).set_if_unchanged(tag, content))
        )

    async def update(self, changes: dict[str, object]) -> None:
        """Put values at many places, all or none; None removes what is there."""
        await self._ask(lambda: self._root.update(changes))

    async def keys(self, path: str) -> list[str]:
        """Return the keys of a node, sorted."""
        found = await self._ask(lambda: self._at(path).get(shallow=True))
        return sorted(found) if isinstance(found, dict) else []

    async def query(
        self, path: str, child: str, start: str, end: str, *, first: int = 0, last: int = 0
    ) -> dict[str, Node]:
        """Return some children of a node, sorted.

        Args:
            path: of the node.
            child: by which the children are sorted, or `$key`.
            start: least value, itself included.
            end: greatest value, itself included.
            first: at most so many, those with the least values.
            last: at most so many, those with the greatest values.
        """

        def ask() -> dict[str, Node]:
            place = self._at(path)
            asked = place.order_by_key() if child == "$key" else place.order_by_child(child)
            asked = asked.start_at(_in_url(start)).end_at(_in_url(end))
            asked = asked.limit_to_first(first) if first else asked.limit_to_last(last)
            return dict(asked.get() or {})

        return await self._ask(ask)

    async def close(self) -> None:
        """Give up the threads and connections."""
        # Who waits for an access token may do so for minutes, and nobody waits for him any more.
        await asyncio.to_thread(self._threads.shutdown, wait=not self._running, cancel_futures=True)
        firebase_admin.delete_app(self._app)

    def _at(self, path: str) -> Any:  # noqa: ANN401 - has no types
        return self._root.child(path) if path else self._root

    async def _ask(self, work: Callable[[], T]) -> T:
        running = object()

        def run() -> T:
            self._running.add(running)
            try:
                with told(self.where):
                    return work()
            finally:
                self._running.discard(running)

        try:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, run)
        except RuntimeError as error:
            raise StorageError(f"{self.where}: the store is closed") from error
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asked
        except TimeoutError:
            raise StorageUnavailableError(f"{self.where} does not answer within {self._deadline_s:g} s") from None


def _in_url(text: str) -> str:
    """Return a text such that the client, which puts it into a JSON text and that into a URL, asks for it as it is."""
    return quote(json.dumps(text)[1:-1], safe="")
