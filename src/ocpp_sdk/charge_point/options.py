"""What the command `charge-point` can be told."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.commands.supervisor import CommandSupervisor
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.equipment import Equipment
from ocpp_sdk.charge_point.maintenance import (
    CommandInstaller,
    DiagnosticsSettings,
    FirmwareSettings,
    TransferSettings,
)
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.client import ClientSettings, TlsSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.options import Options, Words
from ocpp_sdk.versions.domain import BootData

__all__ = ["DURABLE", "ChargePointOptions"]

DURABLE: Final = "sqlite:///ocpp-charge-point.db"
"""Where a charge point with real hardware keeps everything if it is told nothing else."""


class ChargePointOptions(Options):
    """Options of a charge point.

    Attributes:
        central_system: URL of the central system.
        identity: its chargeBoxIdentity.
        version: of OCPP.
        host: address to serve at.
        port: port to serve at; 0 takes a free one.
        advertise: URL that the central system is told to call, if it is another one.
        storage: URL of the storage of what must not be lost.
        vendor: what it says of itself when it boots; likewise the following.
        model: of the charge point.
        charge_point_serial_number: of the charge point.
        charge_box_serial_number: of the box inside.
        firmware_version: of the charge point, if the hardware does not tell.
        meter_type: of the main meter.
        meter_serial_number: of the main meter.
        username: for basic authentication at the central system.
        password: its password.
        ca_file: PEM file of the authorities that are trusted, in place of the machine's.
        certificate_file: PEM file of the own certificate.
        key_file: PEM file of its key.
        connectors: how many a simulated one has.
        id_tag: who charges at a simulated one.
        sessions: how many a simulated one runs one after the other; 0 only serves.
        once: whether it ends after the sessions.
        duration: after how many seconds a session ends.
        sample_interval: first value of MeterValueSampleInterval, in s; 0 sends no meter values.
        power: what a vehicle draws from a simulated one, in W.
        boot_attempts: BootNotifications before giving up; 0 never gives up.
        reset_command: starts the program or the machine again after a Reset.
        install_command: installs a firmware, whose file is its last argument.
        spool: folder for archives and downloads; one that is made anew each time if it is left out.
        log_files: files that go into an archive of diagnostics.
        metrics_port: where metrics are served; 0 serves none.
    """

    table: ClassVar[str] = "charge-point"
    secret: ClassVar[frozenset[str]] = frozenset({"storage", "password"})

    central_system: str | None = None
    identity: str = "CP1"
    version: OcppVersion = OcppVersion.V15
    host: str = "127.0.0.1"
    port: int = Field(default=9221, ge=0, le=65535)
    advertise: str | None = None
    storage: str = "memory:"
    vendor: str = "ocpp-sdk"
    model: str = "Simulated"
    charge_point_serial_number: str | None = None
    charge_box_serial_number: str | None = None
    firmware_version: str | None = "1.0"
    meter_type: str | None = None
    meter_serial_number: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    connectors: int = Field(default=2, ge=1, le=100)
    id_tag: str = "TAG1"
    sessions: int = Field(default=1, ge=0)
    once: bool = False
    duration: float = Field(default=10.0, ge=0)
    sample_interval: int = Field(default=2, ge=0)
    power: float = Field(default=7400.0, ge=0)
    boot_attempts: int = Field(default=1, ge=0)
    reset_command: Words = ()
    install_command: Words = ()
    spool: Path | None = None
    log_files: Words = ()
    metrics_port: int = Field(default=0, ge=0, le=65535)

    def kept_at(self, *, real: bool) -> str:
        """Return the URL of the storage.

        Args:
            real: whether there is hardware whose transactions must not be lost.
        """
        return DURABLE if real and "storage" not in self.model_fields_set else self.storage

    def settings(self, *, real: bool = False) -> ChargePointSettings:
        """Return the settings of a charge point with these options.

        Args:
            real: whether there is hardware, so that it never gives up unless it is told to, and samples each minute.

        Raises:
            ConfigurationError: a value cannot work.
        """
        given = self.model_fields_set
        attempts = 0 if real and "boot_attempts" not in given else self.boot_attempts
        interval = 60 if real and "sample_interval" not in given else self.sample_interval
        return ChargePointSettings(
            identity=self.identity,
            version=self.version,
            boot=BootData(
                vendor=self.vendor,
                model=self.model,
                charge_point_serial_number=self.charge_point_serial_number,
                charge_box_serial_number=self.charge_box_serial_number,
                firmware_version=self.firmware_version,
                meter_type=self.meter_type,
                meter_serial_number=self.meter_serial_number,
            ),
            connectors=self.connectors,
            sample_interval_s=interval,
            boot_attempts=attempts or None,
        )

    def client(self) -> ClientSettings:
        """Return how the central system is called.

        Raises:
            ConfigurationError: a value cannot work.
        """
        return ClientSettings(username=self.username, password=self.password or "", tls=self._tls())

    def equipment(self, report: Report) -> Equipment:
        """Return the parts that these options name.

        Args:
            report: hears what commands say.

        Raises:
            ConfigurationError: a value cannot work.
        """
        installer = None
        if self.install_command:
            installer = CommandInstaller(self.install_command, clock=SystemClock(), report=report)
        spool, logs = self.spool, tuple(map(Path, self.log_files))
        if logs and spool is None:
            raise ConfigurationError("log-files: they need a spool, the folder where archives are made")
        return Equipment(
            supervisor=CommandSupervisor(self.reset_command, report) if self.reset_command else None,
            transfers=TransferSettings(tls=self._tls()),
            diagnostics=None if spool is None else DiagnosticsSettings(folder=spool, log_files=logs),
            firmware=None if spool is None else FirmwareSettings(folder=spool),
            installer=installer,
        )

    def _tls(self) -> TlsSettings:
        return TlsSettings(ca_file=self.ca_file, certificate_file=self.certificate_file, key_file=self.key_file)
