"""Addresses as central systems write them, and those that lead nowhere good."""

from __future__ import annotations

import pytest

from ocpp_sdk.charge_point.maintenance.address import FileAddress, hide_credentials
from ocpp_sdk.errors import TransferRefusedError


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "sftp://host/x",
        "tftp://host/x",
        "data:,x",
        "gopher://host/",
        "/etc/passwd",
        "C:\\firmware.bin",
        "host/firmware.bin",
        "",
        "   ",
        "http://",
        "ftp:///folder",
        "http://host:0/",
        "http://host:99999/",
        "http://[::1/",
        "ftp://host/a%00b",
        "ftp://us%0Aer:x@host/a",
        "http://host/x#fragment",
        "http://host/x#sha256=12",
        "http://host/" + "a" * 3000,
    ],
)
def test_address_that_cannot_be_used_is_refused_in_one_line(text: str) -> None:
    """Only four schemes, so that nobody has a local file read or written."""
    with pytest.raises(TransferRefusedError) as caught:
        FileAddress.parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert not caught.value.retry_safe


@pytest.mark.parametrize(
    "text",
    [
        "file://cp1:s3cret@host/x",
        "http://cp1:s3cret@host:99999/x",
        "cp1:s3cret@host/x",
        "ftp://cp1:s3cret@host/%0A",
    ],
)
def test_refusal_shows_no_credentials(text: str) -> None:
    """Errors are logged."""
    with pytest.raises(TransferRefusedError) as caught:
        FileAddress.parse(text)
    assert "s3cret" not in str(caught.value)


def test_what_is_shown_of_an_address_holds_no_secrets() -> None:
    """Neither password nor signature, nor what a server repeats of them."""
    address = FileAddress.parse("ftp://cp1:s3cret@host/x")
    assert address.shown == "ftp://host/x"
    assert address.cleaned("530 no\n cp1:s3cret here") == "530 no *** here"
    assert FileAddress.parse("https://host/x?signature=s3cret").shown == "https://host/x?…"


def test_credentials_are_percent_decoded() -> None:
    """A password may hold what an address may not."""
    address = FileAddress.parse("ftp://us%65r:p%40ss%2Fw%3Ard@host:2121/a%20b/")
    assert (address.username, address.password) == ("user", "p@ss/w:rd")
    assert (address.url.host, address.port, address.path) == ("host", 2121, "a b/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ftp://host", "d_CP1.zip"),
        ("ftp://host/", "d_CP1.zip"),
        ("ftp://host/logs", "logs/d_CP1.zip"),
        ("ftp://host/logs/", "logs/d_CP1.zip"),
        ("ftp://host/logs;type=i", "logs/d_CP1.zip"),
        ("ftp://host/%2Fvar/logs/", "/var/logs/d_CP1.zip"),
        ("ftp://host/logs/mine.zip", "logs/mine.zip"),
        ("https://host/a/", "a/d_CP1.zip"),
        ("https://host/put?token=1", "put"),
    ],
)
def test_folder_gets_the_name_of_the_file(text: str, expected: str) -> None:
    """Central systems name folders (1.5 section 7.16), and some the file."""
    assert FileAddress.parse(text).for_file("d_CP1.zip").path == expected


def test_credentials_stay_with_the_file_of_a_folder() -> None:
    """What was decoded is not lost on the way."""
    address = FileAddress.parse("ftp://cp1:p%40ss@host/logs/").for_file("d.zip")
    assert (address.username, address.password) == ("cp1", "p@ss")
    assert address.shown == "ftp://host/logs/d.zip"
    assert "p@ss" not in repr(address)


def test_sha256_of_the_fragment_is_read() -> None:
    """It is no part of what the server is asked for."""
    address = FileAddress.parse("http://host/f.bin?a=1#sha256=" + "AB" * 32)
    assert address.sha256 == "ab" * 32
    assert str(address.url) == "http://host/f.bin?a=1"
    assert str(address.beside(".sha256").url) == "http://host/f.bin.sha256?a=1"


def test_text_with_addresses_loses_their_credentials() -> None:
    """What others logged may hold them."""
    assert hide_credentials("from ftp://u:p@w@h/x to http://h/?a=b@c") == "from ftp://***@h/x to http://h/?a=b@c"
