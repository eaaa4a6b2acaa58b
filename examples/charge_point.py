"""A charge point of OCPP 1.5 that calls a central system: `python charge_point.py URL [IDENTITY]`."""

import asyncio
import sys

from ocpp_sdk import CallError, FaultError, v15
from ocpp_sdk.client import SoapClient


async def main(url: str, identity: str) -> None:
    """Register, then ask whether an idTag may charge."""
    async with SoapClient(url, charge_box_identity=identity) as peer:
        central_system = v15.CentralSystemClient(peer)
        boot = await central_system.boot_notification(charge_point_vendor="Example", charge_point_model="One")
        print(f"{identity} is {boot.status}, heartbeat every {boot.heartbeat_interval} s")
        answer = await central_system.authorize(id_tag="TAG1")
        print(f"TAG1 is {answer.id_tag_info.status}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} URL [IDENTITY]")
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "CP1"))
    except FaultError as fault:
        sys.exit(f"the central system refuses: {fault}")
    except CallError as error:
        sys.exit(f"no reply: {error}")
