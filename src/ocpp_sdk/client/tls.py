"""TLS contexts, built once for equal settings and shared: to load the authorities takes tens of milliseconds."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

import httpx

from ocpp_sdk.client.settings import TlsSettings
from ocpp_sdk.errors import ConfigurationError

__all__ = ["tls_context"]


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return the context for some settings; equal settings and unchanged files give the same object.

    Raises:
        ConfigurationError: a file is missing or does not hold what it should.
    """
    files = (settings.ca_file, settings.certificate_file, settings.key_file)
    return _build(settings, tuple(_stamp(file) for file in files))


def _stamp(file: Path | str | None) -> int | None:
    """Return when a file was changed last, so that a renewed certificate is read by the next client."""
    if file is None:
        return None
    try:
        return Path(file).stat().st_mtime_ns
    except OSError as error:
        raise ConfigurationError(f"TLS file {file} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=32)
def _build(settings: TlsSettings, _stamps: tuple[int | None, ...]) -> ssl.SSLContext:
    context = _trusting(settings.ca_file)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.certificate_file is not None:
        _identify(context, settings, settings.certificate_file)
    return context


def _trusting(ca_file: Path | str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"TLS ca_file {ca_file} holds no PEM certificates: {error}") from error
    if ca_file is None and not context.cert_store_stats()["x509_ca"]:
        # Some builds of Python know no store of the machine; httpx brings authorities of its own.
        return httpx.create_ssl_context()
    return context


def _identify(context: ssl.SSLContext, settings: TlsSettings, certificate_file: Path | str) -> None:
    try:
        # A function, even for no password: without one OpenSSL asks on the terminal and waits.
        context.load_cert_chain(certificate_file, settings.key_file, password=lambda: settings.key_password or "")
    except (OSError, ValueError) as error:
        key = settings.key_file or certificate_file
        raise ConfigurationError(
            f"TLS certificate {certificate_file} with key {key} cannot be used "
            f"(not PEM, not a pair, or wrong key_password): {error}"
        ) from error
