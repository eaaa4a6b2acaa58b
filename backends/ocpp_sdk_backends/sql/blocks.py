"""How the rows of a charge point are found among those that are added all the time.

An index by charge point grows at as many places as there are charge points, and each place costs a page to write. So
an index begins with blocks of numbers: it grows within its last block, a few pages. Beside it stands which blocks have
rows of a charge point, which is noted once for many rows. Messages are indexed row by row. Samples come several with a
request, and follow each other: what is indexed are the runs that they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, or_

from ocpp_sdk_backends.sql.merging import Merge
from ocpp_sdk_backends.sql.tables import charge_points, message_blocks, messages, sample_blocks, sample_runs, samples
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = [
    "BLOCK_BITS",
    "MESSAGES",
    "SAMPLES",
    "Run",
    "block_of",
    "messages_of",
    "note_blocks",
    "runs_of",
    "samples_of",
]

BLOCK_BITS: Final = 12
"""How many bits of a number tell its place within its block."""

SAMPLES: Final = Merge(sample_blocks, ("charge_point_id", "block"))
MESSAGES: Final = Merge(message_blocks, ("charge_point_id", "block"))

Run: TypeAlias = tuple[int, int, int, int]
"""A row of `sample_runs`."""


def block_of(number: int) -> int:
    """Return the block in which a number is."""
    return number >> BLOCK_BITS


def runs_of(charge_point_id: int, first: int, last: int) -> list[Run]:
    """Return the runs of samples that follow each other, one in each block.

    Args:
        charge_point_id: of which charge point all are.
        first: number of the first one.
        last: number of the last one.
    """
    return [
        (block, charge_point_id, max(first, block << BLOCK_BITS), min(last, ((block + 1) << BLOCK_BITS) - 1))
        for block in range(block_of(first), block_of(last) + 1)
    ]


def note_blocks(transaction: WriteTransaction, noting: Merge, found: Iterable[tuple[int, int]]) -> None:
    """Note which blocks have rows.

    Args:
        transaction: to write with.
        noting: `SAMPLES` or `MESSAGES`.
        found: charge points, each with a block.
    """
    name = noting.table.name
    before, now = transaction.remembered.noted, transaction.noted
    new = sorted({key for key in found if (name, *key) not in before and (name, *key) not in now})
    if new:
        transaction.merge_last(noting, new)
        now.update([(name, *key) for key in new])


def messages_of(statement: Select[Any], charge_point_id: int, after: int) -> Select[Any]:
    """Narrow a statement that reads messages to those of a charge point, in the order of their numbers.

    Args:
        statement: reads messages.
        charge_point_id: of which charge point.
        after: only those with a greater number.
    """
    rows, blocks = messages.c, message_blocks.c
    same = (blocks.block == rows.block) & (blocks.charge_point_id == rows.charge_point_id)
    statement = statement.join(message_blocks, same).where(
        blocks.charge_point_id == charge_point_id,
        blocks.block >= block_of(max(after, 0)),
        rows.charge_point_id == charge_point_id,
        rows.number > after,
    )
    return statement.order_by(blocks.block, rows.number)


def samples_of(
    statement: Select[Any],
    charge_point_id: int,
    conditions: Sequence[ColumnElement[bool]],
    after: int,
    last: int | None = None,
) -> Select[Any]:
    """Let a statement read the samples of a charge point, in the order of their numbers.

    Args:
        statement: selects columns of samples and of their charge point, and does not join them yet.
        charge_point_id: of which charge point.
        conditions: what else has to be true of each.
        after: only those with a greater number.
        last: none with a greater number than this.
    """
    rows, runs, blocks = samples.c, sample_runs.c, sample_blocks.c
    within = [
        blocks.charge_point_id == charge_point_id,
        blocks.block >= block_of(max(after, 0)),
        runs.block >= block_of(max(after, 0)),
        runs.last_number > after,
    ]
    # Any bound of numbers beside those of the run would make MariaDB compare all samples within it with all runs.
    begin = case((runs.first_number > after, runs.first_number), else_=after + 1)
    end: ColumnElement[int] = runs.last_number
    if last is not None:
        within += [blocks.block <= block_of(last), runs.block <= block_of(last), runs.first_number <= last]
        end = case((end < last, end), else_=last)
    if conditions:
        # No run ends before it begins. But conditions on samples alone, if few fulfil them, make PostgreSQL look for
        # these in the whole table and compare them with all runs.
        within.append(or_(and_(*conditions), runs.last_number < runs.first_number))
    same = (runs.block == blocks.block) & (runs.charge_point_id == blocks.charge_point_id)
    statement = (
        statement.join_from(sample_blocks, charge_points, charge_points.c.charge_point_id == blocks.charge_point_id)
        .join(sample_runs, same)
        .join(samples, rows.number.between(begin, end))
    )
    return statement.where(*within).order_by(blocks.block, runs.first_number, rows.number)
