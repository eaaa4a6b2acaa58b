"""What a charge point may be given besides, each part with a default that works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ocpp_sdk.charge_point.commands.data_transfer import VendorRegistry
from ocpp_sdk.charge_point.commands.supervisor import Supervisor
from ocpp_sdk.charge_point.maintenance import DiagnosticsSettings, FirmwareSettings, Installer, TransferSettings
from ocpp_sdk.charge_point.metering import MeteringSettings
from ocpp_sdk.charge_point.smart_charging import SmartChargingSettings
from ocpp_sdk.versions.domain import IdTagInfo

__all__ = ["Equipment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Parts that somebody may bring.

    Attributes:
        vendors: answers DataTransfer.
        supervisor: takes over after a Reset.
        metering: deadlines and bounds.
        smart_charging: what charging profiles may be.
        transfers: how files are sent and fetched.
        diagnostics: what goes into an archive; None for a folder that is made anew each time.
        firmware: where firmware lies until it is installed; None for a folder that is made anew each time.
        installer: installs firmware; None if nobody can.
        list_hash: makes the hash of a local list of 1.5 from its entries by idTag in small letters; None for no hash.
    """

    vendors: VendorRegistry = field(default_factory=VendorRegistry)
    supervisor: Supervisor | None = None
    metering: MeteringSettings = field(default_factory=MeteringSettings)
    smart_charging: SmartChargingSettings = field(default_factory=SmartChargingSettings)
    transfers: TransferSettings = field(default_factory=TransferSettings)
    diagnostics: DiagnosticsSettings | None = None
    firmware: FirmwareSettings | None = None
    installer: Installer | None = None
    list_hash: Callable[[Mapping[str, IdTagInfo]], str] | None = None
