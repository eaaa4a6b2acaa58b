"""SQL databases: SQLite, PostgreSQL, MariaDB.

Nothing is imported before it is used: SQLAlchemy takes half a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocpp_sdk_backends.sql.opening import open_mysql, open_postgresql, open_sqlite, upgrade_storage
    from ocpp_sdk_backends.sql.store import SqlStore

__all__ = ["SqlStore", "open_mysql", "open_postgresql", "open_sqlite", "upgrade_storage"]


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.opening"), name)
