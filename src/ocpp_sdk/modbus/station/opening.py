"""Puts the halves together: both in one process, or each in its own with storage between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.clock import Clock
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.station.bridging import BridgeHalf
from ocpp_sdk.modbus.station.hardware import PlcHardware
from ocpp_sdk.modbus.station.seam import Seam, SeamStore
from ocpp_sdk.modbus.station.settings import PlcSettings

__all__ = ["plc_hardware", "run_bridge"]


@asynccontextmanager
async def plc_hardware(
    settings: PlcSettings,
    store: SeamStore,
    identity: str,
    *,
    report: Callable[[str], None],
    clock: Clock | None = None,
) -> AsyncIterator[PlcHardware]:
    """Make the hardware of a charge point out of a PLC.

    Args:
        settings: of the PLC; `own_process` says that `run_bridge` runs elsewhere, on the same storage.
        store: of the charge point; stays open.
        identity: of the charge point.
        report: takes lines for people.
        clock: what time is.

    Yields:
        The hardware; its `run` reads the PLC and writes it as well, unless another process does.

    Raises:
        ConfigurationError: the map lacks a register that the handshake needs.
    """
    clock = clock or SystemClock()
    seam = Seam(store, identity, clock=clock, report=report, shared=settings.own_process)
    if settings.own_process:
        async with seam:
            yield PlcHardware(settings, seam, None)
        return
    async with ModbusDevice(settings.register_map, settings.address, settings.device, clock=clock) as device:
        yield PlcHardware(settings, seam, device)


async def run_bridge(
    settings: PlcSettings,
    store: SeamStore,
    identity: str,
    *,
    report: Callable[[str], None],
    clock: Clock | None = None,
) -> None:
    """Bridge a PLC and a charge point in another process, until cancelled.

    There must be one bridge for a charge point, not more.

    Args:
        settings: of the PLC.
        store: of the charge point, which the other process has open as well.
        identity: of the charge point.
        report: takes lines for people.
        clock: what time is.

    Raises:
        ConfigurationError: the map lacks a register that the handshake needs.
    """
    clock = clock or SystemClock()
    seam = Seam(store, identity, clock=clock, report=report, shared=True)
    device = ModbusDevice(settings.register_map, settings.address, settings.device, clock=clock)
    async with seam, device:
        await BridgeHalf(device, seam, period_s=settings.period_s).run()
