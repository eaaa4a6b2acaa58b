"""What is fixed about a charge point before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import BootData

__all__ = ["ChargePointSettings", "backoff_s"]

_DEFAULT_BOOT = BootData(vendor="ocpp-sdk", model="Simulated", firmware_version="1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointSettings:
    """What a charge point is like.

    Attributes:
        identity: its chargeBoxIdentity.
        version: of OCPP.
        boot: what it says of itself.
        connectors: how many it has, numbered from 1; the hardware's number takes its place.
        sample_interval_s: the first value of MeterValueSampleInterval, 0 for no sampling.
        heartbeat_interval_s: the first value of the heartbeat interval, until the central system gives one.
        boot_attempts: after how many BootNotifications without success it gives up; None for never.
        first_retry_s: the wait after the first failure of a connection or registration; it doubles with each more.
        max_retry_s: the longest such wait.
        decision_s: how long the hardware may take to decide about a command.
        boot_after_outage_s: after how many seconds without an answer the charge point boots again.
        keep_answered_s: for how long requests that were answered are kept for people to read.
    """

    identity: str
    version: OcppVersion
    boot: BootData = field(default=_DEFAULT_BOOT)
    connectors: int = 2
    sample_interval_s: int = 60
    heartbeat_interval_s: int = 900
    boot_attempts: int | None = None
    first_retry_s: float = 5.0
    max_retry_s: float = 300.0
    decision_s: float = 15.0
    boot_after_outage_s: float = 3600.0
    keep_answered_s: float = 86_400.0

    def __post_init__(self) -> None:
        if not self.identity.strip():
            raise ConfigurationError("identity: a charge point needs one")
        for name, least in (("connectors", 1), ("sample_interval_s", 0), ("heartbeat_interval_s", 1)):
            if not getattr(self, name) >= least:
                raise ConfigurationError(f"{name}: must be at least {least}, not {getattr(self, name)}")
        if self.boot_attempts is not None and self.boot_attempts < 1:
            raise ConfigurationError(f"boot_attempts: must be at least 1, not {self.boot_attempts}")
        for name in ("decision_s", "boot_after_outage_s", "keep_answered_s"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name}: must be more than 0, not {getattr(self, name)}")
        if not 0 < self.first_retry_s <= self.max_retry_s:
            raise ConfigurationError("first_retry_s: must be more than 0 and at most max_retry_s")


def backoff_s(settings: ChargePointSettings, failures: int, share: float) -> float:
    """Return how long to wait after so many failures in a row.

    Args:
        settings: first and longest wait.
        failures: at least 1.
        share: a random number from 0 to 1, so that many charge points do not come back at the same moment.
    """
    full = min(settings.first_retry_s * 2.0 ** min(failures - 1, 30), settings.max_retry_s)
    return full * (0.5 + 0.5 * share)
