"""A MongoDB that cannot serve is refused in one line, which says what to do and never a password."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import bson
import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import open_store
from tests.servers.keeping import free_port
from tests.servers.mongodb import PASSWORD, USER, MongodbServer, unavailable

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("mongodb-unit"),
    # A client that is closed while its driver tries to reach a server leaves that one socket to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


async def refused(url: str) -> str:
    """Return the line that refuses a storage."""
    with pytest.raises(ConfigurationError, match=r"^storage [^\n]+$") as caught:
        await open_store(url)
    line = str(caught.value)
    for secret in ("secret", PASSWORD):
        assert secret not in line
    return line


@pytest.fixture
def guarded() -> Iterator[MongodbServer]:
    """Give a server that asks for a password."""
    if reason := unavailable():
        pytest.skip(reason)
    with MongodbServer(password=True) as server:
        yield server


async def test_server_that_is_not_there_is_named() -> None:
    """Soon, and without the driver's account of all it knows."""
    port = free_port()
    line = await refused(f"mongodb://ocpp:secret@127.0.0.1:{port}/ocpp?serverSelectionTimeoutMS=100")
    assert line.startswith(f"storage mongodb://127.0.0.1:{port}/ocpp cannot be reached: ")
    assert "Topology" not in line
    assert line.endswith("is the server up?")


async def test_wrong_password_is_told_apart_from_no_rights(guarded: MongodbServer) -> None:
    """Each has its own line."""
    url = guarded.url
    wrong = url.replace(PASSWORD, "secret")
    assert (await refused(wrong)).endswith("refuses the user or the password; correct the URL")
    name = urlsplit(url).path.strip("/")
    guarded.add_user("reader", "secret", {"role": "read", "db": name})
    line = await refused(url.replace(f"{USER}:{PASSWORD}", "reader:secret"))
    assert "does not let this user do that" in line
    await (await open_store(url)).close()


async def test_server_that_asks_for_a_password_refuses_a_url_without(guarded: MongodbServer) -> None:
    """The line says that it is about user and rights."""
    address = guarded.url.rpartition("@")[2].partition("?")[0]
    assert "check user and rights" in await refused(f"mongodb://{address}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mongodb://127.0.0.1:1", "mongodb://127.0.0.1:1 names no database; put one behind the host, as in "),
        ("mongodb://127.0.0.1:1/", "mongodb://127.0.0.1:1/ names no database; put one behind the host, as in "),
        ("mongodb://127.0.0.1:port/ocpp", "mongodb://127.0.0.1:port/ocpp is no URL of MongoDB"),
        ("mongodb://ocpp:se@secret/x:1@127.0.0.1/ocpp", "mongodb://127.0.0.1/ocpp is no URL of MongoDB; write it"),
        ("mongodb://ocpp:se@cret:secret@127.0.0.1/ocpp", "mongodb://127.0.0.1/ocpp is no URL of MongoDB; write it"),
        ("mongodb://ocpp:secret?@127.0.0.1/ocpp", "mongodb://127.0.0.1/ocpp is no URL of MongoDB; write it"),
        ("mongodb:ocpp", "mongodb:ocpp is no URL of MongoDB"),
        ("mongodb://127.0.0.1/ocpp?nonsense=1", "mongodb://127.0.0.1/ocpp is no URL of MongoDB: Unknown option"),
        ("mongodb://127.0.0.1/oc pp", "mongodb://127.0.0.1/oc pp is no URL of MongoDB"),
    ],
)
async def test_url_that_names_no_database_is_refused(url: str, expected: str) -> None:
    """In one line that shows what is meant."""
    assert (await refused(url)).startswith(f"storage {expected}")


@asynccontextmanager
async def old_server() -> AsyncIterator[int]:
    """Serve the greeting of a MongoDB 3.6, which the driver asks for first, and yield the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(16)
                size, request, _, kind = (int.from_bytes(head[at : at + 4], "little") for at in (0, 4, 8, 12))
                await reader.readexactly(size - 16)
                said = bson.encode({"ismaster": True, "minWireVersion": 0, "maxWireVersion": 6, "ok": 1.0})
                if kind == 2004:
                    body, reply = bytes(4 + 8 + 4) + (1).to_bytes(4, "little") + said, 1
                else:
                    body, reply = bytes(4) + b"\x00" + said, 2013
                numbers = (16 + len(body), 1, request, reply)
                writer.write(b"".join(number.to_bytes(4, "little") for number in numbers) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_server_that_is_too_old_is_refused() -> None:
    """Before anything is made on it."""
    async with old_server() as port:
        line = await refused(f"mongodb://127.0.0.1:{port}/ocpp?serverSelectionTimeoutMS=500")
    assert line.startswith(f"storage mongodb://127.0.0.1:{port}/ocpp cannot serve: ")
    assert "wire version 6" in line


async def test_database_of_a_newer_format_is_refused(server: MongodbServer) -> None:
    """And not touched."""
    url = server.new_database()
    name = urlsplit(url).path.strip("/")
    server.run({"insert": "store", "documents": [{"_id": "format", "version": 99}]}, database=name)
    assert "has format 99, this ocpp-sdk knows up to 1; upgrade ocpp-sdk" in await refused(url)
    found = server.run({"listCollections": 1, "nameOnly": True}, database=name)
    assert [each["name"] for each in found["cursor"]["firstBatch"]] == ["store"]


async def test_two_that_open_an_empty_database_at_once_both_can(server: MongodbServer) -> None:
    """What one makes, the other finds."""
    url = server.new_database()
    stores = await asyncio.gather(*(open_store(url) for _ in range(4)))
    await asyncio.gather(*(store.put_setting("k", "v") for store in stores))
    for store in stores:
        await store.close()


def test_driver_that_is_not_installed_is_asked_for() -> None:
    """With the command that installs it."""
    program = (
        "import asyncio, sys\n"
        "sys.modules['pymongo'] = None\n"
        "from ocpp_sdk_backends.mongo import open_mongo\n"
        "from ocpp_sdk.errors import ConfigurationError\n"
        "try:\n"
        "    asyncio.run(open_mongo('mongodb://127.0.0.1/ocpp'))\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "storage 'mongodb' needs pymongo; pip install 'ocpp-sdk[mongo]'\n"
