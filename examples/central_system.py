"""A central system of OCPP 1.5 that answers two operations: `python central_system.py [PORT] [REQUESTS]`.

It serves until Ctrl-C, or until so many requests were answered.
"""

import asyncio
import sys
from datetime import UTC, datetime

from ocpp_sdk import Call, v15
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import serve

server = SoapServer([v15.central_system.SERVICE])
answered = asyncio.Semaphore(0)


@server.on(v15.BOOT_NOTIFICATION)
async def boot_notification(request: v15.BootNotificationRequest, call: Call) -> v15.BootNotificationResponse:
    """Accept every charge point."""
    print(f"{call.charge_box_identity} is a {request.charge_point_vendor} {request.charge_point_model}", flush=True)
    answered.release()
    return v15.BootNotificationResponse(
        status=v15.RegistrationStatus.ACCEPTED, current_time=datetime.now(UTC), heartbeat_interval=300
    )


@server.on(v15.AUTHORIZE)
async def authorize(request: v15.AuthorizeRequest, call: Call) -> v15.AuthorizeResponse:
    """Let everybody charge."""
    print(f"{call.charge_box_identity} asks for {request.id_tag}", flush=True)
    answered.release()
    info = v15.central_system.IdTagInfo(status=v15.central_system.AuthorizationStatus.ACCEPTED)
    return v15.AuthorizeResponse(id_tag_info=info)


async def main(port: int, requests: int | None) -> None:
    """Serve; every other operation is answered with the fault NotSupported."""
    async with serve(server, "127.0.0.1", port) as address:
        print(f"{address.url}/Ocpp/CentralSystemService", flush=True)
        while requests is None or requests > 0:
            await answered.acquire()
            requests = None if requests is None else requests - 1


if __name__ == "__main__":
    try:
        asyncio.run(
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 9220, int(sys.argv[2]) if len(sys.argv) > 2 else None)
        )
    except KeyboardInterrupt:
        print("stopped")
