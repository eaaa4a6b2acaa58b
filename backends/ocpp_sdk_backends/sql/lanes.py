"""Claiming in the lane of one charge point, at a cost that does not grow with what waits there.

What `SqlCalls.claim` says of a call that may be sent is asked in steps, each answered by the first row that an index
gives: is one in flight, which ordered call is first, does an unordered one go before it. A charge point that was
offline for days has thousands of calls in its lane, and claims once for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Table, Update, and_, bindparam, or_, select, update

from ocpp_sdk.storage.calls import CallState
from ocpp_sdk_backends.sql.tables import charge_points, commands, requests

__all__ = ["Found", "first_in_lane", "take"]


class Found(NamedTuple):
    """What may be sent in a lane.

    Attributes:
        row: the first call, with its identity; None if none may be sent now.
        lapsed: whether the lease of one has run out, which this way of asking leaves to others.
    """

    row: Any | None
    lapsed: bool = False


class _Statements(NamedTuple):
    claimed: Select[Any]
    first: Select[Any]
    unordered: Select[Any]
    take: Update


def _statements(table: Table) -> _Statements:
    call, now = table.c, bindparam("now_", type_=table.c.created_at.type)
    own = call.charge_point_id == bindparam("lane_")
    waiting = and_(own, call.state == CallState.WAITING.value, or_(call.expires_at.is_(None), call.expires_at > now))
    due = or_(call.not_before.is_(None), call.not_before <= now)
    whole = select(table, charge_points.c.identity).join(charge_points).order_by(call.number).limit(1)
    return _Statements(
        claimed=select(call.lease_until).where(own, call.state == CallState.CLAIMED.value),
        first=whole.where(waiting, or_(call.ordered, due)),
        unordered=whole.where(waiting, call.ordered.is_(False), due),
        take=update(table)
        .where(call.number == bindparam("number_"), call.state == CallState.WAITING.value)
        .values(
            state=CallState.CLAIMED.value,
            attempts=call.attempts + 1,
            worker=bindparam("worker_"),
            lease_until=bindparam("lease_until_"),
        ),
    )


_OF: Final[Mapping[str, _Statements]] = {table.name: _statements(table) for table in (commands, requests)}


def first_in_lane(connection: Connection, table: Table, charge_point_id: int, now: datetime) -> Found:
    """Find the call of a lane that may be sent now, the lane being locked."""
    ask = _OF[table.name]
    claimed = connection.execute(ask.claimed, {"lane_": charge_point_id}).scalars().all()
    if any(until > now for until in claimed):
        return Found(None)
    if claimed:
        return Found(None, lapsed=True)
    values = {"lane_": charge_point_id, "now_": now}
    row = connection.execute(ask.first, values).first()
    if row is not None and row.ordered and row.not_before is not None and row.not_before > now:
        row = connection.execute(ask.unordered, values).first()
    return Found(row)


def take(connection: Connection, table: Table, number: int, worker: str, lease_until: datetime) -> bool:
    """Claim a call that was found; tells whether nobody has cancelled it meanwhile."""
    values = {"number_": number, "worker_": worker, "lease_until_": lease_until}
    return connection.execute(_OF[table.name].take, values).rowcount > 0
