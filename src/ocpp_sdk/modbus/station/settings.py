"""What is fixed about the PLC of a charge point before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.registers import RegisterMap
from ocpp_sdk.modbus.settings import DeviceSettings, SerialAddress, TcpAddress

__all__ = ["PlcSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcSettings:
    """The PLC of a charge point.

    Attributes:
        address: where it is.
        register_map: what it holds.
        device: how it is spoken to.
        period_s: from one read to the next.
        own_process: whether the bridge is a process of its own, `ocpp-sdk modbus bridge`, so that there is none in the
            process of the charge point.
        offline_start_s: how long a start waits for the central system, before one whose tag may charge without it is
            accepted with a provisional number; must be well below what the PLC waits.
        stop_answer_s: how long a stop, which is stored by then, waits for the answer of the central system.
    """

    address: TcpAddress | SerialAddress
    register_map: RegisterMap
    device: DeviceSettings = field(default_factory=DeviceSettings)
    period_s: float = 0.5
    own_process: bool = False
    offline_start_s: float = 10.0
    stop_answer_s: float = 5.0

    def __post_init__(self) -> None:
        if self.period_s <= 0:
            raise ConfigurationError(f"period_s: must be greater than 0, not {self.period_s}")
        for name in ("offline_start_s", "stop_answer_s"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name}: cannot be negative, but is {getattr(self, name)}")
