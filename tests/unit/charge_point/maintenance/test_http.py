"""Files over HTTP and HTTPS, with a real server over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from ocpp_sdk.errors import SpoolError, TransferError, TransferRefusedError
from ocpp_sdk.testing.proxy import TcpProxy
from tests.unit.charge_point.maintenance.transferring import (
    Certificates,
    at,
    certificates,
    files,
    scripted,
    web_server,
)

pytestmark = pytest.mark.anyio
FIRMWARE = os.urandom(3_000_000)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Return a folder with a firmware."""
    folder = tmp_path / "served"
    (folder / "in").mkdir(parents=True)
    (folder / "firmware.bin").write_bytes(FIRMWARE)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file to send."""
    path = tmp_path / "diagnostics_CP1.tar.gz"
    path.write_bytes(FIRMWARE)
    return path


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make certificates."""
    return certificates(tmp_path_factory.mktemp("tls"))


async def test_put_to_a_folder_stores_the_file_under_its_name(served: Path, source: Path) -> None:
    """With the credentials of the address."""
    async with web_server(served) as web:
        await files().upload(source, web.at("/files/in/").for_file(source.name))
        await files().upload(source, web.at("/files/in/renamed.zip").for_file(source.name))
    assert (served / "in" / source.name).read_bytes() == FIRMWARE
    assert (served / "in" / "renamed.zip").read_bytes() == FIRMWARE
    assert web.requests[0][2]["content-length"] == str(len(FIRMWARE))


async def test_get_stores_the_file_as_it_is(served: Path, tmp_path: Path) -> None:
    """No compression on the way, whose undoing would change the file."""
    async with web_server(served) as web:
        await files().download(web.at("/files/firmware.bin"), tmp_path / "spool" / "got")
    assert (tmp_path / "spool" / "got").read_bytes() == FIRMWARE
    assert web.requests[0][2]["accept-encoding"] == "identity"


@pytest.mark.parametrize("way", ["up", "down"])
async def test_wrong_password_is_final_and_shown_nowhere(served: Path, source: Path, tmp_path: Path, way: str) -> None:
    """Not even if the server repeats it."""
    async with web_server(served) as web:
        address = web.at("/files/firmware.bin", user="cp1:s3cret@")
        transfer = files().upload(source, address) if way == "up" else files().download(address, tmp_path / "got")
        with pytest.raises(TransferRefusedError, match="password") as caught:
            await transfer
    assert "s3cret" not in str(caught.value)
    assert (served / "firmware.bin").read_bytes() == FIRMWARE


@pytest.mark.parametrize("status", ["401 Unauthorized", "413 Content Too Large", "503 Service Unavailable"])
async def test_refusal_before_the_file_is_sent_is_understood(source: Path, status: str) -> None:
    """Servers answer after the headers, throw away what still comes, and close; the reason counts."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while await reader.read(65536):
                    pass

    async with scripted(refuse) as port:
        with pytest.raises(TransferError, match=status[:3]) as caught:
            await files().upload(source, at(f"http://127.0.0.1:{port}/x.gz"))
    assert caught.value.retry_safe is status.startswith("503")


async def test_missing_folder_and_missing_file_can_be_tried_again(served: Path, source: Path, tmp_path: Path) -> None:
    """Somebody may put them there meanwhile."""
    async with web_server(served) as web:
        with pytest.raises(TransferError, match="409") as folder:
            await files().upload(source, web.at("/files/none/x.gz"))
        with pytest.raises(TransferError, match="404") as file:
            await files().download(web.at("/files/none.bin"), tmp_path / "got")
    assert folder.value.retry_safe
    assert file.value.retry_safe


@pytest.mark.parametrize("way", ["up", "down"])
async def test_redirect_is_not_followed(served: Path, source: Path, tmp_path: Path, way: str) -> None:
    """Least of all to a file of this machine."""
    async with web_server(served) as web:
        address = web.at("/away")
        transfer = files().upload(source, address) if way == "up" else files().download(address, tmp_path / "got")
        with pytest.raises(TransferRefusedError, match="redirects are not followed"):
            await transfer
    assert not (tmp_path / "got").exists()


async def test_download_cut_by_the_network_goes_on_where_it_broke_off(served: Path, tmp_path: Path) -> None:
    """The second request asks for the rest of the same file only."""
    big = os.urandom(30_000_000)
    (served / "firmware.bin").write_bytes(big)
    part = tmp_path / "got.part"
    async with web_server(served) as web, TcpProxy("127.0.0.1", int(web.url.rpartition(":")[2])) as proxy:
        address = at(f"http://cp1:p%40ss%2Fw%3Ard@{proxy.host}:{proxy.port}/files/firmware.bin")
        first = asyncio.ensure_future(files().download(address, tmp_path / "got"))
        while not (part.exists() and part.stat().st_size):  # noqa: ASYNC110 - a file sets no event
            await asyncio.sleep(0.001)
        await proxy.cut()
        with pytest.raises(TransferError) as caught:
            await first
        assert caught.value.retry_safe
        had = part.stat().st_size
        await proxy.restore()
        await files().download(address, tmp_path / "got")
    assert 0 < had < len(big)
    assert web.requests[1][2]["range"] == f"bytes={had}-"
    assert (tmp_path / "got").read_bytes() == big
    assert not part.exists()
    assert not (tmp_path / "got.part.json").exists()


async def test_download_of_a_file_that_changed_meanwhile_begins_again(served: Path, tmp_path: Path) -> None:
    """The server sees by If-Range that ours is the part of another file."""
    async with scripted(cut_body) as port:
        with pytest.raises(TransferError):
            await files().download(at(f"http://127.0.0.1:{port}/files/firmware.bin"), tmp_path / "got")
        assert (tmp_path / "got.part").stat().st_size == 1000
    async with web_server(served) as web:
        # The same address for another server: what is kept belongs to the address.
        note = (tmp_path / "got.part.json").read_text()
        key = served_key(web.at("/files/firmware.bin").url)
        (tmp_path / "got.part.json").write_text(
            note.replace(served_key(f"http://127.0.0.1:{port}/files/firmware.bin"), key)
        )
        await files().download(web.at("/files/firmware.bin"), tmp_path / "got")
    assert web.requests[0][2]["if-range"] == '"v1"'
    assert (tmp_path / "got").read_bytes() == FIRMWARE


async def test_part_of_another_address_is_thrown_away(served: Path, tmp_path: Path) -> None:
    """A new update under the same name in the spool begins from nothing."""
    async with scripted(cut_body) as port:
        with pytest.raises(TransferError):
            await files().download(at(f"http://127.0.0.1:{port}/x"), tmp_path / "got")
    async with web_server(served) as web:
        await files().download(web.at("/files/firmware.bin"), tmp_path / "got")
    assert "range" not in web.requests[0][2]
    assert (tmp_path / "got").read_bytes() == FIRMWARE


async def test_wrong_part_is_not_appended(tmp_path: Path) -> None:
    """A server that answers a range with another one would make a firmware of pieces."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if b"Range: bytes=1000-" in request:
            head = (
                b'HTTP/1.1 206 Partial Content\r\nETag: "v1"\r\nContent-Range: bytes 10-19/2000\r\nContent-Length: 10'
            )
            writer.write(head + b"\r\n\r\n" + bytes(10))
            await writer.drain()
        else:
            await cut_body_of(writer)

    async with scripted(answers) as port:
        address = at(f"http://127.0.0.1:{port}/x")
        for expected in ("broke", "another part"):
            with pytest.raises(TransferError, match=expected):
                await files().download(address, tmp_path / "got")
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize("stated", [True, False])
async def test_download_larger_than_allowed_is_refused(tmp_path: Path, stated: bool) -> None:
    """Whether the server says how much will come or just goes on sending."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 99999999\r\n\r\n" if stated else b"\r\n"))
        while True:
            writer.write(bytes(100_000))
            await writer.drain()

    async with scripted(endless) as port:
        with pytest.raises(TransferRefusedError, match="max_download_bytes"):
            await files(max_download_bytes=1_000_000).download(at(f"http://127.0.0.1:{port}/x"), tmp_path / "got")
    assert not (tmp_path / "got").exists()
    assert (tmp_path / "got.part").stat().st_size <= 1_000_000


async def test_server_that_never_answers_ends_in_time(tmp_path: Path) -> None:
    """It accepts connections and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()

    async with scripted(silent) as port:
        began = time.monotonic()
        with pytest.raises(TransferError, match="time-out"):
            await files(silence_timeout_s=0.3).download(at(f"http://127.0.0.1:{port}/x"), tmp_path / "got")
        assert time.monotonic() - began < 5


async def test_server_that_takes_no_more_ends_in_time(source: Path) -> None:
    """It reads the headers and then nothing."""
    await asyncio.to_thread(source.write_bytes, bytes(50_000_000))

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(30)

    async with scripted(stall) as port:
        began = time.monotonic()
        with pytest.raises(TransferError, match="time-out"):
            await files(silence_timeout_s=0.3).upload(source, at(f"http://127.0.0.1:{port}/x.gz"))
        assert time.monotonic() - began < 5


async def test_peer_that_speaks_no_http_is_a_named_error(tmp_path: Path) -> None:
    """Port and scheme of an address do not fit each other."""

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 FTP server ready\r\n")
        await writer.drain()
        await reader.read()

    async with scripted(other) as port:
        with pytest.raises(TransferError):
            await files(silence_timeout_s=0.3).download(at(f"http://127.0.0.1:{port}/x"), tmp_path / "got")


async def test_https_of_a_given_authority_is_trusted(tls: Certificates, served: Path, tmp_path: Path) -> None:
    """And nothing of the connection is left."""
    async with web_server(served, tls.server) as web:
        await files(ca_file=tls.ca_file).download(web.at("/files/firmware.bin"), tmp_path / "got")
    gc.collect()
    assert (tmp_path / "got").read_bytes() == FIRMWARE


async def test_https_of_an_unknown_authority_gets_nothing(tls: Certificates, served: Path, source: Path) -> None:
    """Whoever it is, he is not the server that was meant."""
    async with web_server(served, tls.server) as web:
        with pytest.raises(TransferRefusedError, match="certificate"):
            await files().upload(source, web.at("/files/in/x.gz"))
    assert web.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="the limit of the system that stands for a full disk")
async def test_disk_that_takes_no_more_is_named_and_not_tried_again(served: Path, tmp_path: Path) -> None:
    """The next attempt would fail at the same byte."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with web_server(served) as web:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        try:
            with pytest.raises(SpoolError, match=r"got\.part: File too large") as caught:
                await files().download(web.at("/files/firmware.bin"), tmp_path / "got")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not caught.value.retry_safe


def served_key(url: object) -> str:
    """Return what names an address in the note beside a part."""
    return hashlib.sha256(str(url).encode()).hexdigest()


async def cut_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a request with half of a file, and break the connection."""
    await reader.readuntil(b"\r\n\r\n")
    await cut_body_of(writer)


async def cut_body_of(writer: asyncio.StreamWriter) -> None:
    """Send half of a file."""
    writer.write(b'HTTP/1.1 200 OK\r\nETag: "v1"\r\nContent-Length: 2000\r\n\r\n' + bytes(1000))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
