"""How the rows of a charge point are found among those that are added all the time.

An index by charge point grows at as many places as there are charge points, and each place costs a page to write. So
rows are indexed by blocks of numbers first: an index grows within its last block, a few pages. Beside it stands which
blocks have rows of a charge point, which is noted once for many rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, Table

from ocpp_sdk_backends.sql.merging import Merge
from ocpp_sdk_backends.sql.tables import message_blocks, messages, sample_blocks, samples
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["BLOCK_BITS", "MESSAGES", "SAMPLES", "Blocked", "block_of", "note_blocks", "of_charge_point"]

BLOCK_BITS: Final = 12
"""How many bits of a number tell its place within its block."""


class Blocked(NamedTuple):
    """A table whose rows are found by blocks.

    Attributes:
        rows: with `number`, `charge_point_id` and `block`.
        blocks: which blocks have rows of a charge point.
        noting: how these are added.
    """

    rows: Table
    blocks: Table
    noting: Merge


SAMPLES: Final = Blocked(samples, sample_blocks, Merge(sample_blocks, ("charge_point_id", "block")))
MESSAGES: Final = Blocked(messages, message_blocks, Merge(message_blocks, ("charge_point_id", "block")))


def block_of(number: int) -> int:
    """Return the block in which a number is."""
    return number >> BLOCK_BITS


def note_blocks(transaction: WriteTransaction, blocked: Blocked, found: Iterable[tuple[int, int]]) -> None:
    """Note which blocks have rows.

    Args:
        transaction: to write with.
        blocked: of which table.
        found: charge points, each with a block.
    """
    name = blocked.blocks.name
    before, now = transaction.remembered.noted, transaction.noted
    new = sorted({key for key in found if (name, *key) not in before and (name, *key) not in now})
    if new:
        transaction.merge_last(blocked.noting, new)
        now.update([(name, *key) for key in new])


def of_charge_point(
    statement: Select[Any], blocked: Blocked, charge_point_id: int, after: int, last: int | None = None
) -> Select[Any]:
    """Narrow a statement that reads rows to those of a charge point, in the order of their numbers.

    Args:
        statement: reads the rows of `blocked`.
        blocked: of which table.
        charge_point_id: of which charge point.
        after: only those with a greater number.
        last: none with a greater number than this.
    """
    rows, blocks = blocked.rows.c, blocked.blocks.c
    same = (blocks.block == rows.block) & (blocks.charge_point_id == rows.charge_point_id)
    statement = statement.join(blocked.blocks, same)
    statement = statement.where(
        blocks.charge_point_id == charge_point_id,
        blocks.block >= block_of(max(after, 0)),
        rows.charge_point_id == charge_point_id,
        rows.number > after,
    )
    if last is not None:
        statement = statement.where(blocks.block <= block_of(last), rows.number <= last)
    return statement.order_by(blocks.block, rows.number)
