"""The address of a peer, with what must not be shown taken out."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from ocpp_sdk.errors import ConfigurationError

__all__ = ["PeerAddress", "without_secrets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAddress:
    """Where a peer listens and how to be let in.

    Attributes:
        url: what is called, without credentials and fragment.
        to: the same as text, for wsa:To.
        shown: for errors and logs: also without the query, which may hold a token.
        authorization: value of the Authorization header, None without credentials.
        secrets: every form of the credentials that a peer could echo.
    """

    url: httpx.URL
    to: str
    shown: str
    authorization: bytes | None = field(default=None, repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, url: str, *, username: str | None = None, password: str = "") -> PeerAddress:
        """Read the address a user gave.

        Args:
            url: http or https, may hold `user:password@`.
            username: used if the address holds no credentials; None for none.
            password: belongs to `username`.

        Raises:
            ConfigurationError: nothing can be called at this address.
        """
        given = without_userinfo(url)
        try:
            parsed = httpx.URL(url.strip())
        except (httpx.InvalidURL, ValueError) as error:
            if "@" in url:
                # What is wrong may be the password itself, which the reason would quote.
                raise ConfigurationError(
                    f"address {given!r} is no URL; are special characters before the @ percent-encoded?"
                ) from None
            raise ConfigurationError(f"address {given!r} is no URL: {error}") from error
        if parsed.scheme not in {"http", "https"}:
            raise ConfigurationError(f"address {given!r} must begin with http:// or https://")
        if not parsed.host:
            raise ConfigurationError(f"address {given!r} names no host")
        if parsed.port is not None and not 0 < parsed.port < 65536:
            raise ConfigurationError(f"address {given!r} has port {parsed.port}; ports go from 1 to 65535")
        if parsed.userinfo:
            username, password = parsed.username, parsed.password
        if username is not None and ":" in username:
            raise ConfigurationError("the user name holds a colon, which basic authentication cannot send")
        bare = parsed.copy_with(username=None, password=None, fragment=None)
        shown = str(bare.copy_with(query=None)) + ("?…" if bare.query else "")
        if username is None:
            return cls(url=bare, to=str(bare), shown=shown)
        pair = f"{username}:{password}".encode()
        token = base64.b64encode(pair)
        forms = {token, pair, password.encode(), quote(password, safe="").encode(), parsed.userinfo}
        secrets = tuple(sorted(forms - {b""}, key=len, reverse=True))
        return cls(url=bare, to=str(bare), shown=shown, authorization=b"Basic " + token, secrets=secrets)


def without_userinfo(url: str) -> str:
    """Return an address without credentials, cut to a readable length.

    Of what is no URL everything before the last @ goes, since nobody can tell where credentials end in it.
    """
    try:
        return str(httpx.URL(url).copy_with(username=None, password=None))[:200]
    except (httpx.InvalidURL, ValueError):
        scheme, separator, rest = url.rpartition("://")
        return (scheme + separator + rest.rpartition("@")[2])[:200]


def without_secrets(data: bytes, secrets: tuple[bytes, ...], length: int) -> bytes:
    """Return the first bytes of something with each secret replaced.

    Args:
        data: what a peer sent.
        secrets: what must not be shown, longest first.
        length: how many bytes to keep.
    """
    if not secrets:
        return data[:length]
    # A secret that lies across the cut is recognised only with its end.
    window = data[: length + len(secrets[0])]
    for secret in secrets:
        window = window.replace(secret, b"***")
    return window[:length]
