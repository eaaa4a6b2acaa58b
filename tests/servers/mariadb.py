"""A real MariaDB for the tests: the one that is installed on this machine, or one that runs already.

Set OCPP_TEST_MARIADB_URL to a URL whose user may create databases, to use that server.
"""

import atexit
import functools
import importlib.util
import os
import shutil
import socket
import time
from urllib.parse import unquote, urlsplit

from tests.servers.keeping import KeptProcess, free_port
from tests.servers.sql import SqlServer

VARIABLE = "OCPP_TEST_MARIADB_URL"
PASSWORD = "not-for-anyone"
_START_S = 60.0
_PATHS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def unavailable() -> str | None:
    """Return why no MariaDB can run here, None if one can."""
    if importlib.util.find_spec("asyncmy") is None:
        return "MariaDB not run: asyncmy is not installed"
    if VARIABLE not in os.environ and (_program("mariadbd") is None or _program("mariadb-install-db") is None):
        return f"MariaDB not run: neither mariadbd is installed (package mariadb-server) nor {VARIABLE} set"
    return None


class MariadbServer(SqlServer):
    """A MariaDB."""

    variable = VARIABLE

    def stop(self) -> None:
        """Shut the server down in the orderly way, which disconnects its clients."""
        self._owned().stop()

    def start(self) -> None:
        """Start the server again, on the same port and data, and wait until it takes connections."""
        process = self._owned()
        port = urlsplit(self._admin_url).port
        assert port is not None
        process.spawn(
            [
                _program("mariadbd") or "mariadbd",
                *("--no-defaults", f"--datadir={process.folder / 'data'}", f"--port={port}"),
                *("--bind-address=127.0.0.1", f"--socket={process.folder / 'socket'}"),
                *(f"--pid-file={process.folder / 'pid'}", f"--init-file={process.folder / 'init.sql'}"),
                *("--max-connections=200", "--innodb-log-file-size=48M", f"--tmpdir={process.folder / 'tmp'}"),
                *self.options,
            ]
        )
        deadline = time.monotonic() + _START_S
        while not _answers(port):
            if not process.running() or time.monotonic() > deadline:
                raise process.failure("mariadbd did not start")
            time.sleep(0.02)

    def _install(self) -> KeptProcess:
        process = KeptProcess("mariadb")
        # A server that starts removes what it takes for leftovers of its own, so each has a folder for it.
        scratch = process.folder / "tmp"
        scratch.mkdir()
        shutil.chown(scratch, process.folder.stat().st_uid)
        # The init file runs at each start, before the server takes connections.
        (process.folder / "init.sql").write_text(
            f"CREATE USER IF NOT EXISTS ocpp@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO ocpp@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        process.run(
            [
                _program("mariadb-install-db") or "mariadb-install-db",
                *("--no-defaults", f"--datadir={process.folder / 'data'}", "--skip-test-db", "--skip-name-resolve"),
                *("--auth-root-authentication-method=normal", "--innodb-log-file-size=48M"),
                f"--tmpdir={scratch}",
            ]
        )
        self._admin_url = f"mysql://ocpp:{PASSWORD}@127.0.0.1:{free_port()}/mysql"
        return process

    async def _execute(self, url: str, *statements: str) -> None:
        import asyncmy

        parts = urlsplit(url)
        connection = await asyncmy.connect(
            host=parts.hostname,
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            db=parts.path.lstrip("/"),
            connect_timeout=_START_S,
            autocommit=True,
        )
        try:
            async with connection.cursor() as cursor:
                for statement in statements:
                    await cursor.execute(statement)
        finally:
            await connection.ensure_closed()


@functools.cache
def shared() -> MariadbServer:
    """Return the one server of this process, for tests that do not kill it; it ends with the process."""
    server = MariadbServer()
    atexit.register(server.close)
    return server


def _program(name: str) -> str | None:
    return shutil.which(name, path=_PATHS)


def _answers(port: int) -> bool:
    """Tell whether a server greets on this port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_START_S) as probe:
            return bool(probe.recv(5))
    except OSError:
        return False
