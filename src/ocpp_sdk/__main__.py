"""`python -m ocpp_sdk` is `ocpp-sdk`."""

from __future__ import annotations

import sys

from ocpp_sdk.cli import main

if __name__ == "__main__":
    sys.exit(main())
