"""Files over HTTP: PUT to send, GET with ranges to fetch (RFC 9110 sections 9.3.4, 13.1.5, 14)."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.partial import Partial, on_disk
from ocpp_sdk.charge_point.maintenance.settings import TransferSettings
from ocpp_sdk.client.failures import LOWER_ERRORS, named
from ocpp_sdk.client.tls import tls_context
from ocpp_sdk.errors import ConfigurationError, TlsError, TransferError, TransferRefusedError

__all__ = ["get", "put"]

_CHUNK: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+|\*)")
_MAY_PASS: Final = frozenset({404, 408, 409, 423, 425, 429})
"""Errors of a client after which the same request may succeed later."""


async def put(address: FileAddress, source: Path, settings: TransferSettings) -> None:
    """Send a file; any status of success will do.

    Raises:
        TransferError: the server did not take it.
    """
    with on_disk(source):
        file = await asyncio.to_thread(source.open, "rb")
        size = (await asyncio.to_thread(source.stat)).st_size

    async def blocks() -> AsyncIterator[bytes]:
        left = size
        # A log that grows meanwhile must not make the body longer than its header says.
        while left and (block := await asyncio.to_thread(file.read, min(left, _CHUNK))):
            left -= len(block)
            yield block

    try:
        async with _exchange(
            address,
            settings,
            "PUT",
            {"Content-Length": str(size), "Content-Type": "application/octet-stream"},
            blocks(),
        ) as response:
            _succeeded(address, response)
    finally:
        file.close()


async def get(address: FileAddress, partial: Partial, settings: TransferSettings) -> None:
    """Fetch a file, from where it broke off if the server still has the same one.

    Raises:
        TransferError: it is not complete; `partial` has what came.
    """
    headers = {"Accept-Encoding": "identity"}
    if partial.length and partial.validator:
        # If-Range: the server sends the whole file if it is another one by now.
        headers |= {"Range": f"bytes={partial.length}-", "If-Range": partial.validator}
    async with _exchange(address, settings, "GET", headers) as response:
        if response.status_code == 416:
            await asyncio.to_thread(partial.begin, 0, None, None)
            raise TransferError(f"{address.shown}: the file is shorter than before; it is fetched from its start")
        _succeeded(address, response)
        offset, size = _extent(address, response, partial.length)
        await asyncio.to_thread(partial.begin, offset, _validator(response), size)
        async for block in response.aiter_raw():
            await asyncio.to_thread(partial.write, block)
    if size is not None and partial.length != size:
        raise TransferError(f"{address.shown}: {partial.length} bytes came of {size}")


@asynccontextmanager
async def _exchange(
    address: FileAddress,
    settings: TransferSettings,
    method: str,
    headers: dict[str, str],
    body: AsyncIterator[bytes] | None = None,
) -> AsyncIterator[httpx.Response]:
    timeout = httpx.Timeout(settings.silence_timeout_s, connect=settings.connect_timeout_s)
    auth = None if address.username is None else httpx.BasicAuth(address.username, address.password)
    try:
        async with (
            # Redirects are not followed: they would carry the file, or our trust in it, where nobody sent us.
            httpx.AsyncClient(
                verify=tls_context(settings.tls), trust_env=False, follow_redirects=False, timeout=timeout
            ) as client,
            client.stream(method, address.url, headers=headers, content=body, auth=auth) as response,
        ):
            yield response
    except LOWER_ERRORS as error:
        failure, cause = named(error, address.shown)
        refused = isinstance(failure, TlsError | ConfigurationError) or _is_about_certificates(error)
        raise (TransferRefusedError if refused else TransferError)(address.cleaned(failure)) from cause


def _is_about_certificates(error: BaseException | None) -> bool:
    # httpx's own transport leaves what lies beneath in the context, not in the cause.
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _succeeded(address: FileAddress, response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    what = f"{address.shown}: HTTP status {status}"
    if response.is_redirect or 300 <= status < 400:
        raise TransferRefusedError(f"{what}: redirects are not followed; give the address where the file is")
    if status in {401, 407}:
        raise TransferRefusedError(f"{what}: user or password is refused")
    if 400 <= status < 500 and status not in _MAY_PASS:
        raise TransferRefusedError(what)
    raise TransferError(what)


def _extent(address: FileAddress, response: httpx.Response, length: int) -> tuple[int, int | None]:
    """Return where in the file the body begins, and the size of the whole file if it is known."""
    if response.status_code != 206:
        stated = response.headers.get("Content-Length", "")
        return 0, int(stated) if stated.isascii() and stated.isdigit() else None
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None or int(found[1]) != length:
        raise TransferError(f"{address.shown}: the server sent another part of the file than was asked for")
    return length, None if found[3] == "*" else int(found[3])


def _validator(response: httpx.Response) -> str | None:
    """Return what If-Range takes: a strong ETag, or a time of change that lies in the past of the answer."""
    tag = str(response.headers.get("ETag", ""))
    if tag.startswith('"'):
        return tag
    changed = str(response.headers.get("Last-Modified", ""))
    return changed if changed and changed != response.headers.get("Date", "") else None
