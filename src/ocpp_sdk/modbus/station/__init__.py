"""A PLC as the hardware of a charge point, in the same process or with a bridge in its own; see docs/modbus.md."""

from __future__ import annotations

from ocpp_sdk.modbus.station.hardware import PlcHardware
from ocpp_sdk.modbus.station.opening import plc_hardware, run_bridge
from ocpp_sdk.modbus.station.seam import SeamStore
from ocpp_sdk.modbus.station.settings import PlcSettings

__all__ = ["PlcHardware", "PlcSettings", "SeamStore", "plc_hardware", "run_bridge"]
