"""Profiles of remote starts whose transactions are still to come (1.6 section 5.16.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.clock import Clock
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.versions.domain import ChargingProfile

__all__ = ["Expecting"]


@dataclass(frozen=True, slots=True)
class _Expected:
    id_tag: str
    profile: ChargingProfile
    until: float


class Expecting:
    """Keeps one profile for each connector, in memory: a restart ends the remote start as well.

    Args:
        clock: tells when a transaction comes too late.
        within_s: how long a profile waits, in s.
        report: hears why a profile is not used.
    """

    def __init__(self, clock: Clock, within_s: float, report: Callable[[str], None]) -> None:
        self._clock = clock
        self._within_s = within_s
        self._report = report
        self._expected: dict[int, _Expected] = {}

    def expect(self, connector_id: int, id_tag: str, profile: ChargingProfile) -> None:
        """Keep a profile for the next transaction of a connector, in place of the one before."""
        until = self._clock.monotonic() + self._within_s
        self._expected[connector_id] = _Expected(fold(id_tag), profile, until)

    def forget(self, connector_id: int) -> None:
        """Drop the profile of a connector."""
        self._expected.pop(connector_id, None)

    def take(self, transaction: Transaction) -> ChargingProfile | None:
        """Return the profile that is meant for a transaction; whatever waited for its connector waits no more."""
        expected = self._expected.pop(transaction.connector_id, None)
        if expected is None:
            return None
        if fold(transaction.id_tag) != expected.id_tag:
            fault = f"{transaction.id_tag} charges instead"
        elif self._clock.monotonic() > expected.until:
            fault = "the transaction came too late"
        else:
            return expected.profile
        self._report(f"charging profile {expected.profile.profile_id} of a remote start: not used: {fault}")
        return None
