"""The store that is put to the test, and how a case gets hold of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar, cast

import pytest

from ocpp_sdk.storage.opening import Opener, open_store
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.proxy import TcpProxy

__all__ = ["Server", "StoreUnderTest", "Trial", "case"]

HANG_S: Final = 600
"""A case that takes longer hangs; the one with a million samples takes long."""

C = TypeVar("C")
P = ParamSpec("P")


class Server(Protocol):
    """A database server of the tests."""

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        ...

    def start(self) -> None:
        """Start it again on the same port and data, and return when it answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUnderTest:
    """An empty store, and what can be done to it.

    Attributes:
        url: of the empty store; a second process opens it with `ocpp_sdk.storage.open_store`.
        opener: what opens the URL in this process.
        durable: whether the data are there again when the store is closed and opened.
        shared: whether several stores, in one process or in many, can have the same data open; if not, and it is
            durable, a second process must be refused.
        server: what holds the data; None if there is none, or if it may not be killed.
        address: host and port at which the driver reaches the server; None if there is none, or if the driver finds
            further ways to the server by itself, so that a proxy in between would be gone around.
        url_at: makes the URL of the same data behind another host and port; None replaces `address` in `url`.
        samples: how many meter samples the store is filled with to be read by page.
        fewer_samples: why these are less than a million.
    """

    url: str
    opener: Opener = open_store
    durable: bool = True
    shared: bool = True
    server: Server | None = None
    address: tuple[str, int] | None = None
    url_at: Callable[[str, int], str] | None = None
    samples: int = 1_000_000
    fewer_samples: str = ""

    def behind(self, host: str, port: int) -> str:
        """Return the URL of the same data behind another host and port."""
        if self.url_at is not None:
            return self.url_at(host, port)
        assert self.address is not None
        own = f"{self.address[0]}:{self.address[1]}"
        assert own in self.url, f"{own} is no part of the URL; give StoreUnderTest.url_at"
        return self.url.replace(own, f"{host}:{port}")


@dataclass(slots=True)
class Trial:
    """One case's hold on a store; all that it opens is closed when the case ends.

    Attributes:
        under_test: what is put to the test.
    """

    under_test: StoreUnderTest
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    _down: bool = False

    async def open(self, url: str | None = None) -> Store:
        """Open the store, or the one of another URL."""
        store = await self.under_test.opener(url if url is not None else self.under_test.url)
        self._exits.push_async_callback(store.close)
        return store

    async def several(self, number: int) -> list[Store]:
        """Open so many stores on the same data; where the backend has but one, it is given so many times."""
        if self.under_test.shared:
            return [await self.open() for _ in range(number)]
        return [await self.open()] * number

    async def memory(self) -> Store:
        """Open a new and empty `memory:` store, to compare with."""
        store = await open_store("memory:")
        self._exits.push_async_callback(store.close)
        return store

    async def reopen(self, store: Store) -> Store:
        """Close a store and open its data again; those of a store that is not durable are gone, so it is kept."""
        if not self.under_test.durable:
            return store
        await store.close()
        return await self.open()

    def needs_server(self) -> Server:
        """Return the server; the case is skipped if there is none."""
        if self.under_test.server is None:
            pytest.skip("there is no server that may be killed")
        return self.under_test.server

    async def kill(self) -> None:
        """End the server at once; it is started again at the end of the case at the latest."""
        await asyncio.to_thread(self.needs_server().kill)
        self._down = True
        self._exits.push_async_callback(self.start)

    async def start(self) -> None:
        """Start the server again if it was killed."""
        if self._down:
            await asyncio.to_thread(self.needs_server().start)
            self._down = False

    async def proxy(self) -> TcpProxy:
        """Start a proxy before the server; the case is skipped if there is none."""
        if self.under_test.address is None:
            pytest.skip("there is no connection that could be lost, or the driver knows further ones")
        return await self._exits.enter_async_context(TcpProxy(*self.under_test.address))

    async def close(self) -> None:
        """Close all that was opened, the last one first."""
        await self._exits.aclose()


def case(
    function: Callable[Concatenate[C, Trial, P], Coroutine[None, None, None]],
) -> Callable[Concatenate[C, StoreUnderTest, P], None]:
    """Turn an asynchronous method that takes a `Trial` into a test that takes the fixture `under_test`."""

    async def guarded(self: C, under_test: StoreUnderTest, *args: P.args, **kwargs: P.kwargs) -> None:
        trial = Trial(under_test)
        async with asyncio.timeout(HANG_S):
            try:
                await function(self, trial, *args, **kwargs)
            finally:
                await trial.close()

    def run(self: C, under_test: StoreUnderTest, *args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(guarded(self, under_test, *args, **kwargs))

    signature = inspect.signature(function)
    parameters = [
        item.replace(name="under_test") if item.name == "trial" else item for item in signature.parameters.values()
    ]
    # pytest reads the names of the fixtures here.
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # as inspect allows
    run.__name__, run.__qualname__, run.__doc__ = function.__name__, function.__qualname__, function.__doc__
    run.__module__ = function.__module__
    return cast("Callable[Concatenate[C, StoreUnderTest, P], None]", run)
