"""How the Python servers run: uvicorn with uvloop and httptools, one process, set up alike."""

from __future__ import annotations

import os
import signal
import sys
import threading

from ocpp_sdk.server.asgi import ASGIApp
from ocpp_sdk.server.run import ServerAddress, run


def serve(app: ASGIApp) -> None:
    """Serve on a free port until stdin ends."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    run(app, "127.0.0.1", 0, on_ready=_tell)


def _tell(address: ServerAddress) -> None:
    print(address.port, flush=True)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
