"""A charge point of OCPP 1.6 with hardware of its own: `python own_hardware.py URL [IDENTITY]`.

`Relay` stands for what a station has: a contactor and a meter. Here a person types what contacts and reader would say:
plug, unplug, or a tag.
"""

import asyncio
import sys
import time

from ocpp_sdk import OcppError, OcppVersion
from ocpp_sdk.charge_point import ChargePointSettings, HardwareInfo, Limit, OutletHardware, running
from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.versions.domain import SampledValue


class Relay:
    """One connector."""

    def __init__(self) -> None:
        self.counted_wh = 0.0
        self.since: float | None = None

    async def switch(self, *, on: bool) -> None:
        """Close or open the contactor."""
        print("power on" if on else "power off", flush=True)
        self.counted_wh, self.since = self.energy_wh(), time.monotonic() if on else None

    async def lock(self, *, locked: bool) -> bool:
        """Hold the plug."""
        print("locked" if locked else "unlocked", flush=True)
        return True

    async def limit(self, limit: Limit | None) -> None:
        """Tell the vehicle how much it may draw."""
        if limit is not None:
            print(f"at most {limit.rate} {limit.unit}", flush=True)

    async def read_meter(self) -> tuple[SampledValue, ...]:
        """Read the meter."""
        return (SampledValue(value=f"{self.energy_wh():.0f}", measurand=ENERGY, unit="Wh"),)

    def energy_wh(self) -> float:
        """Return what 11 kW have given."""
        return self.counted_wh + (11_000 * (time.monotonic() - self.since) / 3600 if self.since else 0)


async def main(url: str, identity: str) -> None:
    """Obey the central system and whoever types."""
    hardware = OutletHardware({1: Relay()}, HardwareInfo(model="Own", firmware_version="1.0"))
    settings = ChargePointSettings(identity=identity, version=OcppVersion.V16, boot_attempts=1)
    async with running(settings, url, hardware, store=f"sqlite:///{identity}.db", report=print) as run:
        await run.charge_point.registered()
        print("type plug, unplug or a tag", flush=True)
        while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
            try:
                if word == "plug":
                    await hardware.plugged(1)
                elif word == "unplug":
                    await hardware.unplugged(1)
                else:
                    await hardware.tag(word, 1)
            except OcppError as error:
                print(error, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} URL [IDENTITY]")
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "CP1"))
    except OcppError as error:
        sys.exit(str(error))
