"""A simulated charge point: `running` puts it on the network, `ChargePoint` is the machine itself."""

from __future__ import annotations

from ocpp_sdk.charge_point.charge_point import ChargePoint
from ocpp_sdk.charge_point.clock import Clock, SystemClock
from ocpp_sdk.charge_point.messages import Transaction
from ocpp_sdk.charge_point.service import CHARGE_POINT_PATH, Running, running
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import RegistrationError, SessionRefusedError

__all__ = [
    "CHARGE_POINT_PATH",
    "ChargePoint",
    "ChargePointSettings",
    "Clock",
    "RegistrationError",
    "Running",
    "SessionRefusedError",
    "SystemClock",
    "Transaction",
    "running",
]
