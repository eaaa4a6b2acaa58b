"""Storage of a central system in SQLite, on the standard library alone."""

from __future__ import annotations

from ocpp_sdk.storage.sqlite.opening import open_sqlite
from ocpp_sdk.storage.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "open_sqlite"]
