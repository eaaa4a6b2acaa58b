"""Rows that go in as columns come out as rows, however many there are and whatever they have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, create_engine

from ocpp_sdk_backends.sql import inserting
from ocpp_sdk_backends.sql.inserting import insert_columns

TABLE = Table("rows", MetaData(), *(Column(name, Integer if name == "a" else Text) for name in "abcdef"))


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with the table."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        yield connection
    engine.dispose()


def columns(count: int, start: int = 0) -> list[list[Any]]:
    """So many rows: numbers, one value, none, some, two in turns, and one that is another in the middle."""
    numbers = list(range(start, start + count))
    return [
        numbers,
        ["same"] * count,
        [None] * count,
        [None if number % 3 else f"{number}" for number in numbers],
        [f"{number % 2}" for number in numbers],
        ["odd" if place == count // 2 else "even" for place in range(count)],
    ]


@pytest.mark.parametrize("numbered", [True, False], ids=["by number", "each"])
@pytest.mark.parametrize("counts", [(1,), (63,), (64,), (65,), (128, 1, 200), (3, 64, 64)], ids=str)
def test_rows_come_out_as_they_went_in(
    counts: tuple[int, ...], numbered: bool, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time, also with statements that are known already; what is there is not touched."""
    monkeypatch.setattr(inserting, "_BINDS_NUMBERS", numbered and inserting._BINDS_NUMBERS)
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    expected: list[tuple[Any, ...]] = []
    for count in counts:
        some = columns(count, len(expected))
        expected += zip(*some, strict=True)
        insert_columns(connection, driver, TABLE, some)
        found = connection.exec_driver_sql("SELECT * FROM rows ORDER BY a").all()
        assert [tuple(row) for row in found] == expected


def test_statements_that_peers_cause_are_bounded(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever columns have one value."""
    monkeypatch.setattr(inserting, "_MOST_TEXTS", 2)
    monkeypatch.setattr(inserting, "_alike", {})
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    others = [f"{row}" for row in range(64)]
    for same in range(5):
        some: list[list[Any]] = [list(range(64)), *(["x"] * 64 if place < same else others for place in range(5))]
        insert_columns(connection, driver, TABLE, some)
    assert len(inserting._alike) <= 2
    assert connection.exec_driver_sql("SELECT count(*) FROM rows").scalar_one() == 320


def test_driver_that_takes_numbers_for_names_is_told_from_others() -> None:
    """What was found out when the module was loaded is what the driver does."""
    with closing(sqlite3.connect(":memory:")) as connection:
        if inserting._BINDS_NUMBERS:
            assert connection.execute("SELECT ?1, ?2, ?1", ("a", "b")).fetchone() == ("a", "b", "a")
        else:
            with pytest.raises(DeprecationWarning):
                connection.execute("SELECT ?1, ?2, ?1", ("a", "b"))
