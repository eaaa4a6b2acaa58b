"""What a process knows of a database without asking it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.sql.tables import charge_points

__all__ = ["KnownChargePoint", "Remembered", "Span", "find_charge_points"]

# Far more than any central system has; a bound against identities that are made up.
_MOST_KNOWN: Final = 200_000

KnownChargePoint: TypeAlias = tuple[int, str]
"""Id and identity as it was first spelled."""

Span: TypeAlias = tuple[int, int]
"""Transaction and charge point: the key of `sampled_transactions`."""


class Remembered:
    """Remembers the ids of charge points, which never change and are never removed, and what need not be noted again.

    Attributes:
        noted: table, charge point and block of rows that are there.
        last: how far the sequences were at the last commit of this process, None if it has not written.
    """

    def __init__(self) -> None:
        self._known: dict[str, KnownChargePoint] = {}
        self._spans: dict[Span, int] = {}
        self.noted: set[tuple[str, int, int]] = set()
        self.last: Mapping[str, int] | None = None

    def span_reaches(self, span: Span) -> int:
        """Return the last number of a span of samples as far as is known, 0 if nothing is."""
        return self._spans.get(span, 0)

    def add_noted(self, found: Collection[tuple[str, int, int]]) -> None:
        """Remember blocks that are noted."""
        if len(self.noted) + len(found) > _MOST_KNOWN:
            self.noted = set()
        self.noted.update(found)

    def add_spans(self, found: Mapping[Span, int]) -> None:
        """Remember how far committed spans of samples reach."""
        if len(self._spans) + len(found) > _MOST_KNOWN:
            self._spans = {}
        self._spans.update(found)

    def add(self, found: Mapping[str, KnownChargePoint]) -> None:
        """Remember committed charge points by folded identity."""
        if len(self._known) + len(found) > _MOST_KNOWN:
            self._known = {}
        self._known.update(found)

    def known(self, key: str) -> KnownChargePoint | None:
        """Return what is remembered of a folded identity."""
        return self._known.get(key)

    def find(self, connection: Connection, identity: str) -> KnownChargePoint | None:
        """Return the charge point of an identity, None if there is none."""
        key = fold(identity)
        known = self._known.get(key)
        if known is None:
            known = find_charge_points(connection, [key]).get(key)
            if known is not None:
                self.add({key: known})
        return known


def find_charge_points(connection: Connection, keys: Collection[str]) -> dict[str, KnownChargePoint]:
    """Return the charge points of folded identities, those that are there."""
    table = charge_points.c
    statement = select(table.identity_key, table.charge_point_id, table.identity)
    rows = connection.execute(statement.where(table.identity_key.in_(list(keys))))
    return {key: (number, identity) for key, number, identity in rows}
