"""Queues of calls in SQL.

A call is claimed beside the groups, so that many can ask at once. Who claims holds the lock of the charge point's lane,
others pass over it: so each charge point has one call or one run in flight. What may be sent is looked up before the
lock, and again under it, because in between another one may have claimed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    case,
    exists,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from ocpp_sdk.storage.calls import Answer, CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import utc
from ocpp_sdk_backends.sql.lanes import (
    QUEUES,
    LapsedError,
    claim_first,
    claim_run,
    end_claim,
    enqueue_commands,
    enqueue_requests,
)
from ocpp_sdk_backends.sql.messages import delete_oldest
from ocpp_sdk_backends.sql.tables import call_lanes, charge_points
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["QUEUES", "SqlCalls", "call_from"]

# How long it may take until a call that another process has queued is seen.
_POLL_S: Final = 0.5
# Others may hold the lanes of the first ones.
_CANDIDATES: Final = 50


class SqlCalls(SqlVerbs):
    """Verbs of `CallQueueStore`."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        super().__init__(engine, name)
        self._woken = {queue: asyncio.Event() for queue in Queue}

    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:
        """Add a row, or find the one with the same key."""
        made = await self._merge(enqueue_requests if queue is Queue.REQUESTS else enqueue_commands, call, call)
        self._woken[queue].set()
        return made

    async def claim(
        self, queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        """Lock a lane, and change a row of it."""
        now = utc(now)
        values = {"worker": worker, "lease_until": now + lease, "state": CallState.CLAIMED.value}
        if self._dialect == "sqlite":
            return await self._write(
                lambda transaction: _claim(
                    transaction.connection, queue, now, None if identity is None else transaction.find(identity), values
                )
            )

        def work(connection: Connection) -> QueuedCall | None:
            return _claim(connection, queue, now, charge_point_of(connection, self._remembered, identity), values)

        return await self._write_aside(work)

    async def extend_claim(self, queue: Queue, number: int, attempt: int, lease_until: datetime) -> bool:
        """Change a row under the lock of its lane, so that no other call is claimed for want of this one."""
        table = QUEUES[queue]

        def lock(transaction: WriteTransaction) -> None:
            own = select(table.c.charge_point_id).where(table.c.number == number)
            charge_point_id = transaction.connection.execute(own).scalar()
            if charge_point_id is not None:
                transaction.connection.execute(_lanes(queue, [charge_point_id]).with_for_update())

        return await self._change(queue, _claimed(table, number, attempt), {"lease_until": utc(lease_until)}, lock)

    async def answer_call(self, queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:
        """Change a row."""
        return await self._end_claim(queue, number, attempt, _answered(reply, at))

    async def answer_and_claim(
        self,
        queue: Queue,
        answers: Sequence[Answer],
        *,
        at: datetime,
        worker: str,
        lease: timedelta,
        identity: str,
        run_of: Collection[str] = (),
        at_most: int = 1,
    ) -> tuple[list[bool], list[QueuedCall]]:
        """Do all in one transaction; the next calls are claimed under the lock of the lane."""
        at = utc(at)
        ends = [(one.number, one.attempt, _answered(one.reply, one.at)) for one in answers]
        claim = {"worker": worker, "lease_until": at + lease, "state": CallState.CLAIMED.value}

        def work(transaction: WriteTransaction) -> tuple[list[bool], list[QueuedCall]]:
            connection = transaction.connection
            ended = [end_claim(connection, queue, *end) for end in ends]
            return ended, _claim_own(connection, queue, at, transaction.find(identity), claim, run_of, at_most)

        found = await self._write(work, ends)
        if answers:
            self._woken[queue].set()
        return found

    async def retry_call(
        self, queue: Queue, number: int, attempt: int, *, error: str, not_before: datetime | None
    ) -> bool:
        """Change a row."""
        again = None if not_before is None else utc(not_before)
        values = {"state": CallState.WAITING.value, "error": error, "not_before": again}
        return await self._end_claim(queue, number, attempt, values)

    async def give_up_call(self, queue: Queue, number: int, attempt: int, *, error: str, at: datetime) -> bool:
        """Change a row."""
        values = {"state": CallState.GIVEN_UP.value, "reply": None, "error": error, "ended_at": utc(at)}
        return await self._end_claim(queue, number, attempt, values)

    async def resend_call(self, queue: Queue, number: int, *, expires_at: datetime | None = None) -> bool:
        """Change a row."""
        table = QUEUES[queue].c
        ended = table.state.in_([CallState.GIVEN_UP.value, CallState.EXPIRED.value])
        values = {
            "state": CallState.WAITING.value,
            "not_before": None,
            "ended_at": None,
            "expires_at": None if expires_at is None else utc(expires_at),
        }
        return await self._change(queue, and_(table.number == number, ended), values)

    async def expire_calls(self, queue: Queue, now: datetime) -> list[QueuedCall]:
        """Change all rows whose time has passed, each unless another one holds it."""
        now = utc(now)
        table = QUEUES[queue]
        free = or_(table.c.state == CallState.WAITING, _lapsed(table, now))

        def work(transaction: WriteTransaction) -> list[QueuedCall]:
            connection = transaction.connection
            expired = select(table.c.number).where(table.c.expires_at <= now, free).order_by(table.c.number)
            numbers = connection.execute(expired.with_for_update(skip_locked=True)).scalars().all()
            found = []
            for begin in range(0, len(numbers), 500):
                some = table.c.number.in_(numbers[begin : begin + 500])
                values = {"state": CallState.EXPIRED.value, "lease_until": None, "ended_at": now}
                connection.execute(update(table).where(some).values(**values))
                found += [call_from(row, queue) for row in connection.execute(_calls(table).where(some))]
            return sorted(found, key=lambda call: call.number)

        return await self._write(work)

    async def cancel_call(self, queue: Queue, number: int, *, error: str, at: datetime) -> bool:
        """Change a row."""
        table = QUEUES[queue].c
        waiting = and_(table.number == number, table.state == CallState.WAITING)
        return await self._change(
            queue, waiting, {"state": CallState.GIVEN_UP.value, "error": error, "ended_at": utc(at)}
        )

    async def call(self, queue: Queue, number: int) -> QueuedCall | None:
        """Read a row."""
        return await self._read(lambda connection: _one(connection, queue, QUEUES[queue].c.number == number))

    async def calls(
        self,
        queue: Queue,
        identity: str | None = None,
        *,
        state: CallState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[QueuedCall]:
        """Read rows by number."""
        table = QUEUES[queue]

        def work(connection: Connection) -> list[QueuedCall]:
            statement = _calls(table).where(table.c.number > after).order_by(table.c.number).limit(max(limit, 0))
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(table.c.charge_point_id == number)
            if state is not None:
                statement = statement.where(table.c.state == state.value)
            return [call_from(row, queue) for row in connection.execute(statement)]

        return await self._read(work)

    async def forget_calls(
        self, queue: Queue, before: datetime, *, identity: str | None = None, limit: int = 10_000
    ) -> int:
        """Delete the rows that were answered longest ago."""
        table = QUEUES[queue]
        old = and_(table.c.state == CallState.ANSWERED, table.c.ended_at < utc(before))

        def work(transaction: WriteTransaction) -> int:
            number = charge_point_of(transaction.connection, self._remembered, identity)
            own = old if number is None else and_(old, table.c.charge_point_id == number)
            return delete_oldest(transaction, table, own, table.c.ended_at, limit)

        return await self._write(work)

    async def wait_for_call(self, queue: Queue, *, timeout_s: float) -> None:
        """Wait for this object's own calls; what other processes queue is seen by looking again."""
        self._see_open()
        woken = self._woken[queue]
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), min(timeout_s, _POLL_S))
        # Not cleared before: what was queued while its caller looked for calls wakes it as well.
        woken.clear()

    async def _end_claim(self, queue: Queue, number: int, attempt: int, values: Mapping[str, object]) -> bool:
        ended = await self._write(
            lambda transaction: end_claim(transaction.connection, queue, number, attempt, values), values
        )
        self._woken[queue].set()
        return ended

    async def _change(
        self,
        queue: Queue,
        condition: ColumnElement[bool],
        values: Mapping[str, object],
        lock: Callable[[WriteTransaction], None] | None = None,
    ) -> bool:
        statement = update(QUEUES[queue]).where(condition).values(**values)

        def work(transaction: WriteTransaction) -> bool:
            if lock is not None:
                lock(transaction)
            return transaction.connection.execute(statement).rowcount > 0

        changed = await self._write(work, values)
        self._woken[queue].set()
        return changed


def _claim(
    connection: Connection, queue: Queue, now: datetime, charge_point_id: int | None, values: Mapping[str, Any]
) -> QueuedCall | None:
    table = QUEUES[queue]
    if charge_point_id is not None:
        return next(iter(_claim_own(connection, queue, now, charge_point_id, values)), None)
    passed: set[int] = set()
    while True:
        oldest = select(table.c.charge_point_id).where(_sendable(table, now)).order_by(table.c.number)
        if passed:
            oldest = oldest.where(table.c.charge_point_id.not_in(sorted(passed)))
        found = connection.execute(oldest.limit(_CANDIDATES)).scalars().all()
        if not found:
            return None
        lane = _lock_lane(connection, queue, list(dict.fromkeys(found)))
        if lane is None:
            # Somebody claims in each of them.
            passed.update(found)
            continue
        number = _claim_in_lane(connection, queue, now, lane, values)
        if number is not None:
            return _one(connection, queue, table.c.number == number)
        passed.add(lane)


def _claim_own(
    connection: Connection,
    queue: Queue,
    now: datetime,
    lane: int,
    values: Mapping[str, Any],
    run_of: Collection[str] = (),
    at_most: int = 1,
) -> list[QueuedCall]:
    """Claim a call or a run in one lane, which nobody else claims in meanwhile."""
    table = QUEUES[queue]
    # SQLite has one writer, so that all lanes are locked.
    if connection.dialect.name != "sqlite" and _lock_lane(connection, queue, [lane]) is None:
        return []
    try:
        first = claim_first(connection, queue, lane, now, values["worker"], values["lease_until"])
    except LapsedError:
        number = _claim_in_lane(connection, queue, now, lane, values)
        found = None if number is None else _one(connection, queue, table.c.number == number)
        return [] if found is None else [found]
    return [] if first is None else claim_run(connection, queue, lane, now, first, run_of, at_most)


def _lock_lane(connection: Connection, queue: Queue, charge_point_ids: Sequence[int]) -> int | None:
    """Lock the first lane that is free."""
    # MariaDB locks each row that it looks at, and not the one alone that it returns.
    at_once = 1 if connection.dialect.name in {"mysql", "mariadb"} else len(charge_point_ids)
    for begin in range(0, len(charge_point_ids), at_once):
        some = charge_point_ids[begin : begin + at_once]
        order = case({number: place for place, number in enumerate(some)}, value=call_lanes.c.charge_point_id)
        free = _lanes(queue, some).order_by(order).limit(1).with_for_update(skip_locked=True)
        found: int | None = connection.execute(free).scalar()
        if found is not None:
            return found
    return None


def _claim_in_lane(
    connection: Connection, queue: Queue, now: datetime, charge_point_id: int, values: Mapping[str, object]
) -> int | None:
    """Claim the first call of a lane that is locked, if there is still one to be had."""
    table = QUEUES[queue]
    own = select(table.c.number).where(_sendable(table, now), table.c.charge_point_id == charge_point_id)
    own = own.order_by(table.c.number).limit(1).with_for_update(skip_locked=True)
    number: int | None = connection.execute(own).scalar()
    if number is not None:
        changed = update(table).where(table.c.number == number)
        connection.execute(changed.values(attempts=table.c.attempts + 1, **values))
    return number


def _lanes(queue: Queue, charge_point_ids: Sequence[int]) -> Select[Any]:
    lanes = call_lanes.c
    some = lanes.charge_point_id.in_(charge_point_ids)
    return select(lanes.charge_point_id).where(lanes.queue == queue.value, some)


def _sendable(table: Table, now: datetime) -> ColumnElement[bool]:
    """What `CallQueueStore.claim` says of a call that may be sent."""
    call, other, earlier = table.c, table.alias("other"), table.alias("earlier")
    live = [CallState.WAITING.value, CallState.CLAIMED.value]
    due = or_(
        and_(call.state == CallState.WAITING, or_(call.not_before.is_(None), call.not_before <= now)),
        _lapsed(table, now),
    )
    fresh = or_(call.expires_at.is_(None), call.expires_at > now)
    in_flight = exists().where(
        other.c.charge_point_id == call.charge_point_id,
        other.c.state == CallState.CLAIMED,
        other.c.lease_until > now,
    )
    before = exists().where(
        earlier.c.charge_point_id == call.charge_point_id,
        earlier.c.state.in_(live),
        earlier.c.number < call.number,
        earlier.c.ordered,
        or_(earlier.c.expires_at.is_(None), earlier.c.expires_at > now),
    )
    return and_(call.state.in_(live), due, fresh, not_(in_flight), or_(not_(call.ordered), not_(before)))


def _lapsed(table: Table, now: datetime) -> ColumnElement[bool]:
    return and_(table.c.state == CallState.CLAIMED, table.c.lease_until <= now)


def _answered(reply: str, at: datetime) -> dict[str, object]:
    return {"state": CallState.ANSWERED.value, "reply": reply, "error": None, "ended_at": utc(at)}


def _claimed(table: Table, number: int, attempt: int) -> ColumnElement[bool]:
    return and_(table.c.number == number, table.c.state == CallState.CLAIMED, table.c.attempts == attempt)


def _calls(table: Table) -> Select[Any]:
    return select(table, charge_points.c.identity).join(charge_points)


def _one(connection: Connection, queue: Queue, *conditions: ColumnElement[bool]) -> QueuedCall | None:
    row = connection.execute(_calls(QUEUES[queue]).where(*conditions)).first()
    return None if row is None else call_from(row, queue)


def call_from(row: Row[Any], queue: Queue) -> QueuedCall:
    """Make the record of a row of a queue and its identity."""
    return QueuedCall(
        number=row.number,
        queue=queue,
        key=row.key,
        identity=row.identity,
        operation=row.operation,
        request=row.request,
        ordered=row.ordered,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=CallState(row.state),
        attempts=row.attempts,
        not_before=row.not_before,
        worker=row.worker,
        lease_until=row.lease_until,
        reply=row.reply,
        error=row.error,
        ended_at=row.ended_at,
    )
