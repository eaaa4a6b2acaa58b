"""A central system on a disk that becomes full and has room again; run within a mount namespace of its own."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.client import SoapClient
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import MeterReading, MeterValues, SampledValue

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def values(number: int) -> MeterValues:
    """Return values that take some room."""
    reading = MeterReading(timestamp=NOON + timedelta(seconds=number), values=(SampledValue(value="7" * 5000),))
    return MeterValues(connector_id=1, readings=(reading,))


async def main(folder: Path, url: str) -> None:
    """Fill the disk, make room, and print what was acknowledged and what is stored."""
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(600_000))
    central_system = CentralSystem(url)
    async with (
        serve(central_system.app) as address,
        SoapClient(address.url + DEFAULT_PATH, charge_box_identity="CP1") as client,
    ):
        charge_point = version_of(OcppVersion.V15).call_central_system(client)
        acknowledged = 0
        try:
            for number in range(1000):
                await charge_point.meter_values(values(number))
                acknowledged += 1
        except InternalError as error:
            print(f"refused: {error}")
        ballast.unlink()
        await charge_point.meter_values(values(1000))
        samples = await central_system.store.samples("CP1")
        print(f"all there: {acknowledged + 1 <= len(samples) <= acknowledged + 2}")


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
