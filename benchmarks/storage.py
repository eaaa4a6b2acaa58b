"""Durable writes of meter samples by 64 callers at once: this SDK's group commit, and one commit of an ORM each.

The ORM is SQLAlchemy's own, with the same columns and indexes, the same driver, and as durable. Beside them a bare file
takes the same samples in batches of 64, each batch appended by one call and made durable by fdatasync.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter

from sqlalchemy import BigInteger, Index, Integer, Text, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks import storage_served
from benchmarks.measuring import QUICK, Pace, Series, rotated, steady_gc
from benchmarks.messages import NOON
from benchmarks.report import Row, faster
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.sql.columns import UtcTime

CALLERS = 64
AGAINST_ORM = {"sqlite": 25.0, "postgresql": 12.0}
AGAINST_FILE = 0.08
# What SQLAlchemy opens by default; SQLite has one writer, and is fastest when nobody else asks for its lock.
ORM_CONNECTIONS = {"sqlite": 1, "postgresql": 15}

Write = Callable[[MeterSample], Awaitable[object]]


class _Base(DeclarativeBase):
    pass


class OrmSample(_Base):
    """A sample as an application with an ORM has it."""

    __tablename__ = "orm_samples"
    __table_args__ = (Index(None, "charge_point", "number"),)

    number: Mapped[int] = mapped_column(BigInteger().with_variant(sqlite.INTEGER(), "sqlite"), primary_key=True)
    charge_point: Mapped[str] = mapped_column(Text)
    connector_id: Mapped[int] = mapped_column(Integer)
    transaction_id: Mapped[int | None] = mapped_column(BigInteger)
    sampled_at: Mapped[datetime] = mapped_column(UtcTime)
    value: Mapped[str] = mapped_column(Text)
    context: Mapped[str | None] = mapped_column(Text)
    format: Mapped[str | None] = mapped_column(Text)
    measurand: Mapped[str | None] = mapped_column(Text)
    phase: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(Text)


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure all in turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ocpp-bench-")))
        urls = {"sqlite": f"sqlite:///{folder / 'ocpp.db'}"}
        orm_urls = {"sqlite": f"sqlite+aiosqlite:///{folder / 'orm.db'}"}
        server = stack.enter_context(_postgresql(notes))
        if server is not None:
            urls["postgresql"], orm_urls["postgresql"] = server, server.replace("postgresql:", "postgresql+asyncpg:")
        found = asyncio.run(_measure(urls, orm_urls, folder / "bare", pace))
        filled = storage_served.FILLED_QUICK if pace is QUICK else storage_served.FILLED
        served = storage_served.run(folder, pace, notes, filled)
    rows = []
    for kind in urls:
        ours, theirs = Series(tuple(found[kind])), Series(tuple(found[f"{kind} orm"]))
        what = f"a sample, {CALLERS} callers, {kind}"
        rows.append(faster("storage", what, "one ORM commit each", ours, theirs, "/s", AGAINST_ORM[kind]))
    ours, theirs = Series(tuple(found["sqlite"])), Series(tuple(found["file"]))
    what = f"a sample, {CALLERS} callers, sqlite"
    rows.append(faster("storage", what, "append and fdatasync by 64", ours, theirs, "/s", AGAINST_FILE))
    return rows + served


@contextmanager
def _postgresql(notes: list[str]) -> Iterator[str | None]:
    from tests.servers import postgresql

    why = postgresql.unavailable()
    if why is not None:
        notes.append(f"storage: {why}")
        yield None
        return
    with postgresql.PostgresqlServer() as server:
        yield server.url


async def _measure(urls: dict[str, str], orm_urls: dict[str, str], bare: Path, pace: Pace) -> dict[str, list[float]]:
    stores = {kind: await open_store(url) for kind, url in urls.items()}
    engines = {kind: await _orm(kind, url) for kind, url in orm_urls.items()}
    numbers = count()
    contenders: dict[str, Callable[[float], Awaitable[float]]] = {}
    for kind, store in stores.items():
        contenders[kind] = _callers(_store_write(store), numbers)
    for kind, engine in engines.items():
        contenders[f"{kind} orm"] = _callers(_orm_write(engine), numbers)
    contenders["file"] = _bare_file(bare, numbers)
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for run_for in contenders.values():
        await run_for(pace.load_warm_up_s / 4)
    with steady_gc():
        for turn in range(pace.load_rounds):
            for name in rotated(list(contenders), turn):
                found[name].append(await contenders[name](pace.load_s))
    for store in stores.values():
        await store.close()
    for engine in engines.values():
        await engine.dispose()
    return found


def _sample(number: int) -> MeterSample:
    """Return a sample that differs from all others, of one of 64 charge points."""
    return MeterSample(
        identity=f"CP-{number % CALLERS}",
        connector_id=1,
        transaction_id=number % CALLERS,
        sampled_at=NOON + timedelta(milliseconds=number),
        value=str(number),
        context="Sample.Periodic",
        measurand="Energy.Active.Import.Register",
        location="Outlet",
        unit="Wh",
    )


def _callers(write: Write, numbers: Iterator[int]) -> Callable[[float], Awaitable[float]]:
    """Return what lets 64 callers write for so long, and tells how many samples a second became durable."""

    async def run_for(seconds: float) -> float:
        end = perf_counter() + seconds
        done = 0

        async def call() -> None:
            nonlocal done
            while perf_counter() < end:
                await write(_sample(next(numbers)))
                done += 1

        start = perf_counter()
        await asyncio.gather(*(call() for _ in range(CALLERS)))
        return done / (perf_counter() - start)

    return run_for


def _store_write(store: Store) -> Write:
    def write(sample: MeterSample) -> Awaitable[object]:
        return store.add_samples([sample])

    return write


async def _orm(kind: str, url: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=ORM_CONNECTIONS[kind], max_overflow=0)
    if kind == "sqlite":

        def configure(connection: object, _: object) -> None:
            cursor = connection.cursor()  # type: ignore[attr-defined]  # a connection of the driver
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")

        event.listen(engine.sync_engine, "connect", configure)
    async with engine.begin() as connection:
        await connection.run_sync(_Base.metadata.create_all)
    return engine


def _orm_write(engine: AsyncEngine) -> Write:
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def write(sample: MeterSample) -> None:
        async with sessions() as session:
            session.add(
                OrmSample(
                    charge_point=sample.identity,
                    connector_id=sample.connector_id,
                    transaction_id=sample.transaction_id,
                    sampled_at=sample.sampled_at,
                    value=sample.value,
                    context=sample.context,
                    format=sample.format,
                    measurand=sample.measurand,
                    phase=sample.phase,
                    location=sample.location,
                    unit=sample.unit,
                )
            )
            await session.commit()

    return write


def _bare_file(path: Path, numbers: Iterator[int]) -> Callable[[float], Awaitable[float]]:
    """Return what appends batches for so long."""

    async def run_for(seconds: float) -> float:
        return await asyncio.to_thread(_append, path, numbers, seconds)

    return run_for


def _append(path: Path, numbers: Iterator[int], seconds: float) -> float:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        start = perf_counter()
        done = 0
        while (now := perf_counter()) < start + seconds:
            lines = [repr(_sample(next(numbers))) for _ in range(CALLERS)]
            os.write(descriptor, "\n".join(lines).encode())
            os.fdatasync(descriptor)
            done += CALLERS
        return done / (now - start)
    finally:
        os.close(descriptor)
