"""SOAP 1.2 with WS-Addressing as OCPP uses it: bytes to message and back, without I/O, clock or random.

`exchange` is what client and server need; the other modules are its parts. Reading is tolerant, and each tolerance
leaves a `Deviation`; writing is exact.
"""

from __future__ import annotations

from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = ["Limits", "PrefixStyle"]
