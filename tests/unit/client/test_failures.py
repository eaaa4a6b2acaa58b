"""Every exception of the layers below has a name in the SDK."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import aiohttp
import httpx
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from ocpp_sdk.client.failures import LOWER_ERRORS, named
from ocpp_sdk.errors import (
    CallError,
    CallTimeoutError,
    ConfigurationError,
    ConnectError,
    ConnectionLostError,
    HttpStatusError,
    NotSoapError,
    OcppError,
    RedirectError,
    TlsError,
)
from tests.unit.client.peer import cp1, heartbeat

URL_TEXT = "http://cs/"
REQUEST = httpx.Request("POST", URL_TEXT)
KEY = ConnectionKey("cs", 80, False, True, None, None, None)
INFO = aiohttp.RequestInfo(URL(URL_TEXT), "POST", {"Authorization": "Basic c2VjcmV0"}, URL(URL_TEXT))  # type: ignore[arg-type]


def below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    """Yield a class and all its subclasses."""
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


def from_httpx() -> list[Exception]:
    """Make one of every exception that httpx exports."""
    made: list[Exception] = []
    for name in httpx.__all__:
        kind = getattr(httpx, name)
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            continue
        if kind is httpx.HTTPStatusError:
            made.append(httpx.HTTPStatusError("status", request=REQUEST, response=httpx.Response(502)))
        elif kind in {httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead}:
            made.append(kind())
        else:
            made.append(kind("text"))
    return made


def from_aiohttp() -> list[Exception]:
    """Make one of every exception of aiohttp's client."""
    made: list[Exception] = []
    for kind in dict.fromkeys(below(aiohttp.ClientError)):
        if not kind.__module__.startswith("aiohttp"):
            continue
        if issubclass(kind, aiohttp.ClientConnectorCertificateError):
            made.append(kind(KEY, ssl.SSLCertVerificationError("bad")))
        elif issubclass(kind, aiohttp.ClientResponseError):
            made.append(kind(INFO, ()))
        elif issubclass(kind, aiohttp.client_exceptions.UnixClientConnectorError):
            made.append(kind("/socket", KEY, OSError(2, "gone")))
        elif issubclass(kind, aiohttp.ClientConnectorError):
            made.append(kind(KEY, OSError(111, "refused")))
        elif issubclass(kind, aiohttp.ServerFingerprintMismatch):
            made.append(kind(b"a", b"b", "cs", 80))
        elif issubclass(kind, aiohttp.InvalidURL):
            made.append(kind(URL(URL_TEXT)))
        else:
            made.append(kind("text"))  # type: ignore[arg-type]  # the rest takes a text
    return made


@pytest.mark.parametrize("error", [*from_httpx(), *from_aiohttp()], ids=lambda error: type(error).__name__)
def test_every_exception_of_the_layers_below_is_mapped(error: Exception) -> None:
    """It is caught where requests are sent, and what comes out is the SDK's."""
    assert isinstance(error, LOWER_ERRORS)
    failure, cause = named(error, URL_TEXT)
    assert isinstance(failure, CallError | ConfigurationError)
    assert str(failure).startswith(URL_TEXT)
    assert "\n" not in str(failure)
    assert isinstance(cause, Exception)
    assert "c2VjcmV0" not in repr(cause) + repr(failure)


@pytest.mark.anyio
@pytest.mark.parametrize("error", from_httpx(), ids=lambda error: type(error).__name__)
async def test_call_raises_the_mapped_error_from_the_one_below(error: Exception) -> None:
    """Whatever a transport raises, who calls catches OcppError and finds the reason in `__cause__`."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    async with cp1(URL_TEXT, transport=httpx.MockTransport(fail)) as client:
        with pytest.raises(OcppError) as caught:
            await heartbeat(client)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "kind", "safe"),
    [
        (httpx.ConnectTimeout(""), CallTimeoutError, True),
        (httpx.PoolTimeout(""), CallTimeoutError, True),
        (httpx.ReadTimeout(""), CallTimeoutError, False),
        (httpx.WriteTimeout(""), CallTimeoutError, False),
        (httpx.ConnectError(""), ConnectError, True),
        (httpx.ProxyError(""), ConnectError, True),
        (httpx.ReadError(""), ConnectionLostError, False),
        (httpx.WriteError(""), ConnectionLostError, False),
        (httpx.RemoteProtocolError(""), ConnectionLostError, False),
        (httpx.LocalProtocolError(""), ConfigurationError, False),
        (httpx.UnsupportedProtocol(""), ConfigurationError, False),
        (httpx.DecodingError(""), NotSoapError, False),
        (httpx.TooManyRedirects(""), RedirectError, False),
        (httpx.HTTPStatusError("", request=REQUEST, response=httpx.Response(503)), HttpStatusError, True),
        (aiohttp.ServerDisconnectedError(), ConnectionLostError, False),
        (aiohttp.ClientPayloadError(), ConnectionLostError, False),
        (aiohttp.ClientOSError(104, "reset"), ConnectionLostError, False),
        (aiohttp.ConnectionTimeoutError(), CallTimeoutError, True),
        (aiohttp.SocketTimeoutError(), CallTimeoutError, False),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), ConnectError, True),
        (ssl.SSLError("x"), TlsError, False),
        (socket.gaierror("x"), ConnectError, True),
        (ConnectionRefusedError(), ConnectError, True),
        (ConnectionResetError(), ConnectionLostError, False),
        (BrokenPipeError(), ConnectionLostError, False),
        (OSError(5, "x"), ConnectionLostError, False),
        (TimeoutError(), CallTimeoutError, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_exception_becomes_the_error_that_says_whether_a_retry_is_safe(
    error: Exception, kind: type[OcppError], safe: bool
) -> None:
    """To take a lost connection for one never made would send a transaction twice."""
    failure, _ = named(error, URL_TEXT)
    assert (type(failure), failure.retry_safe) == (kind, safe)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (aiohttp.ServerDisconnectedError(), ConnectionLostError),
        (aiohttp.ClientConnectionResetError("x"), ConnectionLostError),
        (ssl.SSLError("x"), TlsError),
    ],
)
def test_cause_counts_more_than_the_wrapper(cause: Exception, kind: type[OcppError]) -> None:
    """httpx-aiohttp calls all of these a connect time-out."""
    error = httpx.ConnectTimeout("wrapped")
    error.__cause__ = cause
    failure, _ = named(error, URL_TEXT)
    assert (type(failure), failure.retry_safe) == (kind, False)
