"""`ocpp-sdk queue`: what a charge point has to send, what it gave up, and how to have that sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ocpp_sdk.cli.ending import UsageError, one_line, say

if TYPE_CHECKING:
    from ocpp_sdk.storage import Store
    from ocpp_sdk.storage.calls import CallState, QueuedCall

__all__ = ["app"]

_PAGE: Final = 200
_STATES: Final = {
    "waiting": "Waiting",
    "claimed": "Claimed",
    "answered": "Answered",
    "given-up": "GivenUp",
    "expired": "Expired",
}

app = typer.Typer(
    help="Look at the requests that a charge point keeps, and have them sent again.", no_args_is_help=False
)

_Storage = Annotated[
    str, typer.Option(envvar="OCPP_STORAGE", metavar="URL", help="Of the charge point.", show_default=False)
]
_Identity = Annotated[str, typer.Option(envvar="OCPP_IDENTITY", help="chargeBoxIdentity of the charge point.")]


@app.command(name="list")
def list_(
    *,
    storage: _Storage,
    identity: _Identity = "CP1",
    state: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_STATE", help=f"Only those that are {', '.join(_STATES)}.", show_default="all but answered"
        ),
    ] = None,
) -> None:
    """Print the requests of a charge point, the oldest first.

    Columns of a line, with tabs between: number, state, attempts, time, operation, request as JSON, error.
    """
    if state is not None and state not in _STATES:
        raise UsageError(f"--state {state} is not known; it is one of {', '.join(_STATES)}")
    count = asyncio.run(_list(storage, identity, state))
    say(f"{count} requests of {identity}")


@app.command()
def resend(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER…", help="From `list`.", show_default=False)
    ] = None,
    *,
    storage: _Storage,
    identity: _Identity = "CP1",
    all_: Annotated[bool, typer.Option("--all", envvar="OCPP_ALL", help="All that were given up.")] = False,
) -> None:
    """Put requests that were given up back into their old places; a running charge point sends them soon."""
    if bool(numbers) is all_:
        raise UsageError("name the numbers of the requests, or --all")
    done, refused = asyncio.run(_resend(storage, identity, numbers or []))
    for number in refused:
        say(f"{number}: {identity} has no such request that was given up or has expired")
    say(f"{done} requests of {identity} wait again")
    if refused:
        raise typer.Exit(1)


async def _list(url: str, identity: str, state: str | None) -> int:
    from ocpp_sdk.storage.calls import CallState

    count = 0
    wanted = None if state is None else CallState(_STATES[state])
    async with _opened(url) as store:
        async for call in _calls(store, identity, wanted):
            if wanted is None and call.state is CallState.ANSWERED:
                continue
            count += 1
            columns = (
                str(call.number),
                call.state,
                str(call.attempts),
                call.created_at.isoformat(),
                call.operation,
                call.request,
                call.error or "",
            )
            print("\t".join(one_line(column) for column in columns))
    return count


async def _resend(url: str, identity: str, numbers: list[int]) -> tuple[int, list[int]]:
    """Put requests back, all that were given up if none is named; returns how many, and which could not be."""
    from ocpp_sdk.storage.calls import CallState, Queue
    from ocpp_sdk.storage.folding import fold

    refused = []
    async with _opened(url) as store:
        chosen = numbers or [call.number async for call in _calls(store, identity, CallState.GIVEN_UP)]
        for number in chosen:
            call = await store.call(Queue.REQUESTS, number)
            own = call is not None and fold(call.identity) == fold(identity)
            if not own or not await store.resend_call(Queue.REQUESTS, number):
                refused.append(number)
    return len(chosen) - len(refused), refused


async def _calls(store: Store, identity: str, state: CallState | None) -> AsyncIterator[QueuedCall]:
    from ocpp_sdk.storage.calls import Queue

    after = 0
    while page := await store.calls(Queue.REQUESTS, identity, state=state, after=after, limit=_PAGE):
        for call in page:
            yield call
        after = page[-1].number


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    from ocpp_sdk.storage import open_store

    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()
