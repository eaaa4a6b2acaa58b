"""Hardware that only switches: `OutletHardware` has the sessions for it, `SimulatedHardware` needs none at all."""

from __future__ import annotations

from ocpp_sdk.charge_point.outlets.hardware import Outlet, OutletHardware
from ocpp_sdk.charge_point.outlets.simulated import SimulatedHardware, SimulatedOutlet

__all__ = ["Outlet", "OutletHardware", "SimulatedHardware", "SimulatedOutlet"]
