"""What a charge point can be told about its PLC."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field

from ocpp_sdk.errors import AnnouncementError, ConfigurationError
from ocpp_sdk.modbus.discovery import ANY_INTERFACE, PORT, listen
from ocpp_sdk.modbus.map import default_map, load_map
from ocpp_sdk.modbus.settings import DeviceSettings, address_of
from ocpp_sdk.modbus.station.settings import PlcSettings
from ocpp_sdk.options import Options

__all__ = ["DISCOVER", "PlcOptions"]

DISCOVER: Final = "discover"
"""In place of an address: the first PLC that announces itself."""


class PlcOptions(Options):
    """Options of the PLC of a charge point.

    Attributes:
        plc: HOST, HOST:PORT, the path of a serial port, or `discover` for the first PLC that announces itself; None for
            no PLC.
        map: TOML or CSV file with its registers; None for the map of the field.
        connectors: instead of the number in the map.
        unit: unit id.
        period: seconds between two reads.
        timeout: seconds to wait for each answer.
        baud_rate: of a serial port.
        parity: of a serial port: N, E or O.
        bridge_process: whether the bridge is a process of its own, `ocpp-sdk modbus bridge`.
    """

    table: ClassVar[str] = "plc"

    plc: str | None = None
    map: Path | None = None
    connectors: int | None = Field(default=None, ge=1, le=99)
    unit: int = Field(default=1, ge=0, le=255)
    period: float = Field(default=0.5, ge=0.01)
    timeout: float = Field(default=3.0, ge=0.001)
    baud_rate: int = Field(default=19200, ge=300)
    parity: str = "N"
    bridge_process: bool = False

    async def located(
        self, report: Callable[[str], None], *, port: int = PORT, interface: str = ANY_INTERFACE
    ) -> PlcSettings:
        """Return the settings of a PLC with these options; to discover it waits until one announces itself.

        Whoever is first in the network is believed, so this is for networks that are the station's own.

        Args:
            report: hears what was found, and what was not understood.
            port: of the multicast group.
            interface: address of the network interface to listen at.

        Raises:
            ConfigurationError: there is no address, or a value or the map cannot work.
        """
        if self.plc != DISCOVER or self.bridge_process:
            return self.settings()
        report("waits for a PLC to announce itself")
        async with aclosing(listen(port=port, interface=interface)) as announcements:
            async for found in announcements:
                if isinstance(found, AnnouncementError):
                    report(str(found))
                    continue
                report(f"a PLC announces itself at {found.address}, unit {found.unit_id}")
                here = self.model_copy(update={"plc": str(found.address), "unit": found.unit_id})
                return here.settings()
        raise AssertionError("listening has no end")

    def settings(self) -> PlcSettings:
        """Return the settings of a PLC with these options.

        Raises:
            ConfigurationError: there is no address, or a value or the map cannot work.
        """
        if self.plc is None:
            raise ConfigurationError("--plc is missing; it is HOST or HOST:PORT, or the path of a serial port")
        return PlcSettings(
            address=address_of(self.plc, baud_rate=self.baud_rate, parity=self.parity),
            register_map=(
                default_map(self.connectors or 2)
                if self.map is None
                else load_map(self.map, connectors=self.connectors)
            ),
            device=DeviceSettings(unit_id=self.unit, timeout_s=self.timeout),
            period_s=self.period,
            own_process=self.bridge_process,
        )
