"""Files over FTP and FTP with explicit TLS (RFC 959, 3659, 4217).

The standard library's client is used, in a thread: it is the one that lets a data connection resume the TLS session of
the control connection, without which common servers refuse it. All functions here block, until `Ftp.abort`.
"""

from __future__ import annotations

import contextlib
import ftplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.partial import Partial, on_disk
from ocpp_sdk.charge_point.maintenance.settings import TransferSettings
from ocpp_sdk.client.tls import tls_context
from ocpp_sdk.errors import TransferError, TransferRefusedError

__all__ = ["Ftp"]

_CHUNK: Final = 256 * 1024
_FAREWELL_S: Final = 2.0
_MOST_REPLY_CHARACTERS: Final = 64 * 1024
_WRONG_CREDENTIALS: Final = frozenset({"530", "532"})
_OTHER_KIND: Final = frozenset({"500", "501", "502", "503", "504", "534"})


class Ftp:
    """One connection to a server, for one file.

    Args:
        address: of the file.
        settings: time-outs and TLS.
    """

    def __init__(self, address: FileAddress, settings: TransferSettings) -> None:
        self._address = address
        self._settings = settings
        self._client: _Client | None = None
        self._aborted = threading.Event()

    def abort(self) -> None:
        """Break everything off, from another thread; the call that runs raises."""
        self._aborted.set()
        if self._client is not None:
            self._client.shut()

    def upload(self, source: Path) -> None:
        """Send a file.

        Raises:
            TransferError: it was not stored, or the server did not say so.
        """
        with on_disk(source):
            file = source.open("rb")
        with file, self._session() as client:
            connection = client.transfercmd(f"STOR {self._address.path}")
            with connection:
                try:
                    while block := file.read(_CHUNK):
                        connection.sendall(block)
                except ConnectionError:
                    # Why the server takes no more, such as a full disk, it says on the control connection.
                    client.voidresp()
                    raise
                _say_end(connection)
            client.voidresp()

    def download(self, partial: Partial) -> None:
        """Fetch a file, from where it broke off if the server still has the same one.

        Raises:
            TransferError: it is not complete; `partial` has what came.
        """
        with self._session() as client:
            size, validator = _version(client, self._address.path)
            same = validator is not None and validator == partial.validator
            partial.begin(partial.length if same else 0, validator, size)
            if size and partial.length == size:
                return
            connection = client.transfercmd(f"RETR {self._address.path}", rest=partial.length or None)
            with connection:
                while block := connection.recv(_CHUNK):
                    partial.write(block)
                _say_end(connection)
            client.voidresp()
            if size is not None and partial.length != size:
                raise TransferError(f"{self._address.shown}: {partial.length} bytes came of {size}")

    @contextmanager
    def _session(self) -> Iterator[_Client]:
        address = self._address
        secure = address.url.scheme == "ftps"
        client = _Client(tls_context(self._settings.tls) if secure else None, self._settings, self._aborted)
        self._client = client
        try:
            with self._named(client):
                client.connect(address.url.host, address.port)
                client.login(address.username or "", address.password)
                if secure:
                    client.prot_p()
                client.voidcmd("TYPE I")
                yield client
                # The file is there; whatever is said to the farewell changes nothing.
                with contextlib.suppress(OSError, EOFError, ftplib.Error):
                    client.say_goodbye()
        finally:
            client.forget()

    @contextmanager
    def _named(self, client: _Client) -> Iterator[None]:
        """Give every failure a name of the SDK and a line without credentials."""
        shown, cleaned = self._address.shown, self._address.cleaned
        try:
            yield
        except ssl.SSLError as error:
            kind = TransferRefusedError if isinstance(error, ssl.SSLCertVerificationError) else TransferError
            raise kind(f"{shown}: TLS failed: {cleaned(error)}") from error
        except ftplib.error_perm as error:
            code = str(error)[:3]
            if code in _WRONG_CREDENTIALS:
                raise TransferRefusedError(f"{shown}: user or password is refused: {cleaned(error)}") from None
            refused = code in _OTHER_KIND
            raise (TransferRefusedError if refused else TransferError)(f"{shown}: {cleaned(error)}") from None
        except EOFError:
            raise TransferError(f"{shown}: the server closed the connection") from None
        except TimeoutError as error:
            phase = f"in {self._settings.silence_timeout_s:g} s" if client.connected else "to the connection"
            raise TransferError(f"{shown}: no answer {phase}") from error
        except (ftplib.Error, OSError, ValueError) as error:
            raise TransferError(f"{shown}: {cleaned(error)}") from None


class _Client(ftplib.FTP_TLS):
    """The library's client, which can be broken off, bounds replies and bears text in any encoding.

    An address in the answer to PASV is not used, but that of the server, as is the library's default: else a server
    could have us connect to others.
    """

    def __init__(self, context: ssl.SSLContext | None, settings: TransferSettings, aborted: threading.Event) -> None:
        super().__init__(context=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=settings.silence_timeout_s)
        self._secure = context is not None
        self._aborted = aborted
        self._connect_timeout_s = settings.connect_timeout_s
        self._silence_timeout_s = settings.silence_timeout_s
        self._sockets: list[socket.socket] = []
        self._reply_characters = 0
        self.trust_server_pasv_ipv4_address = False
        self.connected = False

    def connect(self, host: str = "", port: int = 0, timeout: float = -999, source_address: object = None) -> str:
        self.host = host
        self.sock = connection = self._open((host, port))
        self.af = connection.family
        self.file = _text(connection)
        self.connected = True
        self.welcome = self.getresp()
        return self.welcome

    def login(self, user: str = "", passwd: str = "", acct: str = "", secure: bool = True) -> str:
        return super().login(user, passwd, acct, secure=self._secure)

    def auth(self) -> str:
        said = super().auth()
        # A new reader: what came in the clear after the answer to AUTH was not said by the server that TLS vouches for.
        self.file = _text(self._control)
        self._sockets.append(self._control)
        return said

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        host, port = self.makepasv()
        connection = self._open((host, port))
        try:
            if rest is not None:
                self.sendcmd(f"REST {rest}")
            said = self.sendcmd(cmd)
            # Some servers answer first for the connection and then for the transfer.
            _beginning(self.getresp() if said[0] == "2" else said)
            if self._secure:
                session = self._control.session if isinstance(self._control, ssl.SSLSocket) else None
                connection = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
                self._sockets.append(connection)
        except BaseException:
            connection.close()
            raise
        return connection, None

    def putline(self, line: str) -> None:
        self._reply_characters = 0
        super().putline(line)

    def getline(self) -> str:
        line = super().getline()
        self._reply_characters += len(line) + 1
        if self._reply_characters > _MOST_REPLY_CHARACTERS:
            raise ftplib.error_proto("the server's answer has no end")  # noqa: S321 - only an exception
        return line

    @property
    def _control(self) -> socket.socket:
        if self.sock is None:
            raise EOFError
        return self.sock

    def shut(self) -> None:
        """Shut every socket down, so that whoever waits for one is woken."""
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                # Below TLS: its own shutdown would let the thread that reads go on in the clear.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def say_goodbye(self) -> None:
        """Log out, without waiting long for the answer."""
        self._control.settimeout(_FAREWELL_S)
        self.quit()

    def forget(self) -> None:
        """Close what is still open, without another word to the server."""
        self.close()
        for connection in self._sockets:
            connection.close()

    def _open(self, target: tuple[str, int]) -> socket.socket:
        error: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(*target, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            self._sockets.append(connection)
            if self._aborted.is_set():
                raise OSError("broken off")
            try:
                connection.settimeout(self._connect_timeout_s)
                connection.connect(address)
                connection.settimeout(self._silence_timeout_s)
                return connection
            except OSError as failure:
                connection.close()
                error = failure
        raise error or OSError(f"{target[0]} has no address")


def _text(connection: socket.socket) -> TextIO:
    return connection.makefile("r", encoding="utf-8", errors="replace")


def _beginning(said: str) -> None:
    if said[0] != "1":
        raise ftplib.error_reply(said)  # noqa: S321 - only an exception


def _say_end(connection: socket.socket) -> None:
    """Close TLS as it should be, before the connection: the end of a file must not look like a cut."""
    if isinstance(connection, ssl.SSLSocket):
        # Many servers just close, or wait for us to do so; what counts is what they say on the control connection.
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(_FAREWELL_S)
            connection.unwrap()


def _version(client: _Client, path: str) -> tuple[int | None, str | None]:
    """Return the size of a file, and what tells one version of it from another; None for what a server cannot say."""
    try:
        size = client.size(path)
        changed = client.voidcmd(f"MDTM {path}").split()[1]
    except (ftplib.error_perm, IndexError, ValueError):
        return None, None
    return size, None if size is None else f"{size} {changed}"
