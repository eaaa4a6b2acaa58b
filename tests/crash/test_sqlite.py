"""A process with a SQLite file is killed."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.crash.rounds import survive


@pytest.mark.long
@pytest.mark.timeout(600)
def test_sqlite_store_killed_a_hundred_times_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    """Nothing is lost, nothing is there twice, the store opens by itself, and the file is sound."""
    path = tmp_path / "ocpp.db"
    survive(f"sqlite:///{path}", tmp_path, opener="ocpp_sdk_backends.sql.opening:open_sqlite")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("samples", "sample_requests"):
            lost = f"SELECT charge_point_id FROM {table} EXCEPT SELECT charge_point_id FROM sample_blocks"
            assert connection.execute(lost).fetchall() == []
