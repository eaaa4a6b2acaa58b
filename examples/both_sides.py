"""A central system and a charge point of OCPP 1.6 in one process; each serves, and each calls the other."""

import asyncio
from datetime import UTC, datetime

from ocpp_sdk import Call, v16
from ocpp_sdk.client import SoapClient
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import serve

IDENTITY = "CP1"


class CentralSystem(v16.CentralSystemHandler):
    """Answers what it overrides; everything else is answered with the fault NotSupported."""

    async def heartbeat(self, request: v16.HeartbeatRequest, call: Call) -> v16.HeartbeatResponse:
        """Tell the time."""
        print(f"central system: {call.charge_box_identity} is alive, at {call.callback_address}")
        return v16.HeartbeatResponse(current_time=datetime.now(UTC))


class ChargePoint(v16.ChargePointHandler):
    """Answers what it overrides."""

    async def unlock_connector(self, request: v16.UnlockConnectorRequest, call: Call) -> v16.UnlockConnectorResponse:
        """Unlock, as far as a few lines can."""
        print(f"charge point: unlocks connector {request.connector_id}")
        return v16.UnlockConnectorResponse(status=v16.UnlockStatus.UNLOCKED)


async def main() -> None:
    """Start both, then let each call the other."""
    central_system = SoapServer([v16.central_system.SERVICE], path="/Ocpp/CentralSystemService")
    central_system.serve(v16.central_system.SERVICE, CentralSystem())
    charge_point = SoapServer([v16.charge_point.SERVICE], path="/Ocpp/ChargePointService")
    charge_point.serve(v16.charge_point.SERVICE, ChargePoint())

    async with serve(central_system) as cs_address, serve(charge_point) as cp_address:
        cs_url = f"{cs_address.url}/Ocpp/CentralSystemService"
        cp_url = f"{cp_address.url}/Ocpp/ChargePointService"

        async with SoapClient(cs_url, charge_box_identity=IDENTITY, from_address=cp_url) as peer:
            heartbeat = await v16.CentralSystemClient(peer).heartbeat()
            print(f"charge point: it is {heartbeat.current_time:%Y}")

        async with SoapClient(cp_url, charge_box_identity=IDENTITY) as peer:
            unlocked = await v16.ChargePointClient(peer).unlock_connector(connector_id=1)
            print(f"central system: connector 1 is {unlocked.status}")


if __name__ == "__main__":
    asyncio.run(main())
