"""The server process."""

import atexit
import functools
import http.client
import json
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.servers.firebase.installing import SOURCES, packages
from tests.servers.keeping import KeptProcess, free_port

_START_S = 60.0


class FirebaseServer:
    """A server on a free port of 127.0.0.1, gone with all its data at the end.

    Attributes:
        port: where it listens.
        url: of an empty database that was made for this object.
    """

    def __init__(self) -> None:
        modules = packages()
        self.port = free_port()
        self._process = KeptProcess("firebase")
        source = self._process.folder / "server.js"
        shutil.copyfile(SOURCES / "server.js", source)
        self._modules = self._process.reachable(modules)
        if not (self._process.folder / "node_modules").exists():
            (self._process.folder / "node_modules").symlink_to(self._modules)
        self.start()
        self.url = self.new_database()

    @property
    def own(self) -> bool:
        """Whether the server is ours to kill."""
        return True

    def shut(self, url: str, shut: bool) -> None:
        """Refuse access to a database, or grant it again."""
        self.ask("PUT", "/.settings/shut", shut, namespace=url.partition("?ns=")[2])

    def new_database(self) -> str:
        """Make an empty database, with the indexes of the backend, and return its URL."""
        from ocpp_sdk_backends.firebase.rules import rules_text

        namespace = f"ocpp-{secrets.token_hex(6)}"
        self.ask("PUT", "/.settings/rules", json.loads(rules_text()), namespace=namespace)
        return self.url_of(namespace)

    def url_of(self, namespace: str) -> str:
        """Return the URL of a database, as the backend takes it."""
        return f"firebase:http://127.0.0.1:{self.port}/?ns={namespace}"

    def ask(self, method: str, path: str, content: object = None, *, namespace: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the server beside the backend, as its owner; the path has no `.json`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_S)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, f"{path}.json?ns={namespace}", body, {"Authorization": "Bearer owner"})
            answer = connection.getresponse()
            found = json.loads(answer.read() or b"null")
        finally:
            connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {found}")
        return found

    def writes(self) -> int:
        """Return how many writes the server has made so far; one of many places is one."""
        return (self._process.folder / "journal.jsonl").read_bytes().count(b"\n")

    def kill(self) -> None:
        """End the server with SIGKILL."""
        self._process.kill()

    def stop(self) -> None:
        """Shut the server down, which disconnects its clients."""
        self._process.stop()

    def start(self) -> None:
        """Start the server again, on the same port and data, and wait until it takes connections."""
        process = self._process
        process.spawn([self._node(), "--max-old-space-size=4096", "server.js", str(self.port), "journal.jsonl"])
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if not process.running() or time.monotonic() > deadline:
                raise process.failure("the Firebase server did not start")
            time.sleep(0.02)

    def close(self) -> None:
        """End the server and remove its data."""
        self._process.close()

    def __enter__(self) -> "FirebaseServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _node(self) -> Path:
        """Return node itself, where the server's user may run it: what PATH names may be a version manager's script."""
        asked = subprocess.run(
            ["node", "-p", "process.execPath"], capture_output=True, text=True, timeout=60, check=True
        )
        node = Path(asked.stdout.strip())
        return self._process.reachable(node.parent) / node.name

    def _answers(self) -> bool:
        try:
            self.ask("GET", "/nothing", namespace="start")
        except (OSError, RuntimeError, ValueError, http.client.HTTPException):
            return False
        return True


@functools.cache
def shared() -> FirebaseServer:
    """Return the one server of this process, for tests that do not kill it; it ends with the process."""
    server = FirebaseServer()
    atexit.register(server.close)
    return server
