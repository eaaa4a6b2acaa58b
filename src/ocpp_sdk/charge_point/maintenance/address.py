"""The address of a file or folder on a server, as a central system writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

import httpx

from ocpp_sdk.errors import TransferRefusedError

__all__ = ["FileAddress", "hide_credentials"]

_PORTS: Final = {"ftp": 21, "ftps": 21, "http": 80, "https": 443}
_SHA256: Final = re.compile(r"sha256=([0-9A-Fa-f]{64})")
_FILE_NAME: Final = re.compile(r"[^/]+\.[A-Za-z0-9]{1,8}")
_FTP_TYPE: Final = re.compile(r";type=[aid]$", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(://)[^/\s@]*:[^/\s]*@")
_LONGEST: Final = 2000


def hide_credentials(text: str) -> str:
    """Return a text without `user:password@` in the addresses that it holds."""
    return _USERINFO.sub(r"\1***@", text)


def _harmless(text: str) -> str:
    """Return what was given, without anything that could be credentials, for errors."""
    scheme, separator, rest = text.strip().rpartition("://")
    return (scheme + separator + rest.rpartition("@")[2])[:200]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAddress:
    """Where a file is, or is to be.

    Attributes:
        url: without credentials and fragment.
        path: decoded, as FTP takes it: relative to the folder of the login, unless it begins with `%2F`.
        username: None for none.
        password: belongs to the name.
        sha256: what the file must have, in lower case, if the fragment says so.
        shown: for errors and logs: no credentials, no query, which may hold a token.
        secrets: every form of the credentials that a server could echo, the longest first.
    """

    url: httpx.URL
    path: str
    username: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    sha256: str | None = None
    shown: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> FileAddress:
        """Read an address: ftp, ftps (explicit TLS), http or https, with or without `user:password@`.

        No other scheme is known, so that nobody can have a file of this machine read, or overwritten.

        Raises:
            TransferRefusedError: nothing can be transferred there.
        """
        given = _harmless(text)
        if len(text) > _LONGEST:
            raise TransferRefusedError(f"address {given[:80]!r}… is longer than {_LONGEST} characters")
        try:
            parsed = httpx.URL(text.strip())
        except (httpx.InvalidURL, ValueError):
            # The reason would quote what is wrong, which may be the password.
            raise TransferRefusedError(
                f"address {given!r} is no URL; are special characters percent-encoded?"
            ) from None
        if parsed.scheme not in _PORTS:
            raise TransferRefusedError(f"address {given!r} must begin with ftp://, ftps://, http:// or https://")
        if not parsed.host:
            raise TransferRefusedError(f"address {given!r} names no host")
        if parsed.port is not None and not 0 < parsed.port < 65536:
            raise TransferRefusedError(f"address {given!r} has port {parsed.port}; ports go from 1 to 65535")
        sha256 = _SHA256.fullmatch(parsed.fragment)
        if parsed.fragment and not sha256:
            raise TransferRefusedError(f"address {given!r}: after # only sha256= and 64 hexadecimal digits are known")
        bare = parsed.copy_with(username=None, password=None, fragment=None)
        username, password = (parsed.username, parsed.password) if parsed.userinfo else (None, "")
        path = unquote(bare.raw_path.decode("ascii").partition("?")[0].removeprefix("/"), errors="surrogateescape")
        if bare.scheme.startswith("ftp"):
            path = _FTP_TYPE.sub("", path)
        # A line break would be a second command of FTP, or a second header.
        if any(not character.isprintable() and ord(character) < 0xDC80 for character in f"{path}{username}{password}"):
            raise TransferRefusedError(f"address {given!r} holds control characters")
        forms = {password, quote(password, safe=""), parsed.userinfo.decode("ascii", "replace")}
        return cls(
            url=bare,
            path=path,
            username=username,
            password=password,
            sha256=sha256[1].lower() if sha256 else None,
            shown=str(bare.copy_with(query=None)) + ("?…" if bare.query else ""),
            secrets=tuple(sorted(forms - {""}, key=len, reverse=True)),
        )

    @property
    def port(self) -> int:
        """Return the port to connect to."""
        return self.url.port or _PORTS[self.url.scheme]

    def for_file(self, name: str) -> FileAddress:
        """Return where a file of this name goes.

        A folder gets the name appended. A last part with an extension is taken for the file itself, and so is an
        http address with a query, which is complete as whoever signed it wrote it.

        Args:
            name: without anything that would have to be percent-encoded.
        """
        last = self.path.rpartition("/")[2]
        if self.url.query or _FILE_NAME.fullmatch(last):
            return self
        raw = self.url.raw_path.decode("ascii").partition("?")[0]
        folder = _FTP_TYPE.sub("", raw) if self.url.scheme.startswith("ftp") else raw
        return self._at(f"{folder.rstrip('/')}/{name}")

    def beside(self, suffix: str) -> FileAddress:
        """Return the file whose path has this at its end as well."""
        path, separator, query = self.url.raw_path.decode("ascii").partition("?")
        return self._at(f"{path}{suffix}{separator}{query}")

    def _at(self, raw_path: str) -> FileAddress:
        url = self.url.copy_with(raw_path=raw_path.encode("ascii"))
        return FileAddress(
            url=url,
            path=unquote(raw_path.partition("?")[0].removeprefix("/"), errors="surrogateescape"),
            username=self.username,
            password=self.password,
            shown=str(url.copy_with(query=None)) + ("?…" if url.query else ""),
            secrets=self.secrets,
        )

    def cleaned(self, text: object) -> str:
        """Return what a server or library said, on one line, not without end, and without the credentials."""
        said = " ".join(str(text).split())
        for secret in self.secrets:
            said = said.replace(secret, "***")
        return said[: 200 + len(self.shown)] or type(text).__name__
