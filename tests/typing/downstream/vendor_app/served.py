"""Handlers by decorator and by class."""

from datetime import UTC, datetime

from ocpp_sdk import Call, v15
from ocpp_sdk.server import SoapServer

server = SoapServer([v15.central_system.SERVICE, v15.charge_point.SERVICE])


@server.on(v15.HEARTBEAT)
async def heartbeat(request: v15.HeartbeatRequest, call: Call) -> v15.HeartbeatResponse:
    """Tell the time."""
    print(call.charge_box_identity, request)
    return v15.HeartbeatResponse(current_time=datetime.now(UTC))


class Box(v15.ChargePointHandler):
    """Serves one operation; the others answer NotSupported."""

    async def reset(self, request: v15.ResetRequest, call: Call) -> v15.ResetResponse:
        """Accept a soft reset only."""
        soft = request.type is v15.ResetType.SOFT
        return v15.ResetResponse(status=v15.ResetStatus.ACCEPTED if soft else v15.ResetStatus.REJECTED)


server.serve(v15.charge_point.SERVICE, Box())
