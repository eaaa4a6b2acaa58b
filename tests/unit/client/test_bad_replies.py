"""Replies that are none: each has its name and keeps the first bytes."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import pytest

from ocpp_sdk.client import ClientSettings
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    CallError,
    ConnectionLostError,
    EmptyReplyError,
    FaultError,
    HttpStatusError,
    IdentityMismatchError,
    InternalError,
    MissingFieldError,
    NotSoapError,
    RedirectError,
    ReplyTooLargeError,
    SecurityError,
    WrongReplyError,
)
from ocpp_sdk.operation import AnyOperation
from tests.unit.client.heartbeat import authorize_reply, fault_reply, heartbeat_reply
from tests.unit.client.peer import Answer, cp1, heartbeat, http, peer, then_close

pytestmark = pytest.mark.anyio

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>" + b"x" * 500 + b"</body></html>"


async def failure(answer: Answer, **options: object) -> CallError:
    """Return the error of a call that gets this answer."""
    settings = ClientSettings(**options)  # type: ignore[arg-type]  # each test names fields that exist
    async with peer(answer) as cs, cp1(cs.url, settings=settings) as client:
        with pytest.raises(CallError) as caught:
            await heartbeat(client)
    assert "\n" not in str(caught.value)
    assert caught.value.url == cs.url
    assert not caught.value.retry_safe or isinstance(caught.value, HttpStatusError)
    return caught.value


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "TEXT/HTML", "", "text/plain"])
async def test_html_page_with_200_is_named_and_kept(kind: str) -> None:
    """A login page in between is what operators meet first; they see its beginning."""
    error = await failure(http(PAGE, content_type=kind))
    assert type(error) is NotSoapError
    assert (error.status, error.excerpt) == (200, PAGE[:200])
    assert "HTML page" in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("401 Unauthorized", "username"),
        ("403 Forbidden", "certificate"),
        ("502 Bad Gateway", "502"),
        ("404 No", "path"),
    ],
)
async def test_html_page_with_an_error_status_is_a_status_error(status: str, advice: str) -> None:
    """The status says more than the page does."""
    error = await failure(http(PAGE, status, content_type="text/html"))
    assert type(error) is HttpStatusError
    assert (error.status, error.excerpt) == (int(status[:3]), PAGE[:200])
    assert advice in str(error)
    assert not error.retry_safe


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_busy_peer_is_safe_to_call_again(status: str) -> None:
    """These two statuses say that the request was not worked on."""
    assert (await failure(http(b"busy", status))).retry_safe


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
async def test_redirect_is_named_and_not_followed(status: str) -> None:
    """A request goes where the operator said, and nowhere else."""
    async with peer() as elsewhere:
        error = await failure(http(PAGE, status, location=elsewhere.url.replace("://", "://u:p@")))
        assert not elsewhere.connections
        assert isinstance(error, RedirectError)
        assert (error.status, error.location) == (int(status[:3]), elsewhere.url)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
async def test_empty_reply_is_named(body: bytes) -> None:
    """Nothing at all, or nothing but blanks."""
    error = await failure(http(body))
    assert type(error) is EmptyReplyError
    assert error.status == 200


async def test_empty_reply_with_an_error_status_is_a_status_error() -> None:
    """An empty 500 is the status's fault."""
    error = await failure(http(b"", "500 Oops"))
    assert (type(error), error.status) == (HttpStatusError, 500)


@pytest.mark.parametrize("status", ["202 Accepted", "204 No Content"])
async def test_success_without_content_is_an_empty_reply(status: str) -> None:
    """A stack that wants to answer later says 202; OCPP has no later."""
    assert type(await failure(http(b"", status))) is EmptyReplyError


async def test_reply_to_another_operation_is_named() -> None:
    """SOAP, but not what was asked for."""
    error = await failure(http(authorize_reply()))
    assert type(error) is WrongReplyError
    assert "authorizeResponse" in str(error)
    assert error.excerpt == authorize_reply()[:200]


@pytest.mark.parametrize("body", [b"<a>", b"\xff\x00\xfe", b"{}", b"<a/>", b"<!DOCTYPE a><a/>", b"<html/>"])
async def test_reply_that_is_no_soap_is_named(body: bytes) -> None:
    """Whatever it is, its first bytes are kept."""
    error = await failure(http(body))
    assert type(error) is NotSoapError
    assert error.excerpt == body


async def test_reply_without_a_required_field_names_the_field() -> None:
    """A reply that came but does not fit is a MessageError."""
    body = heartbeat_reply().replace(b"2024-05-01T10:00:00Z", b"").replace(b"<currentTime></currentTime>", b"")
    async with peer(http(body)) as cs, cp1(cs.url) as client:
        with pytest.raises(MissingFieldError, match="currentTime"):
            await heartbeat(client)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "403 Forbidden", "500 Oops", "503 Busy"])
@pytest.mark.parametrize("fault", [IdentityMismatchError("not you"), SecurityError("no"), InternalError("sorry")])
async def test_fault_is_found_whatever_the_status(status: str, fault: FaultError) -> None:
    """The class goes by the subcode; a fault with a status of success is odd, and said to be."""
    heard: list[Deviation] = []

    def hook(operation: AnyOperation, found: Sequence[Deviation]) -> None:
        heard.extend(found)

    async with peer(http(fault_reply(fault), status)) as cs, cp1(cs.url, on_deviations=hook) as client:
        with pytest.raises(type(fault), match=fault.reason) as caught:
            await heartbeat(client)
    odd = [item.kind for item in caught.value.deviations]
    assert (DeviationKind.FAULT_STATUS in odd) == status.startswith("200")
    assert [item.kind for item in heard] == odd
    assert not caught.value.retry_safe


async def test_compressed_fault_is_found() -> None:
    """Compression changes nothing."""
    body = gzip.compress(fault_reply(SecurityError("no")))
    async with peer(http(body, "500 Oops", content_encoding="gzip")) as cs, cp1(cs.url) as client:
        with pytest.raises(SecurityError):
            await heartbeat(client)


async def test_reply_larger_than_allowed_is_cut_off() -> None:
    """Its beginning is kept."""
    error = await failure(http(b"<" * 5000), max_reply_bytes=1000)
    assert type(error) is ReplyTooLargeError
    assert error.excerpt == b"<" * 200
    assert "max_reply_bytes" in str(error)


async def test_gzip_bomb_is_not_inflated() -> None:
    """Ten megabytes in ten kilobytes stop at the bound."""
    bomb = gzip.compress(b"<" * 10_000_000)
    error = await failure(http(bomb, content_encoding="gzip"), max_inflated_bytes=100_000)
    assert type(error) is ReplyTooLargeError


@pytest.mark.parametrize(("coding", "body"), [("br", b"xx"), ("gzip", b"\x1f\x8bnonsense"), ("gzip, deflate", b"xx")])
async def test_reply_that_cannot_be_inflated_is_no_soap(coding: str, body: bytes) -> None:
    """An unknown coding and a broken one are told apart by the text, not by a crash."""
    error = await failure(http(body, content_encoding=coding))
    assert type(error) is NotSoapError
    assert error.excerpt == body


async def test_half_a_reply_is_a_lost_connection_with_what_came() -> None:
    """The peer may have acted, so nothing is sent again."""
    answer = http(heartbeat_reply())
    half = answer[: len(answer) - 300]
    error = await failure(then_close(half))
    assert type(error) is ConnectionLostError
    assert (error.status, error.excerpt) == (200, heartbeat_reply()[:200])


async def test_connection_closed_without_a_byte_is_lost() -> None:
    """httpx-aiohttp calls this a connect time-out, after which a retry would look safe; it is not."""
    assert type(await failure(then_close(b""))) is ConnectionLostError


@pytest.mark.parametrize(
    "garbage", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad\r\n\r\n"]
)
async def test_reply_that_is_no_http_is_named(garbage: bytes) -> None:
    """The wrong port answers in its own language."""
    error = await failure(then_close(garbage))
    assert type(error) is NotSoapError
    assert "HTTP" in str(error)


@pytest.mark.parametrize("form", [b"s3cret/word", b"dTpzM2NyZXQvd29yZA==", b"s3cret%2Fword", b"u:s3cret%2Fword"])
@pytest.mark.parametrize("padding", [0, 190, 195])
async def test_echoed_credentials_are_never_shown(form: bytes, padding: int) -> None:
    """A peer that prints what it got does not make the excerpt a leak, not even across its end."""
    page = b"." * padding + form + b"." * 400
    moved = http(page, "302 F", location=page.decode())
    url = "://u:s3cret%2Fword@"
    async with peer(http(page, "401 No"), http(page), moved) as cs, cp1(cs.url.replace("://", url)) as client:
        for _ in range(3):
            with pytest.raises(CallError) as caught:
                await heartbeat(client)
            error = caught.value
            shown = str(error) + repr(error) + repr(vars(error)) + repr(error.__cause__)
            assert "s3cret" not in shown
            assert "dTpzM2" not in shown


async def test_fault_that_echoes_credentials_is_hidden() -> None:
    """It stays a fault of its class."""
    fault = SecurityError("u:s3cret is unknown", detail="s3cret")
    async with peer(http(fault_reply(fault))) as cs, cp1(cs.url.replace("://", "://u:s3cret@")) as client:
        with pytest.raises(SecurityError) as caught:
            await heartbeat(client)
    assert "s3cret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


async def test_error_of_no_http_does_not_carry_the_authorization() -> None:
    """aiohttp's own error shows the request's headers."""
    async with peer(then_close(b"HTTP/1.1 abc\r\n\r\n")) as cs, cp1(cs.url.replace("://", "://u:s3cret@")) as client:
        with pytest.raises(NotSoapError) as caught:
            await heartbeat(client)
    assert "Authorization" not in repr(caught.value.__cause__)
    assert caught.value.__cause__ is not None
