"""`ocpp-sdk storage`: upgrade a store, copy it to another one, look it over, print the rules that its server needs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.ending import UsageError, one_line, say

if TYPE_CHECKING:
    from ocpp_sdk.storage import Store
    from ocpp_sdk.storage.copying import CopyProgress, CopyResult, ProgressObserver

__all__ = ["app"]

app = typer.Typer(help="Care for a storage, while nobody else uses it.", no_args_is_help=False)

_Url = Annotated[str, typer.Argument(metavar="URL", help="Of the storage, as for central-system.", show_default=False)]


@app.command()
def upgrade(url: _Url) -> None:
    """Bring a storage of an older version to this one."""
    from ocpp_sdk.storage.opening import upgrade_storage

    say(asyncio.run(upgrade_storage(url)))


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of what is copied.", show_default=False)],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty storage.", show_default=False)],
) -> None:
    """Copy a storage to an empty one, and compare both.

    A copy that ended early goes on when the same command is run again.
    """
    from ocpp_sdk.storage import shown_url

    if source == target:
        raise UsageError("FROM and TO are the same; name another storage to copy to")
    try:
        result = asyncio.run(_copy(source, target))
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
        raise
    for difference in result.differences:
        print(one_line(f"different\t{difference}"))
    count = sum(result.records.values())
    if result.differences:
        say(f"{shown_url(target)} is not equal to {shown_url(source)}; empty it, let nobody else use both, copy again")
        raise typer.Exit(1)
    say(f"{count} records of {shown_url(source)} are in {shown_url(target)}, compared by number and checksum")


@app.command()
def check(url: _Url) -> None:
    """Read all of a storage, and print what is wrong with it.

    Columns of a line, with tabs between: wrong or note, kind of records, what was found.
    """
    from ocpp_sdk.storage import shown_url

    records, wrong = asyncio.run(_check(url))
    if wrong:
        say(f"{shown_url(url)}: {wrong} things are wrong in {records} records")
        raise typer.Exit(1)
    say(f"{shown_url(url)}: nothing is wrong in {records} records")


@app.command()
def rules(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Of the storage; may be left out.", show_default=False)
    ] = None,
) -> None:
    """Print the rules that the server of a storage needs, as its own tools take them."""
    from ocpp_sdk.storage.opening import storage_rules

    print(storage_rules(url))


async def _copy(source_url: str, target_url: str) -> CopyResult:
    from ocpp_sdk.storage import shown_url
    from ocpp_sdk.storage.copying import copy_store

    async with _opened(source_url) as source, _opened(target_url) as target:
        with _shown_progress() as show:
            return await copy_store(source, target, source_name=shown_url(source_url), on_progress=show)


async def _check(url: str) -> tuple[int, int]:
    """Print the findings; returns how many records there are, and how many findings are wrong."""
    from datetime import UTC, datetime

    from ocpp_sdk.storage import Topic
    from ocpp_sdk.storage.checking import check_store

    wrong = 0
    async with _opened(url) as store:
        records = sum([await store.count(topic) for topic in Topic if topic is not Topic.SEQUENCES])
        async for finding in check_store(store, now=datetime.now(UTC)):
            wrong += finding.wrong
            columns = "wrong" if finding.wrong else "note", finding.topic, finding.text
            print("\t".join(one_line(column) for column in columns))
    return records, wrong


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    from ocpp_sdk.storage import open_store

    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def _shown_progress() -> Iterator[ProgressObserver]:
    """Show on stderr how far a copy is: as a bar on a terminal, else as a line for each kind of records."""
    if not sys.stderr.isatty():
        yield _say_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("begin", total=None)

        def show(progress: CopyProgress) -> None:
            what = f"{progress.step} {progress.topic}".replace("_", " ")
            bar.update(task, description=what, completed=progress.done, total=progress.total)

        yield show


def _say_progress(progress: CopyProgress) -> None:
    if progress.topic_ended and progress.topic_done:
        say(f"{progress.step} {progress.topic}: {progress.topic_done}".replace("_", " "))
