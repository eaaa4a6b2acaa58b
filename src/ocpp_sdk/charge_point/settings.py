"""What is fixed about a charge point before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import BootData

__all__ = ["ChargePointSettings"]

_DEFAULT_BOOT = BootData(vendor="ocpp-sdk", model="Simulated", firmware_version="1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointSettings:
    """What a simulated charge point is like.

    Attributes:
        identity: its chargeBoxIdentity.
        version: of OCPP.
        boot: what it says of itself.
        connectors: how many it has, numbered from 1.
        power_w: what a vehicle draws, in W.
        sample_interval_s: the first value of MeterValueSampleInterval, 0 for no sampling.
        heartbeat_interval_s: the first value of the heartbeat interval, until the central system gives one.
        boot_attempts: after how many BootNotifications without success it gives up; None for never.
        first_retry_s: the wait after the first failure of a connection or registration; it doubles with each more.
        max_retry_s: the longest such wait.
    """

    identity: str
    version: OcppVersion
    boot: BootData = field(default=_DEFAULT_BOOT)
    connectors: int = 2
    power_w: float = 7400.0
    sample_interval_s: int = 60
    heartbeat_interval_s: int = 900
    boot_attempts: int | None = None
    first_retry_s: float = 5.0
    max_retry_s: float = 300.0

    def __post_init__(self) -> None:
        if not self.identity.strip():
            raise ConfigurationError("identity: a charge point needs one")
        for name, least in (("connectors", 1), ("power_w", 0), ("sample_interval_s", 0), ("heartbeat_interval_s", 1)):
            if not getattr(self, name) >= least:
                raise ConfigurationError(f"{name}: must be at least {least}, not {getattr(self, name)}")
        if not isfinite(self.power_w):
            raise ConfigurationError(f"power_w: must be a number of W, not {self.power_w}")
        if self.boot_attempts is not None and self.boot_attempts < 1:
            raise ConfigurationError(f"boot_attempts: must be at least 1, not {self.boot_attempts}")
        if not 0 < self.first_retry_s <= self.max_retry_s:
            raise ConfigurationError("first_retry_s: must be more than 0 and at most max_retry_s")
