"""A charge point: `running` puts it on the network, `ChargePoint` is the machine itself, `Hardware` what it drives."""

from __future__ import annotations

from ocpp_sdk.charge_point.charge_point import ChargePoint
from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.commands.data_transfer import VendorRegistry
from ocpp_sdk.charge_point.equipment import Equipment
from ocpp_sdk.charge_point.hardware import ConnectorFacts, Hardware, HardwareInfo, Limit, Station, Transaction
from ocpp_sdk.charge_point.outlets import Outlet, OutletHardware, SimulatedHardware
from ocpp_sdk.charge_point.service import CHARGE_POINT_PATH, Running, running
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import RegistrationError, SessionRefusedError

__all__ = [
    "CHARGE_POINT_PATH",
    "ChargePoint",
    "ChargePointSettings",
    "Clock",
    "ConnectorFacts",
    "Equipment",
    "Hardware",
    "HardwareInfo",
    "Limit",
    "Outlet",
    "OutletHardware",
    "RegistrationError",
    "Running",
    "SessionRefusedError",
    "SimulatedHardware",
    "Station",
    "SystemClock",
    "Transaction",
    "VendorRegistry",
    "running",
]
