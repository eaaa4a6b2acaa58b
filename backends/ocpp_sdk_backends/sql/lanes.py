"""The calls of one charge point, at a cost that does not grow with what waits there.

What `SqlCalls.claim` says of a call that may be sent is asked in steps, each answered by the first row that an index
gives: is one in flight, which ordered call is first, does an unordered one go before it. A charge point that was
offline for days has thousands of calls in its lane, and claims once for each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, Select, Table, and_, bindparam, or_, select, update

from ocpp_sdk.storage.calls import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import time_from, utc
from ocpp_sdk_backends.sql.columns import bound_key, bound_time
from ocpp_sdk_backends.sql.fixed import Fixed
from ocpp_sdk_backends.sql.merging import insert_missing
from ocpp_sdk_backends.sql.tables import call_lanes, charge_points, commands, requests
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["QUEUES", "LapsedError", "claim_first", "claim_run", "end_claim", "enqueue_commands", "enqueue_requests"]

QUEUES: Final[Mapping[Queue, Table]] = MappingProxyType({Queue.COMMANDS: commands, Queue.REQUESTS: requests})

_COLUMNS: Final = tuple(column.name for column in requests.columns if column.name != "charge_point_id")
_TIMES: Final = frozenset({"created_at", "expires_at", "not_before", "lease_until", "ended_at"})
_PLACES: Final = tuple(place for place, name in enumerate(_COLUMNS) if name in _TIMES)
_NUMBER: Final = _COLUMNS.index("number")
_OPERATION: Final = _COLUMNS.index("operation")
_STATE: Final = _COLUMNS.index("state")
_ORDERED: Final = _COLUMNS.index("ordered")
_ATTEMPTS: Final = _COLUMNS.index("attempts")
_NOT_BEFORE: Final = _COLUMNS.index("not_before")
_WORKER: Final = _COLUMNS.index("worker")
_LEASE_UNTIL: Final = _COLUMNS.index("lease_until")


class LapsedError(Exception):
    """The lease of a call has run out, which this way of asking leaves to others."""


class _Statements(NamedTuple):
    same: Fixed
    claimed: Fixed
    first: Fixed
    unordered: Fixed
    later: Fixed
    take: Fixed
    end: Fixed
    again: Fixed


def _statements(table: Table) -> _Statements:
    call = table.c
    now = bindparam("now_", type_=call.created_at.type)
    own = call.charge_point_id == bindparam("lane_", type_=call.charge_point_id.type)
    waiting = and_(own, call.state == CallState.WAITING.value, or_(call.expires_at.is_(None), call.expires_at > now))
    due = or_(call.not_before.is_(None), call.not_before <= now)
    of_number = call.number == bindparam("number_", type_=call.number.type)
    whole: Select[Any] = select(*(call[name] for name in _COLUMNS), charge_points.c.identity).join(
        charge_points, charge_points.c.charge_point_id == call.charge_point_id
    )
    attempt = call.attempts == bindparam("attempt_", type_=call.attempts.type)
    ended = update(table).where(of_number, call.state == CallState.CLAIMED.value, attempt)
    by_number = whole.order_by(call.number)
    first = by_number.limit(1)
    later = call.number > bindparam("number_", type_=call.number.type)
    return _Statements(
        same=Fixed(whole.where(own, call.key == bindparam("key_", type_=call.key.type))),
        claimed=Fixed(select(call.lease_until).where(own, call.state == CallState.CLAIMED.value)),
        first=Fixed(first.where(waiting, or_(call.ordered, due))),
        unordered=Fixed(first.where(waiting, call.ordered.is_(False), due)),
        later=Fixed(by_number.where(waiting, later).limit(bindparam("limit_", type_=Integer))),
        take=Fixed(
            update(table)
            .where(of_number, call.state == CallState.WAITING.value)
            .values(state=CallState.CLAIMED.value, attempts=call.attempts + 1, **_new(table, "worker", "lease_until"))
        ),
        end=Fixed(ended.values(lease_until=None, **_new(table, "state", "reply", "error", "ended_at"))),
        again=Fixed(ended.values(lease_until=None, **_new(table, "state", "error", "not_before"))),
    )


def _new(table: Table, *names: str) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


_OF: Final[Mapping[Queue, _Statements]] = {queue: _statements(table) for queue, table in QUEUES.items()}


def enqueue_requests(transaction: WriteTransaction, calls: list[NewCall]) -> list[QueuedCall]:
    """Add calls to `Queue.REQUESTS`."""
    return _enqueue(transaction, Queue.REQUESTS, calls)


def enqueue_commands(transaction: WriteTransaction, calls: list[NewCall]) -> list[QueuedCall]:
    """Add calls to `Queue.COMMANDS`."""
    return _enqueue(transaction, Queue.COMMANDS, calls)


def _enqueue(transaction: WriteTransaction, queue: Queue, calls: list[NewCall]) -> list[QueuedCall]:
    """Add a row for each, or find the one with the same key."""
    found: dict[tuple[int, str], QueuedCall] = {}
    results, rows = [], []
    for call in calls:
        lane = transaction.charge_point(call.identity, call.created_at)
        key = lane, call.key
        if transaction.careful and key not in found:
            # Otherwise a key that is there collides, and the transaction is repeated with care.
            same = _OF[queue].same.rows(transaction.connection, {"lane_": lane, "key_": call.key})
            found.update([(key, _call(row, queue)) for row in same])
        if key not in found:
            _note_lane(transaction, queue, lane)
            found[key] = _made(transaction, queue, call)
            rows.append(_row(found[key], lane, transaction.dialect))
        results.append(found[key])
    transaction.insert(QUEUES[queue], rows)
    return results


def _note_lane(transaction: WriteTransaction, queue: Queue, lane: int) -> None:
    noted = (f"{call_lanes.name} {queue.value}", lane, 0)
    if noted not in transaction.remembered.noted and noted not in transaction.noted:
        key = {"queue": queue.value, "charge_point_id": lane}
        transaction.connection.execute(insert_missing(transaction.dialect, call_lanes, list(key)), key)
        transaction.noted.add(noted)


def _made(transaction: WriteTransaction, queue: Queue, call: NewCall) -> QueuedCall:
    return QueuedCall(
        number=transaction.numbers(queue.value),
        queue=queue,
        key=call.key,
        identity=transaction.identity(call.identity),
        operation=call.operation,
        request=call.request,
        ordered=call.ordered,
        created_at=utc(call.created_at),
        not_before=None if call.not_before is None else utc(call.not_before),
        expires_at=None if call.expires_at is None else utc(call.expires_at),
    )


def _row(call: QueuedCall, lane: int, dialect: str) -> tuple[Any, ...]:
    """Return the columns of a new call, as the driver takes them."""
    return (
        call.number,
        lane,
        bound_key(call.key, dialect),
        call.operation,
        call.request,
        call.ordered,
        bound_time(call.created_at, dialect),
        None if call.expires_at is None else bound_time(call.expires_at, dialect),
        call.state.value,
        call.attempts,
        None if call.not_before is None else bound_time(call.not_before, dialect),
        *(None,) * 5,
    )


def claim_first(
    connection: Connection, queue: Queue, lane: int, now: datetime, worker: str, lease_until: datetime
) -> QueuedCall | None:
    """Claim the call of a lane that may be sent now, the lane being locked.

    Raises:
        LapsedError: there is one whose lease has run out.
    """
    ask = _OF[queue]
    held = [_time(until) for (until,) in ask.claimed.rows(connection, {"lane_": lane})]
    if any(until is not None and until > now for until in held):
        return None
    if held:
        raise LapsedError
    values = {"lane_": lane, "now_": now}
    while rows := ask.first.rows(connection, values):
        row = rows[0]
        not_before = _time(row[_NOT_BEFORE])
        if row[_ORDERED] and not_before is not None and not_before > now:
            rows = ask.unordered.rows(connection, values)
            if not rows:
                return None
            row = rows[0]
        taken = _take(connection, queue, row, worker, lease_until)
        if taken is not None:
            return taken
    return None


def claim_run(
    connection: Connection,
    queue: Queue,
    lane: int,
    now: datetime,
    first: QueuedCall,
    run_of: Collection[str],
    at_most: int,
) -> list[QueuedCall]:
    """Claim those calls too that follow the one that `claim_first` has claimed, as `answer_and_claim` says."""
    run = [first]
    # One that is not ordered may have overtaken calls that come before its followers.
    if at_most < 2 or not first.ordered or first.operation not in run_of:
        return run
    values = {"lane_": lane, "now_": now, "number_": first.number, "limit_": at_most - 1}
    for row in _OF[queue].later.rows(connection, values):
        not_before = _time(row[_NOT_BEFORE])
        if row[_OPERATION] not in run_of or (not_before is not None and not_before > now):
            break
        taken = _take(connection, queue, row, first.worker, first.lease_until)
        if taken is not None:
            run.append(taken)
    return run


def _take(
    connection: Connection, queue: Queue, row: Sequence[Any], worker: str | None, lease_until: datetime | None
) -> QueuedCall | None:
    """Claim a call, unless somebody has cancelled it meanwhile."""
    new = {"number_": row[_NUMBER], "new_worker": worker, "new_lease_until": lease_until}
    if not _OF[queue].take.count(connection, new):
        return None
    taken = list(row)
    taken[_STATE], taken[_ATTEMPTS] = CallState.CLAIMED, row[_ATTEMPTS] + 1
    taken[_WORKER], taken[_LEASE_UNTIL] = worker, lease_until
    return _call(taken, queue)


def end_claim(connection: Connection, queue: Queue, number: int, attempt: int, values: Mapping[str, object]) -> bool:
    """End a claim; tells whether it was there.

    Args:
        connection: in a transaction.
        queue: which one.
        number: of the call.
        attempt: of the claim.
        values: new ones of `state` and `error`, and of `not_before`, or of `reply` and `ended_at`.
    """
    ask = _OF[queue].again if "not_before" in values else _OF[queue].end
    new = {f"new_{name}": value for name, value in values.items()}
    return ask.count(connection, {"number_": number, "attempt_": attempt, **new}) > 0


def _call(row: Sequence[Any], queue: Queue) -> QueuedCall:
    *values, identity = row
    for place in _PLACES:
        values[place] = _time(values[place])
    values[_STATE] = CallState(values[_STATE])
    values[_ORDERED] = bool(values[_ORDERED])
    return QueuedCall(queue=queue, identity=identity, **dict(zip(_COLUMNS, values, strict=True)))


def _time(value: Any) -> datetime | None:  # noqa: ANN401  # text in SQLite
    found: datetime | None = time_from(value) if isinstance(value, str) else value
    return found
