"""How all of one store comes into another.

Topic by topic and page by page; after each page the place to read on is kept in the settings of the target, under
`PREFIX`. A copy that ended early goes on there: a page that was loaded twice is stored once. At the end both stores
are read again, and compared by number of records and by checksum. Neither store may be used by anybody else meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.portable import record_digest
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import SequenceState, Setting, Topic, TransferRecord

__all__ = ["PREFIX", "CopyProgress", "CopyResult", "CopyStep", "ProgressObserver", "copy_store"]

PREFIX: Final = "storage.copy/"
"""Begin of the settings that a copy keeps in its target until it is done; they are never copied themselves."""

_SOURCE: Final = f"{PREFIX}source"
_PAGE: Final = 500
_DIGEST_RANGE: Final = 2**128


class CopyStep(StrEnum):
    """What is done with the records of a topic."""

    COPY = "copy"
    VERIFY_SOURCE = "verify source"
    VERIFY_TARGET = "verify target"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProgress:
    """How far a copy is; told after each page and at the end of each topic.

    Attributes:
        step: what is done.
        topic: to which records.
        topic_done: how many of this topic are done in this step.
        topic_ended: whether these are all.
        done: how many records have been done, over all steps and topics.
        total: how many there are to do, as counted at the beginning.
    """

    step: CopyStep
    topic: Topic
    topic_done: int
    topic_ended: bool
    done: int
    total: int


ProgressObserver: TypeAlias = Callable[[CopyProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """How a copy ended.

    Attributes:
        records: how many the source has of each topic.
        differences: one line for each topic in which the target is not equal to the source; none if all is well.
        continued: whether it went on with a copy that had ended early.
    """

    records: dict[Topic, int]
    differences: tuple[str, ...]
    continued: bool


async def copy_store(
    source: Store,
    target: Store,
    *,
    source_name: str,
    page: int = _PAGE,
    on_progress: ProgressObserver | None = None,
) -> CopyResult:
    """Copy all records, or go on with a copy of the same source that ended early.

    Args:
        source: is only read.
        target: must be empty, or hold a part of this copy.
        source_name: by which a copy of this source is known when it goes on; it is kept in the target, so that it
            must not have a password.
        page: how many records are read and loaded at once.
        on_progress: hears how far it is.

    Raises:
        ConfigurationError: the target holds something else; the source holds nothing, or is itself an unfinished copy.
        StorageError: a store failed; what was copied stays, and the same call goes on from there.
    """
    if await source.setting(_SOURCE) is not None:
        raise ConfigurationError(f"{source_name} is itself an unfinished copy; finish that one first")
    if not any([await _holds_any(source, topic) for topic in Topic]):
        raise ConfigurationError(f"{source_name} holds nothing; is this the right URL?")
    continued = await _begin(target, source_name)
    counts = {topic: await source.count(topic) for topic in Topic}
    copying = _Copying(source, target, page, on_progress, 3 * sum(counts.values()))
    for topic in Topic:
        await copying.copy(topic)
    differences = []
    records = {}
    for topic in Topic:
        expected, found = await copying.totals(topic)
        records[topic] = expected.count
        if expected.count != found.count:
            differences.append(f"{topic}: {expected.count} records in the source, {found.count} in the target")
        elif expected.checksum != found.checksum:
            differences.append(f"{topic}: {expected.count} records in both, but not the same")
    if not differences:
        await _end(target)
    return CopyResult(records=records, differences=tuple(differences), continued=continued)


async def _begin(target: Store, source_name: str) -> bool:
    """See that the target may be written; returns whether it holds a part of this copy."""
    before = await target.setting(_SOURCE)
    if before == source_name:
        return True
    if before is not None:
        raise ConfigurationError(
            f"the target holds an unfinished copy of {before}; finish that one, or use an empty one"
        )
    for topic in Topic:
        if await _holds_any(target, topic):
            raise ConfigurationError(f"the target is not empty, it holds {topic}; copy to an empty one")
    await target.put_setting(_SOURCE, source_name)
    return False


async def _holds_any(store: Store, topic: Topic) -> bool:
    if topic not in {Topic.SETTINGS, Topic.SEQUENCES}:
        return await store.count(topic) > 0
    return any([_is_copied(record) async for records in _pages(store, topic, _PAGE) for record in records])


async def _end(target: Store) -> None:
    """Forget the places first, so that what is interrupted here is still known as a copy."""
    for key in await target.settings(PREFIX):
        if key != _SOURCE:
            await target.remove_setting(key)
    await target.remove_setting(_SOURCE)


def _is_copied(record: TransferRecord) -> bool:
    """Tell whether a record counts: not the notes of a copy, nor a sequence that has given out nothing."""
    if isinstance(record, Setting):
        return not record.key.startswith(PREFIX)
    return not isinstance(record, SequenceState) or record.last > 0


async def _pages(store: Store, topic: Topic, page: int) -> AsyncIterator[tuple[TransferRecord, ...]]:
    after = None
    while True:
        dump = await store.dump(topic, after=after, limit=page)
        yield dump.records
        after = dump.next
        if after is None:
            return


@dataclass(slots=True)
class _Total:
    """All records of a topic in few bytes; a sum does not depend on the order in which a store gives them."""

    count: int = 0
    checksum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """How far a topic is copied.

    Attributes:
        count: how many records are.
        after: where to read on.
        ended: whether these are all.
    """

    count: int = 0
    after: str | None = None
    ended: bool = False

    @staticmethod
    def read(text: str | None) -> _Place:
        if text is None:
            return _Place()
        try:
            return _Place(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ConfigurationError("the target's notes of a copy cannot be read; copy to an empty one") from error


class _Copying:
    """One run of a copy."""

    def __init__(
        self, source: Store, target: Store, page: int, on_progress: ProgressObserver | None, total: int
    ) -> None:
        self._source = source
        self._target = target
        self._page = page
        self._on_progress = on_progress
        self._total = total
        self._done = 0

    async def copy(self, topic: Topic) -> None:
        """Copy what is not copied yet of a topic."""
        key = f"{PREFIX}{topic}"
        place = _Place.read(await self._target.setting(key))
        self._done += place.count
        while not place.ended:
            dump = await self._source.dump(topic, after=place.after, limit=self._page)
            records = tuple(filter(_is_copied, dump.records))
            if records:
                await self._target.load(topic, records)
            place = _Place(count=place.count + len(records), after=dump.next, ended=dump.next is None)
            await self._target.put_setting(key, json.dumps(asdict(place)))
            self._tell(CopyStep.COPY, topic, place.count, len(records), ended=False)
        self._tell(CopyStep.COPY, topic, place.count, 0, ended=True)

    async def totals(self, topic: Topic) -> tuple[_Total, _Total]:
        """Read a topic of both stores."""
        return (
            await self._read(self._source, topic, CopyStep.VERIFY_SOURCE),
            await self._read(self._target, topic, CopyStep.VERIFY_TARGET),
        )

    async def _read(self, store: Store, topic: Topic, step: CopyStep) -> _Total:
        found = _Total()
        async for records in _pages(store, topic, self._page):
            copied = tuple(filter(_is_copied, records))
            found.count += len(copied)
            found.checksum = (found.checksum + sum(map(record_digest, copied))) % _DIGEST_RANGE
            self._tell(step, topic, found.count, len(copied), ended=False)
        self._tell(step, topic, found.count, 0, ended=True)
        return found

    def _tell(self, step: CopyStep, topic: Topic, topic_done: int, more: int, *, ended: bool) -> None:
        self._done += more
        if self._on_progress is not None:
            self._on_progress(
                CopyProgress(
                    step=step,
                    topic=topic,
                    topic_done=topic_done,
                    topic_ended=ended,
                    done=self._done,
                    total=max(self._total, self._done),
                )
            )
