"""What the database servers of the tests that speak SQL have in common."""

import asyncio
import os
import secrets
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.servers.keeping import KeptProcess


class SqlServer(ABC):
    """A server on a free port of 127.0.0.1, gone with all its data at the end, or one that runs already.

    Attributes:
        url: of an empty database that was made for this object.
        options: further ones of its command line, from the next start on.
    """

    variable: str
    """Environment variable with the URL of a server that runs already."""

    def __init__(self) -> None:
        self.options: list[str] = []
        self._names: list[str] = []
        self._process: KeptProcess | None = None
        self._admin_url = os.environ.get(self.variable, "")
        if not self._admin_url:
            self._process = self._install()
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
        """Run statements, each in a transaction of its own, in a database or beside all of them.

        May be called from anywhere, also from inside of a running event loop.
        """
        failures: list[BaseException] = []

        def in_thread() -> None:
            try:
                asyncio.run(self._execute(url or self._admin_url, *statements))
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    @abstractmethod
    def start(self) -> None:
        """Start the server again, on the same port and data, and wait until it takes connections."""

    def kill(self) -> None:
        """End the server with SIGKILL, all its processes at once."""
        self._owned().kill()

    @abstractmethod
    def stop(self) -> None:
        """Shut the server down in the orderly way, which disconnects its clients."""

    def close(self) -> None:
        """End the server, or drop the databases that were made in one that runs on."""
        if self._process is not None:
            self._process.kill()
            self._process.close()
        elif self._names:
            self.execute(*(self._dropping(name) for name in self._names))
            self._names.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _install(self) -> KeptProcess:
        """Make the data of a new server, and set the URL by which it is asked for databases."""

    @abstractmethod
    async def _execute(self, url: str, *statements: str) -> None:
        """Run statements."""

    def _dropping(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS {name}"

    def _owned(self) -> KeptProcess:
        assert self._process is not None, f"a server named by {self.variable} is not ours to kill"
        return self._process
