"""The central system of this SDK, with the storage whose URL is given."""

from __future__ import annotations

import sys

from benchmarks.served.running import serve
from ocpp_sdk.central_system.runtime import create_app

if __name__ == "__main__":
    serve(create_app(sys.argv[1]))
