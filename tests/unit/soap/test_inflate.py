"""Content codings, declared well and badly."""

from __future__ import annotations

import gzip
import zlib

import pytest

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import LimitExceededError, WireError
from ocpp_sdk.soap.inflate import deflate, inflate
from ocpp_sdk.soap.limits import Limits

LIMITS = Limits()
XML = b"<a>" + b"x" * 1000 + b"</a>"


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip"])
def test_inflate_what_deflate_made_gives_it_back(coding: str) -> None:
    """Without a deviation, in any letter case."""
    deviations: list[Deviation] = []
    packed = deflate(XML, coding)
    assert len(packed) < 100
    assert inflate(packed, f" {coding.upper()} ", LIMITS, deviations) == XML
    assert deviations == []


@pytest.mark.parametrize("coding", ["", "identity"])
def test_inflate_without_a_coding_changes_nothing(coding: str) -> None:
    """Plain is plain."""
    assert inflate(XML, coding, LIMITS, []) == XML


@pytest.mark.parametrize(
    ("data", "coding"),
    [
        (raw(XML), "deflate"),
        (XML, "deflate"),
        (XML, "gzip"),
        (b"\xef\xbb\xbf" + XML, "gzip"),
        (gzip.compress(XML, mtime=0), "deflate"),
        (zlib.compress(XML), "gzip"),
    ],
)
def test_inflate_data_in_another_form_than_declared_is_a_deviation(data: bytes, coding: str) -> None:
    """The bytes decide."""
    deviations: list[Deviation] = []
    assert inflate(data, coding, LIMITS, deviations).removeprefix(b"\xef\xbb\xbf") == XML
    assert [deviation.kind for deviation in deviations] == [DeviationKind.CONTENT_ENCODING]


def test_inflate_several_gzip_members_are_joined() -> None:
    """RFC 1952 allows them."""
    assert inflate(gzip.compress(XML, mtime=0) + gzip.compress(b"<b/>", mtime=0), "gzip", LIMITS, []) == XML + b"<b/>"


def test_inflate_ten_thousand_empty_members_are_refused() -> None:
    """Each costs a copy of the rest."""
    with pytest.raises(LimitExceededError, match="members"):
        inflate(gzip.compress(b"", mtime=0) * 10_000, "gzip", LIMITS, [])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_inflate_a_bomb_is_refused_at_the_bound(coding: str) -> None:
    """Exactly the bound is allowed."""
    limits = Limits(max_inflated_bytes=100_000)
    assert len(inflate(deflate(b"x" * 100_000, coding), coding, limits, [])) == 100_000
    with pytest.raises(LimitExceededError, match="100000"):
        inflate(deflate(b"x" * 50_000_000, coding), coding, limits, [])


def test_inflate_more_compressed_bytes_than_allowed_is_refused() -> None:
    """Before any work."""
    with pytest.raises(LimitExceededError):
        inflate(b"\x1f\x8b" + b"x" * 100, "gzip", Limits(max_bytes=50), [])


@pytest.mark.parametrize(
    "data", [gzip.compress(XML, mtime=0)[:-9], b"\x1f\x8bnonsense", b"nonsense", b"", zlib.compress(XML)[:9]]
)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_inflate_broken_data_is_a_named_error_or_empty(data: bytes, coding: str) -> None:
    """Nothing of zlib's comes through."""
    if not data:
        assert inflate(data, coding, LIMITS, []) == b""
        return
    with pytest.raises(WireError, match="data"):
        inflate(data, coding, LIMITS, [])


@pytest.mark.parametrize("coding", ["br", "gzip, deflate", "compress"])
def test_inflate_and_deflate_in_an_unknown_coding_name_it(coding: str) -> None:
    """And say what is known."""
    with pytest.raises(WireError, match="gzip or deflate"):
        inflate(XML, coding, LIMITS, [])
    with pytest.raises(WireError, match="gzip or deflate"):
        deflate(XML, coding)
