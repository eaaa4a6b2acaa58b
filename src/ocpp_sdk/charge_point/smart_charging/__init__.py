"""Smart charging of 1.6: which profiles are installed, what they allow together, and telling the hardware."""

from __future__ import annotations

from ocpp_sdk.charge_point.smart_charging.profiles import InstalledProfile
from ocpp_sdk.charge_point.smart_charging.settings import SmartChargingSettings
from ocpp_sdk.charge_point.smart_charging.smart_charging import SmartCharging

__all__ = ["InstalledProfile", "SmartCharging", "SmartChargingSettings"]
