"""Which error of the SDK each exception of the layers below becomes."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import aiohttp
import httpx

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

__all__ = ["LOWER_ERRORS", "named"]

LOWER_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    aiohttp.ClientError,
    OSError,
)
"""Everything that a transport is known to raise; `ssl.SSLError` and `TimeoutError` are kinds of OSError."""

Maker = Callable[[str, Exception], OcppError]


def _timeout(phase: str) -> Maker:
    return lambda url, _: CallTimeoutError(f"{url}: time-out ({phase})", url=url, phase=phase)


def _call(kind: type[CallError], what: str) -> Maker:
    return lambda url, error: kind(f"{url}: {what}: {_text(error)}", url=url)


def _unusable(url: str, error: Exception) -> OcppError:
    return ConfigurationError(f"{url}: the request cannot be sent: {_text(error)}")


def _status(url: str, error: Exception) -> OcppError:
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
    return HttpStatusError(f"{url}: HTTP status {status}", url=url, status=status)


def _redirect(url: str, error: Exception) -> OcppError:
    return RedirectError(f"{url}: redirected: {_text(error)}", url=url, status=0, location="")


def _connector(url: str, error: Exception) -> OcppError:
    reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(reason, ConnectionResetError | ConnectionAbortedError) and url.startswith("https:"):
        text = "the peer broke the TLS handshake off; does it demand a client certificate?"
        return ConnectError(f"{url}: no connection: {text}", url=url)
    return _no_connection(url, error)


_no_connection = _call(ConnectError, "no connection")
_lost = _call(ConnectionLostError, "the connection broke before the reply was complete")
_tls = _call(TlsError, "TLS failed")
_no_http = _call(NotSoapError, "the reply is no HTTP")

# In both tables the first row that an exception is an instance of counts. A transport wraps what it met in an exception
# of httpx, and not always in the fitting one: httpx-aiohttp calls a lost connection a ConnectTimeout, after which to
# send again would look safe. So what lies beneath is asked first, by the rows that cannot be misread.
_PRECISE: tuple[tuple[type[Exception], Maker], ...] = (
    (ssl.SSLError, _tls),
    (aiohttp.ServerFingerprintMismatch, _tls),
    (aiohttp.ConnectionTimeoutError, _timeout("connect")),
    (aiohttp.ServerTimeoutError, _timeout("read")),
    (aiohttp.ClientConnectorError, _connector),
    (aiohttp.InvalidURL, _unusable),
    (aiohttp.NonHttpUrlClientError, _unusable),
    (aiohttp.RedirectClientError, _redirect),
    (aiohttp.TooManyRedirects, _redirect),
    (aiohttp.ClientHttpProxyError, _no_connection),
    (aiohttp.ClientResponseError, _no_http),
    (aiohttp.ClientError, _lost),
)
_GENERAL: tuple[tuple[type[Exception], Maker], ...] = (
    (httpx.ConnectTimeout, _timeout("connect")),
    (httpx.PoolTimeout, _timeout("connect")),
    (httpx.TimeoutException, _timeout("read")),
    (httpx.ConnectError, _no_connection),
    (httpx.ProxyError, _no_connection),
    (httpx.UnsupportedProtocol, _unusable),
    (httpx.LocalProtocolError, _unusable),
    (httpx.InvalidURL, _unusable),
    (httpx.CookieConflict, _unusable),
    (httpx.DecodingError, _call(NotSoapError, "the reply cannot be decoded")),
    (httpx.TooManyRedirects, _redirect),
    (httpx.HTTPStatusError, _status),
    (socket.gaierror, _no_connection),
    (ConnectionRefusedError, _no_connection),
    (TimeoutError, _timeout("read")),
)


def named(error: Exception, url: str) -> tuple[OcppError, Exception]:
    """Return the error of the SDK for an exception of the layers below, and what to raise it from.

    Args:
        error: one of `LOWER_ERRORS`.
        url: what was called, without credentials.
    """
    for link in _causes(error):
        for kind, make in _PRECISE:
            if isinstance(link, kind):
                return make(url, link), _harmless(error)
    for kind, make in _GENERAL:
        if isinstance(error, kind):
            return make(url, error), error
    return _lost(url, error), error


def _causes(error: Exception) -> Iterator[Exception]:
    """Return an exception and its causes, the deepest first."""
    links = []
    link: BaseException | None = error
    while isinstance(link, Exception):
        links.append(link)
        link = link.__cause__
    return reversed(links)


def _harmless(error: Exception) -> Exception:
    """Return what an error may be raised from: aiohttp's errors about replies show the Authorization header."""
    if isinstance(error, aiohttp.ClientResponseError):
        return httpx.RemoteProtocolError(_text(error))
    return error


def _text(error: Exception) -> str:
    """Return what an exception says, on one line and not without end."""
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join(said.split())[:200] or type(error).__name__
