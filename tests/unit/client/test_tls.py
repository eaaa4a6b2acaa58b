"""https: whom the client trusts, who it says it is, and that contexts are shared."""

from __future__ import annotations

import asyncio
import gc
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ocpp_sdk.client import ClientSettings, SoapClient, TlsSettings
from ocpp_sdk.client.tls import tls_context
from ocpp_sdk.errors import CallError, ConfigurationError, ConnectError, ConnectionLostError, TlsError
from tests.unit.client.heartbeat import NOW
from tests.unit.client.peer import cp1, heartbeat, peer, until

pytestmark = pytest.mark.anyio


@dataclass
class Files:
    """What an operator has on disk, and the peer's context."""

    ca: Path
    certificate: Path
    key: Path
    locked_key: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Make an authority, a certificate for the peer and one for the client."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(server)
    own = authority.issue_cert("cp1.example")
    found = Files(folder / "ca.pem", folder / "own.pem", folder / "key.pem", folder / "locked.pem", server)
    authority.cert_pem.write_to_path(found.ca)
    own.cert_chain_pems[0].write_to_path(found.certificate)
    own.private_key_pem.write_to_path(found.key)
    key = load_pem_private_key(own.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    found.locked_key.write_bytes(locked)
    return found


async def test_peer_of_a_trusted_authority_is_called(files: Files) -> None:
    """ca_file is enough, and nothing of the connection is left when the client closes."""
    settings = ClientSettings(tls=TlsSettings(ca_file=files.ca))
    async with peer(tls=files.server) as cs:
        async with cp1(cs.url, settings=settings) as client:
            assert (await heartbeat(client)).current_time == NOW
            assert (await heartbeat(client)).current_time == NOW
            assert cs.connections == 1
        await until(lambda: not cs.open)
    # A socket that was left open warns when it is collected, and a warning fails the test.
    gc.collect()


async def test_peer_of_an_unknown_authority_is_refused(files: Files) -> None:
    """A self-made certificate is no reason to send an identity."""
    async with peer(tls=files.server) as cs, cp1(cs.url) as client:
        with pytest.raises(TlsError) as caught:
            await heartbeat(client)
        assert not cs.requests
    assert not caught.value.retry_safe
    assert "certificate" in str(caught.value).lower()


async def test_peer_of_another_name_is_refused(files: Files) -> None:
    """The certificate is for 127.0.0.1 only."""
    settings = ClientSettings(tls=TlsSettings(ca_file=files.ca))
    async with peer(tls=files.server) as cs, cp1(cs.url.replace("127.0.0.1", "localhost"), settings=settings) as client:
        with pytest.raises(TlsError):
            await heartbeat(client)


async def test_peer_is_called_unverified_when_told_so(files: Files) -> None:
    """On a bench there may be no authority at all."""
    settings = ClientSettings(tls=TlsSettings(verify=False))
    async with peer(tls=files.server) as cs, cp1(cs.url, settings=settings) as client:
        assert (await heartbeat(client)).current_time == NOW


async def test_http_peer_behind_an_https_address_is_a_tls_error() -> None:
    """The commonest mistake in an address."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with cp1(f"https://127.0.0.1:{port}/") as client:
            with pytest.raises(TlsError):
                await heartbeat(client)


@pytest.mark.parametrize("locked", [False, True])
async def test_peer_that_demands_a_certificate_gets_it(files: Files, locked: bool) -> None:
    """With a key in the clear and with one under a password."""
    files.server.verify_mode = ssl.CERT_REQUIRED
    try:
        key = {"key_file": files.locked_key, "key_password": "open sesame"} if locked else {"key_file": files.key}
        tls = TlsSettings(ca_file=files.ca, certificate_file=files.certificate, **key)
        async with peer(tls=files.server) as cs, cp1(cs.url, settings=ClientSettings(tls=tls)) as client:
            assert (await heartbeat(client)).current_time == NOW
    finally:
        files.server.verify_mode = ssl.CERT_NONE


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_peer_that_demands_a_certificate_and_gets_none_is_a_named_error(
    files: Files, version: ssl.TLSVersion
) -> None:
    """With TLS 1.3 the refusal comes after the client's handshake; the request is not taken either way."""
    files.server.verify_mode = ssl.CERT_REQUIRED
    files.server.maximum_version = version
    settings = ClientSettings(tls=TlsSettings(ca_file=files.ca))
    try:
        async with peer(tls=files.server) as cs, cp1(cs.url, settings=settings) as client:
            with pytest.raises(CallError) as caught:
                await heartbeat(client)
            assert not cs.requests
    finally:
        files.server.verify_mode = ssl.CERT_NONE
        files.server.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    if version is ssl.TLSVersion.TLSv1_2:
        assert isinstance(caught.value, ConnectError)
        assert "certificate" in str(caught.value).lower()
    else:
        # Which of the two depends on whether the peer's alert is read before its reset arrives.
        assert isinstance(caught.value, TlsError | ConnectionLostError)
        assert not caught.value.retry_safe


def test_equal_settings_share_one_context(files: Files) -> None:
    """To build a context costs more than thirty calls."""
    assert tls_context(TlsSettings()) is tls_context(TlsSettings())
    assert tls_context(TlsSettings(ca_file=files.ca)) is tls_context(TlsSettings(ca_file=files.ca))
    assert tls_context(TlsSettings(ca_file=files.ca)) is not tls_context(TlsSettings())


def test_renewed_file_gives_a_new_context(files: Files, tmp_path: Path) -> None:
    """A client made after a renewal uses the new certificate."""
    path = tmp_path / "ca.pem"
    path.write_bytes(files.ca.read_bytes())
    before = tls_context(TlsSettings(ca_file=path))
    trustme.CA().cert_pem.write_to_path(path)
    assert tls_context(TlsSettings(ca_file=path)).get_ca_certs() != before.get_ca_certs()


@pytest.mark.parametrize("which", ["absent", "no PEM", "wrong password", "no password", "other key"])
def test_file_that_cannot_work_is_named(files: Files, tmp_path: Path, which: str) -> None:
    """One line that names the file, before anything is called; and OpenSSL never asks on the terminal."""
    junk, other = tmp_path / "junk.pem", tmp_path / "other.pem"
    junk.write_text("junk")
    trustme.CA().issue_cert("x.example").private_key_pem.write_to_path(other)
    settings, name = {
        "absent": (TlsSettings(ca_file=tmp_path / "none.pem"), "none.pem"),
        "no PEM": (TlsSettings(ca_file=junk), "junk.pem"),
        "wrong password": (
            TlsSettings(certificate_file=files.certificate, key_file=files.locked_key, key_password="s3cret"),
            "locked.pem",
        ),
        "no password": (TlsSettings(certificate_file=files.certificate, key_file=files.locked_key), "locked.pem"),
        "other key": (TlsSettings(certificate_file=files.certificate, key_file=other), "other.pem"),
    }[which]
    with pytest.raises(ConfigurationError, match=name) as caught:
        SoapClient("https://cs/", settings=ClientSettings(tls=settings))
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value) + repr(settings)
