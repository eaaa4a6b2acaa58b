"""Files over FTP, in the clear and over TLS, with a real server over real sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance.files import NetworkFiles
from ocpp_sdk.charge_point.maintenance.settings import TransferSettings
from ocpp_sdk.errors import SpoolError, TransferError, TransferRefusedError
from ocpp_sdk.testing.proxy import TcpProxy
from tests.servers.ftp import FtpFolder, ftp_server
from tests.unit.charge_point.fakes import FakeClock
from tests.unit.charge_point.maintenance.transferring import Certificates, at, certificates, files, scripted

pytestmark = pytest.mark.anyio
FIRMWARE = os.urandom(3_000_000)


def has_ipv6() -> bool:
    """Tell whether a server can listen there."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file to send."""
    path = tmp_path / "diagnostics_CP1.tar.gz"
    path.write_bytes(FIRMWARE)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FtpFolder]:
    """Run a server in the clear."""
    folder = tmp_path / "served"
    (folder / "a folder").mkdir(parents=True)
    (folder / "firmware.bin").write_bytes(FIRMWARE)
    with ftp_server(folder) as running:
        yield running
    # A socket that was left open warns when it is collected, and a warning fails the test.
    gc.collect()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make certificates."""
    return certificates(tmp_path_factory.mktemp("tls"))


async def test_upload_to_a_folder_stores_the_file_under_its_name(server: FtpFolder, source: Path) -> None:
    """The address of a central system names a folder; credentials and folder are percent-encoded."""
    address = at(server.url("a%20folder/")).for_file(source.name)
    await files().upload(source, address)
    assert (server.folder / "a folder" / source.name).read_bytes() == FIRMWARE


async def test_upload_with_a_wrong_password_is_final_and_shows_no_password(server: FtpFolder, source: Path) -> None:
    """Trying again would lock the account."""
    with pytest.raises(TransferRefusedError, match="password") as caught:
        await files().upload(source, at(server.url("x.gz", user="cp1:s3cret@")))
    assert not caught.value.retry_safe
    assert "s3cret" not in str(caught.value)


async def test_upload_to_a_missing_folder_can_be_tried_again(server: FtpFolder, source: Path) -> None:
    """Somebody may make the folder meanwhile; we make none on other people's servers."""
    with pytest.raises(TransferError, match="550") as caught:
        await files().upload(source, at(server.url("none/x.gz")))
    assert caught.value.retry_safe
    assert not (server.folder / "none").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the limit of the system that stands for a full disk")
async def test_upload_to_a_server_whose_disk_is_full_says_so(server: FtpFolder, source: Path) -> None:
    """What the server says is passed on, not that a pipe is broken."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(TransferError, match="426") as caught:
            await files().upload(source, at(server.url("x.gz")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.retry_safe


async def test_download_without_credentials_is_anonymous(server: FtpFolder, tmp_path: Path) -> None:
    """Vendors publish firmware for all."""
    await files().download(at(server.url("firmware.bin", user="")), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == FIRMWARE
    assert "USER anonymous" in server.commands


async def test_download_that_was_cut_goes_on_where_it_broke_off(server: FtpFolder, tmp_path: Path) -> None:
    """Firmware comes over mobile networks: no byte is fetched twice."""
    server.cut_after = 1_000_000
    with pytest.raises(TransferError) as caught:
        await files().download(at(server.url("firmware.bin")), tmp_path / "got")
    assert caught.value.retry_safe
    assert not (tmp_path / "got").exists()
    server.cut_after = None
    await files().download(at(server.url("firmware.bin")), tmp_path / "got")
    (rest,) = [line for line in server.commands if line.startswith("REST")]
    assert int(rest.split()[1]) >= 500_000
    assert (tmp_path / "got").read_bytes() == FIRMWARE
    assert not (tmp_path / "got.part").exists()


async def test_download_of_a_file_that_changed_meanwhile_begins_again(server: FtpFolder, tmp_path: Path) -> None:
    """Two halves of two firmwares are none."""
    server.cut_after = 1_000_000
    with pytest.raises(TransferError):
        await files().download(at(server.url("firmware.bin")), tmp_path / "got")
    server.cut_after = None
    other = FIRMWARE[::-1]
    (server.folder / "firmware.bin").write_bytes(other)
    os.utime(server.folder / "firmware.bin", (1_700_000_000, 1_700_000_000))
    await files().download(at(server.url("firmware.bin")), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == other


async def test_passive_address_of_another_host_is_not_used(server: FtpFolder, tmp_path: Path) -> None:
    """A server cannot have the charge point connect to the PLC beside it."""
    server.pasv_address = "10.99.98.97"
    await files().download(at(server.url("firmware.bin")), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == FIRMWARE


async def test_download_larger_than_allowed_is_refused_before_it_begins(server: FtpFolder, tmp_path: Path) -> None:
    """The disk of a charge point is small."""
    with pytest.raises(TransferRefusedError, match="max_download_bytes"):
        await files(max_download_bytes=1000).download(at(server.url("firmware.bin")), tmp_path / "got")
    assert not any(line.startswith("RETR") for line in server.commands)


async def test_download_into_a_folder_that_cannot_be_is_named(server: FtpFolder, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "spool").write_text("")
    with pytest.raises(SpoolError, match="spool"):
        await files().download(at(server.url("firmware.bin")), tmp_path / "spool" / "got")


@pytest.mark.parametrize("path", ["a%0D%0ADELE%20firmware.bin", "%00", "a%0Ab"])
async def test_line_break_in_a_path_never_reaches_the_server(server: FtpFolder, path: str) -> None:
    """It would be a command of its own."""
    with pytest.raises(TransferRefusedError, match="control characters"):
        at(server.url(path))


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
async def test_files_go_over_ipv6(tmp_path: Path, source: Path) -> None:
    """Where PASV has no address to say."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ftp_server(folder, host="::1") as server:
        await files().upload(source, at(f"ftp://cp1:p%40ss%2Fw%3Ard@[::1]:{server.port}/x.gz"))
    assert (folder / "x.gz").read_bytes() == FIRMWARE
    assert "EPSV" in server.commands


async def test_server_that_never_answers_ends_in_time(tmp_path: Path) -> None:
    """It accepts connections and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(silent) as port:
        began = time.monotonic()
        with pytest.raises(TransferError, match="no answer"):
            await files(silence_timeout_s=0.3).download(at(f"ftp://127.0.0.1:{port}/x"), tmp_path / "got")
        assert time.monotonic() - began < 5


async def test_server_that_falls_silent_in_the_middle_ends_in_time(server: FtpFolder, tmp_path: Path) -> None:
    """What came is kept for the next attempt."""
    async with TcpProxy("127.0.0.1", server.port) as proxy:
        proxy_url = server.url("firmware.bin").replace(str(server.port), str(proxy.port))
        server.on_retr = proxy.mute
        began = time.monotonic()
        with pytest.raises(TransferError, match="no answer"):
            await files(silence_timeout_s=0.5).download(at(proxy_url), tmp_path / "got")
        assert time.monotonic() - began < 5
    assert not (tmp_path / "got").exists()


async def test_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    """A server cannot fill the memory with a greeting."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-hello and once more\r\n" * 1000)
            await writer.drain()

    async with scripted(endless) as port:
        with pytest.raises(TransferError, match="no end"):
            await files().download(at(f"ftp://127.0.0.1:{port}/x"), tmp_path / "got")


async def test_total_time_ends_a_transfer_that_trickles(tmp_path: Path) -> None:
    """A byte now and then is no silence, so the whole attempt has a limit, on the charge point's clock."""

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-still here\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    clock = FakeClock()
    async with scripted(trickle) as port:
        subject = NetworkFiles(TransferSettings(total_timeout_s=100), clock)
        transfer = asyncio.ensure_future(subject.download(at(f"ftp://127.0.0.1:{port}/x"), tmp_path / "got"))
        await asyncio.sleep(0.2)
        await clock.pass_time(101)
        with pytest.raises(TransferError, match="total_timeout_s"):
            await transfer


async def test_cancelled_transfer_lets_go_at_once(tmp_path: Path) -> None:
    """A charge point that stops does not wait for a server."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(silent) as port:
        transfer = asyncio.ensure_future(
            files(silence_timeout_s=60).download(at(f"ftp://127.0.0.1:{port}/x"), tmp_path / "got")
        )
        await asyncio.sleep(0.2)
        began = time.monotonic()
        transfer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await transfer
        assert time.monotonic() - began < 5


async def test_port_that_nobody_listens_on_can_be_tried_again(tmp_path: Path) -> None:
    """The server may be starting."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(TransferError, match="refused") as caught:
            await files().download(at(f"ftp://127.0.0.1:{port}/x"), tmp_path / "got")
    assert caught.value.retry_safe


async def test_ftps_protects_login_and_data(
    tls: Certificates, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, and the data connection resumes the session of the control connection as servers demand."""
    resumed: list[bool | None] = []
    unwrap = ssl.SSLSocket.unwrap

    def ended(connection: ssl.SSLSocket) -> socket.socket:
        resumed.append(connection.session_reused)
        return unwrap(connection)

    monkeypatch.setattr(ssl.SSLSocket, "unwrap", ended)
    folder = tmp_path / "served"
    folder.mkdir()
    with ftp_server(folder, tls.server_file) as server:
        subject = files(ca_file=tls.ca_file)
        await subject.upload(source, at(server.url("up.gz", scheme="ftps")))
        await subject.download(at(server.url("up.gz", scheme="ftps")), tmp_path / "got")
    gc.collect()
    assert (tmp_path / "got").read_bytes() == FIRMWARE
    assert server.commands[:2] == ["AUTH TLS", "USER cp1"]
    assert "PROT P" in server.commands
    assert resumed == [True, True]


async def test_ftps_of_an_unknown_authority_gets_no_password(tls: Certificates, tmp_path: Path, source: Path) -> None:
    """Whoever it is, he is not the server that was meant."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ftp_server(folder, tls.server_file) as server, pytest.raises(TransferRefusedError, match="certificate"):
        await files().upload(source, at(server.url("up.gz", scheme="ftps")))
    assert not any(line.startswith("USER") for line in server.commands)


async def test_ftps_to_a_server_without_tls_gets_no_password(server: FtpFolder, source: Path) -> None:
    """There is no falling back to the clear."""
    with pytest.raises(TransferRefusedError):
        await files().upload(source, at(server.url("up.gz", scheme="ftps")))
    assert not any(line.startswith("USER") for line in server.commands)
