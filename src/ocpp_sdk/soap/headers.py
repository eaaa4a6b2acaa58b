"""The header blocks that are read, and the order in which their values are kept."""

from __future__ import annotations

from typing import Final

__all__ = ["HEADERS", "SENDER", "Values"]

Values = list[str | None]
"""The text of each header, trimmed, in the order of `HEADERS`; for the last three, the address."""

HEADERS: Final = ("chargeBoxIdentity", "Action", "MessageID", "RelatesTo", "To", "From", "ReplyTo", "FaultTo")
SENDER: Final = 5
"""Position of the first header that holds an address in an element of its own."""
