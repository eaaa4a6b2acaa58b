"""How changes are kept: in the tables at once, in the journal together with those that wait at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import structlog

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.keyed import Change, DropNumbered, Numbered, PutNumbered, apply, revert
from ocpp_sdk_backends.file.compaction import Compaction
from ocpp_sdk_backends.file.disk import said
from ocpp_sdk_backends.file.journal import Journal, LostError
from ocpp_sdk_backends.file.lines import lines_for
from ocpp_sdk_backends.file.recovery import Recovered
from ocpp_sdk_backends.file.segments import Segment, place, read_frame
from ocpp_sdk_backends.file.snapshots import Capture, capture

__all__ = ["FileLedger"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

SEGMENT_BYTES: Final = 16 * 1024 * 1024
_FEW_FRAMES: Final = 4

_log = structlog.get_logger("ocpp_sdk_backends.file")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one verb changed, and how it stands in the journal, one line a change."""

    changes: Sequence[Change]
    lines: Sequence[bytes]


class FileLedger:
    """Keeps changes in a folder.

    Changes that come while others are on their way to the disk wait, and go there together. All that wait share one
    future, so that a verb waits for those before it as well, which it may have seen.
    """

    def __init__(
        self, recovered: Recovered, release: Callable[[], None], *, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder: Path = recovered.folder
        self._tables = recovered.tables
        self._segments = recovered.segments
        last = next(reversed(self._segments.by_number.values()))
        self._journal = Journal(self._folder, self._segments, last)
        self._compaction = Compaction(self._folder, self._tables, self._segments, recovered.snapshot)
        self._release = release
        self._segment_bytes = segment_bytes
        self._refusal: str | None = None
        # Of its own, since all others may be busy with reads.
        self._writer = ThreadPoolExecutor(1, "ocpp-file-writer")
        self._queue: list[_Kept] = []
        self._queued: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._flush: asyncio.Task[None] | None = None
        self._compacting: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Future[Any]] = set()
        self._written = False

    @property
    def pending(self) -> bool:
        """Whether changes are on their way to the disk."""
        return self._queued is not None or self._writing is not None

    def begin(self) -> None:
        """Refuse everything once the store is closed, or after a write that may be lost."""
        if self._closing is not None:
            raise StorageError(f"the store in {self._folder} is closed")
        if self._refusal is not None:
            raise StorageError(self._refusal)

    def keep(self, changes: Sequence[Change]) -> None:
        """Make changes, and put them in line for the disk."""
        self.begin()
        lines = lines_for(changes)
        apply(changes)
        self._queue.append(_Kept(changes, lines))
        if self._queued is None:
            self._queued = asyncio.get_running_loop().create_future()
            self._queued.add_done_callback(_look_at)
        if self._flush is None:
            self._flush = asyncio.create_task(self._write_all())

    async def durable(self) -> None:
        """Wait for the write that has the last of the changes."""
        last = self._queued or self._writing
        if last is not None:
            await asyncio.shield(last)

    async def fetch(self, table: Numbered[R], numbers: Sequence[int]) -> list[R]:
        """Return records, from the disk in another thread if they are many."""
        self.begin()
        found = {number: record for number in numbers if (record := table.objects.get(number)) is not None}
        places = [(number, where) for number in numbers if number not in found and (where := table.place_of(number))]
        located = self._segments.locate(places)
        if len(located) <= _FEW_FRAMES:
            found.update(_read(table, located))
        else:
            reading = asyncio.get_running_loop().run_in_executor(None, _read, table, located)
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)
            found.update(await asyncio.shield(reading))
        return [found[number] for number in numbers if number in found]

    async def close(self) -> None:
        """Write what waits, then give the folder back."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            if self._flush is not None:
                await asyncio.wait([self._flush])
            # Looked at only now: the last write may have gone on in another segment, and begun to tidy up.
            for task in (self._compacting, *self._reading):
                if task is not None:
                    await asyncio.wait([task])
            if self._written and self._refusal is None:
                await self._in_writer(self._say_goodbye)
        finally:
            self._writer.shutdown()
            self._segments.close()
            self._release()

    async def _in_writer(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(function, *args, **kwargs))

    def _say_goodbye(self) -> None:
        """Let a write follow the last one, so that damage to that cannot be taken for its torn end."""
        try:
            self._journal.append([b""])
        except (OSError, LostError) as error:
            _log.warning("the end of the journal could not be marked", path=str(self._folder), reason=str(error))

    async def _write_all(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue, []
                self._writing, self._queued = self._queued, None
                await self._write(batch)
                self._writing = None
        finally:
            self._flush = None
            if self._writing is not None:
                self._give_up(f"a write to {self._folder} was interrupted", [])

    async def _write(self, batch: list[_Kept]) -> None:
        bodies = [b"".join(kept.lines) for kept in batch]
        captured = None
        if self._journal.size_with(bodies) >= self._segment_bytes:
            # Just now the tables hold what the journal will hold, and nothing that comes after.
            captured = capture(self._tables, self._journal.segment.number + 1)
        try:
            offsets = await self._in_writer(self._journal.append, bodies)
        except OSError as error:
            self._take_back(batch, f"{self._journal.segment.path} cannot be written: {said(error)}")
            return
        except LostError as error:
            self._give_up(f"{self._journal.segment.path} could not be written for certain: {error}", batch)
            return
        self._written = True
        for kept, offset in zip(batch, offsets, strict=True):
            self._settle(kept, offset)
        if self._writing is not None:
            self._writing.set_result(None)
            self._writing = None
        if captured is not None:
            await self._turn_over(captured)

    def _settle(self, kept: _Kept, offset: int) -> None:
        where = place(self._journal.segment.file, offset)
        segment = self._journal.segment
        for change, line in zip(kept.changes, kept.lines, strict=True):
            match change:
                case PutNumbered():
                    segment.wrote(change.table.name, len(line))
                    if change.facts is not None:
                        segment.note(change.table, change.number, change.facts, offset, len(line))
                    self._segments.left(change.table.name, change.table.settle(change.number, change.record, where))
                case DropNumbered():
                    for number in change.olds:
                        self._segments.left(change.table.name, change.table.leaving.pop(number, 0))

    def _take_back(self, batch: list[_Kept], why: str) -> None:
        """Undo a write that failed, and what was decided after it and may rest on it."""
        undone = [*batch, *self._queue]
        for kept in reversed(undone):
            revert(kept.changes)
        self._queue = []
        for future in (self._writing, self._queued):
            if future is not None:
                future.set_exception(StorageError(why))
        self._queued = None

    def _give_up(self, why: str, batch: list[_Kept]) -> None:
        """Refuse everything from now on: the disk may hold something else than the tables."""
        self._refusal = f"{why}; nothing is taken any more until the store is opened again"
        _log.error("the store is out of use", path=str(self._folder), reason=why)
        if self._writing is not None and not self._writing.done():
            self._writing.set_exception(StorageUnavailableError(self._refusal))
        if self._queued is not None:
            self._queued.set_exception(StorageError(self._refusal))
        self._queue, self._queued, self._writing = [], None, None

    async def _turn_over(self, captured: Capture) -> None:
        """Go on in another segment, and begin to tidy up those before."""
        try:
            path = await self._in_writer(self._journal.prepare_next)
            self._journal.go_on_in(path)
        except OSError as error:
            _log.warning("no other segment could be begun", path=str(self._folder), reason=said(error))
            return
        except LostError as error:
            self._give_up(f"{self._folder} could not be written for certain: {error}", [])
            return
        if self._compacting is None:
            earlier = self._segments.by_number.values()
            captured.segments = [one.number for one in earlier if one.number < captured.boundary and one.live_records]
            self._compacting = asyncio.create_task(self._compact(captured))

    async def _compact(self, captured: Capture) -> None:
        try:
            await self._compaction.run(captured)
        except (OSError, StorageError) as error:
            _log.warning("the folder could not be tidied up", path=str(self._folder), reason=str(error))
        finally:
            self._compacting = None


def _look_at(future: asyncio.Future[None]) -> None:
    """Take note of an exception that nobody may wait for any more."""
    if not future.cancelled():
        future.exception()


def _read(table: Numbered[R], located: dict[tuple[Segment, int], list[int]]) -> dict[int, R]:
    found: dict[int, R] = {}
    for (segment, offset), numbers in located.items():
        found.update(read_frame(segment, offset, table.name, table.kind, numbers))
    return found
