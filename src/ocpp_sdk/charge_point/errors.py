"""What can go wrong with a charge point that is not a matter of one call."""

from __future__ import annotations

from ocpp_sdk.errors import OcppError

__all__ = ["RegistrationError", "SessionRefusedError"]


class RegistrationError(OcppError):
    """The central system did not accept the charge point within the number of attempts that were allowed."""


class SessionRefusedError(OcppError):
    """A charging session did not begin."""
