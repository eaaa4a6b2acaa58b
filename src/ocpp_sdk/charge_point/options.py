"""What the command `charge-point` can be told."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.options import Options

__all__ = ["ChargePointOptions"]


class ChargePointOptions(Options):
    """Options of a charge point.

    Attributes:
        central_system: URL of the central system.
        identity: its chargeBoxIdentity.
        version: of OCPP.
        host: address to serve at.
        port: port to serve at; 0 takes a free one.
        advertise: URL that the central system is told to call, if it is another one.
        storage: URL of the storage of what must be known after a restart.
        connectors: how many it has.
        id_tag: who charges.
        sessions: how many to run one after the other; 0 only serves.
        once: whether it ends after the sessions.
        duration: after how many seconds a session ends.
        sample_interval: seconds between meter values; 0 sends none.
        power: what a vehicle draws, in W.
        boot_attempts: BootNotifications before giving up; 0 never gives up.
    """

    table: ClassVar[str] = "charge-point"

    central_system: str | None = None
    identity: str = "CP1"
    version: OcppVersion = OcppVersion.V15
    host: str = "127.0.0.1"
    port: int = Field(default=9221, ge=0, le=65535)
    advertise: str | None = None
    storage: str = "memory:"
    connectors: int = Field(default=2, ge=1, le=100)
    id_tag: str = "TAG1"
    sessions: int = Field(default=1, ge=0)
    once: bool = False
    duration: float = Field(default=10.0, ge=0)
    sample_interval: int = Field(default=2, ge=0)
    power: float = Field(default=7400.0, ge=0)
    boot_attempts: int = Field(default=1, ge=0)

    def settings(self) -> ChargePointSettings:
        """Return the settings of a charge point with these options.

        Raises:
            ConfigurationError: a value cannot work.
        """
        return ChargePointSettings(
            identity=self.identity,
            version=self.version,
            connectors=self.connectors,
            sample_interval_s=self.sample_interval,
            boot_attempts=self.boot_attempts or None,
        )
