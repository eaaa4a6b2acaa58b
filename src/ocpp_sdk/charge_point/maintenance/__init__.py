"""Diagnostics that go to a server, and firmware that comes from one."""

from __future__ import annotations

from ocpp_sdk.charge_point.maintenance.diagnostics import Diagnostics
from ocpp_sdk.charge_point.maintenance.files import Files, NetworkFiles
from ocpp_sdk.charge_point.maintenance.firmware import FirmwareUpdates
from ocpp_sdk.charge_point.maintenance.installer import CommandInstaller, Installer
from ocpp_sdk.charge_point.maintenance.journal import Journal
from ocpp_sdk.charge_point.maintenance.settings import (
    DiagnosticsSettings,
    FirmwareSettings,
    RetrySettings,
    TransferSettings,
)

__all__ = [
    "CommandInstaller",
    "Diagnostics",
    "DiagnosticsSettings",
    "Files",
    "FirmwareSettings",
    "FirmwareUpdates",
    "Installer",
    "Journal",
    "NetworkFiles",
    "RetrySettings",
    "TransferSettings",
]
