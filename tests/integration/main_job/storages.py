"""An empty storage of each kind, by its URL, on its real server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import mariadb, mongodb, postgresql
from tests.servers.firebase import installing
from tests.servers.firebase.server import FirebaseServer

KINDS = ["sqlite", "file", "memory", "postgresql", "mongodb", "firebase", "mariadb"]


def unavailable(kind: str) -> str | None:
    """Return why a kind cannot run here, None if it can."""
    reasons: dict[str, Callable[[], str | None]] = {
        "postgresql": postgresql.unavailable,
        "mongodb": mongodb.unavailable,
        "firebase": installing.unavailable,
        "mariadb": mariadb.unavailable,
    }
    return reasons[kind]() if kind in reasons else None


@contextmanager
def empty_storage(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty storage, whose server runs until the block is left; skip the test where none can."""
    if reason := unavailable(kind):
        pytest.skip(reason)
    match kind:
        case "sqlite":
            yield f"sqlite:///{folder / 'ocpp.db'}"
        case "file":
            yield f"file://{folder / 'store'}"
        case "memory":
            yield "memory:"
        case "postgresql":
            with postgresql.PostgresqlServer() as server:
                yield server.url
        case "mariadb":
            with mariadb.MariadbServer() as other:
                yield other.url
        case "mongodb":
            with mongodb.MongodbServer() as mongo:
                yield mongo.new_database()
        case "firebase":
            with FirebaseServer() as firebase:
                yield firebase.new_database()
