"""A real FTP server over a folder, in a thread of its own."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # It still stands on asyncore, which Python 3.11 announces the end of; later ones get it from a package.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

_POLL_S = 0.02


class FtpFolder:
    """What a server serves, how it misbehaves, and what it was asked.

    Attributes:
        folder: what user `cp1` with password `p@ss/w:rd` sees and may change; anonymous users may read.
        port: where it listens.
        commands: every command line as it came, passwords hidden by the server.
        cut_after: how many bytes of each download are sent before all connections of the client break; None for all.
        on_retr: called, in the server's thread, when a download is asked for.
        pasv_address: what PASV says instead of the server's address; None for the truth.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.commands: list[str] = []
        self.cut_after: int | None = None
        self.on_retr: Callable[[], None] = lambda: None
        self.pasv_address: str | None = None

    def url(self, path: str = "", *, scheme: str = "ftp", user: str = "cp1:p%40ss%2Fw%3Ard@") -> str:
        """Return an address on the server."""
        return f"{scheme}://{user}127.0.0.1:{self.port}/{path}"


@contextmanager
def ftp_server(folder: Path, certificate: Path | None = None, host: str = "127.0.0.1") -> Iterator[FtpFolder]:
    """Serve a folder; with a certificate (PEM, key included) logins and data must be protected by TLS."""
    state = FtpFolder(folder)
    loop = IOLoop()
    server = FTPServer((host, 0), _handler(state, certificate), ioloop=loop)
    state.port = server.address[1]
    ending = threading.Event()

    def run() -> None:
        while not ending.is_set():
            loop.loop(timeout=_POLL_S, blocking=False)

    thread = threading.Thread(target=run, name="ftp server")
    thread.start()
    try:
        yield state
    finally:
        ending.set()
        thread.join()
        server.close_all()


def _handler(state: FtpFolder, certificate: Path | None) -> type[Any]:
    control: type[Any] = FTPHandler if certificate is None else TLS_FTPHandler
    data: type[Any] = DTPHandler if certificate is None else TLS_DTPHandler

    class Data(data):  # type: ignore[misc]  # the library has no types
        def send(self, block: bytes) -> int:
            sent: int = super().send(block)
            if state.cut_after is not None and self.tot_bytes_sent >= state.cut_after:
                self.cmd_channel.close()
            return sent

    class Handler(control):  # type: ignore[misc]  # the library has no types
        dtp_handler = Data
        use_sendfile = False
        authorizer = DummyAuthorizer()
        auth_failed_timeout = 0

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            state.commands.append(f"{cmd} ***" if cmd == "PASS" else line)
            if cmd == "RETR":
                state.on_retr()
            self.masquerade_address = state.pasv_address
            super().pre_process_command(line, cmd, arg)

        def log(self, *_: object, **__: object) -> None:
            pass

        logline = logerror = log_cmd = log_transfer = log_exception = log

    Handler.authorizer.add_user("cp1", "p@ss/w:rd", str(state.folder), perm="elradfmwMT")
    Handler.authorizer.add_anonymous(str(state.folder))
    if certificate is not None:
        Handler.certfile = str(certificate)
        Handler.tls_control_required = Handler.tls_data_required = True
        Handler.ssl_context = None
    return Handler
