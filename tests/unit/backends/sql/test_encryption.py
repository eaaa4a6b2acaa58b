"""Connections are encrypted as the URL asks, and the server's certificate is looked at.

MariaDB encrypts by itself. The PostgreSQL of the tests is built without TLS, so something in front of it does, in the
way of that protocol.
"""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import open_store
from tests.servers import mariadb
from tests.servers.mariadb import MariadbServer
from tests.unit.backends.sql.databases import empty

AUTHORITY = trustme.CA()
STRANGER = trustme.CA()
KINDS = ("postgresql", "mariadb")


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all that comes, then the end."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def encrypted_postgresql(folder: Path) -> AsyncIterator[str]:
    """Give the URL of an empty database behind something that encrypts."""
    url = empty("postgresql", folder)
    address = url.partition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

    async def encrypt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # The client asks for encryption by a request of 8 bytes, and is answered by one letter.
            await reader.readexactly(8)
            writer.write(b"S")
            await writer.start_tls(context)
            behind = await asyncio.open_connection(host, int(port))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            writer.close()
            return
        await asyncio.gather(pass_on(reader, behind[1]), pass_on(behind[0], writer), return_exceptions=True)

    server = await asyncio.start_server(encrypt, "127.0.0.1", 0)
    async with server:
        yield url.replace(address, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")


@asynccontextmanager
async def encrypted_mariadb(_: Path) -> AsyncIterator[str]:
    """Give the URL of an empty database of a server that encrypts."""
    if reason := mariadb.unavailable():
        pytest.skip(reason)
    with MariadbServer() as server:
        if not server.own:
            pytest.skip("the server is not ours to change")
        certificate = AUTHORITY.issue_cert("127.0.0.1")
        chain, key = server.folder / "server.pem", server.folder / "server.key"
        certificate.cert_chain_pems[0].write_to_path(chain)
        certificate.private_key_pem.write_to_path(key)
        for file in (chain, key):
            shutil.chown(file, server.folder.stat().st_uid)
        server.stop()
        server.options = [f"--ssl-cert={chain}", f"--ssl-key={key}", "--require-secure-transport=ON"]
        server.start()
        yield server.url


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_server_is_used_if_the_authority_vouches_for_it_by_this_name(kind: str, tmp_path: Path) -> None:
    """Somebody in between could be anybody."""
    ours, strange = tmp_path / "ours.pem", tmp_path / "strange.pem"
    AUTHORITY.cert_pem.write_to_path(ours)
    STRANGER.cert_pem.write_to_path(strange)
    query = "sslmode=verify-full&sslrootcert" if kind == "postgresql" else "ssl_ca"
    async with encrypted_postgresql(tmp_path) if kind == "postgresql" else encrypted_mariadb(tmp_path) as url:
        store = await open_store(f"{url}?{query}={ours}")
        await store.put_setting("key", "value")
        assert await store.setting("key") == "value"
        await store.close()
        with pytest.raises(ConfigurationError, match=r"(?i)certificate verify failed"):
            await open_store(f"{url}?{query}={strange}")
        # The certificate is for the address, and this name leads there.
        with pytest.raises(ConfigurationError, match=r"(?i)hostname mismatch|not valid for 'localhost'"):
            await open_store(f"{url}?{query}={ours}".replace("127.0.0.1", "localhost"))
