"""What a vendor gets wrong: mypy --strict must refuse each line that ends in `# E:` with the code behind it."""

from datetime import UTC, datetime

from ocpp_sdk import Call, v12, v15, v16
from ocpp_sdk.client import SoapClient
from ocpp_sdk.server import SoapServer

server = SoapServer([v15.central_system.SERVICE])
NOW = datetime.now(UTC)


async def calls(peer: SoapClient) -> None:
    """Wrong requests and wrong replies."""
    await peer.call(v15.AUTHORIZE, v15.HeartbeatRequest())  # E: misc
    await peer.call(v15.HEARTBEAT, v16.HeartbeatRequest())  # E: misc
    v15.AuthorizeRequest()  # E: call-arg
    v15.AuthorizeRequest(id_tag=5)  # E: arg-type
    v15.AuthorizeRequest("TAG")  # E: call-arg
    v15.StartTransactionRequest(connector_id=1, id_tag="T", timestamp="now", meter_start=0)  # E: arg-type
    v12.ResetRequest(type=v15.ResetType.SOFT)  # E: arg-type
    reply = await peer.call(v15.HEARTBEAT, v15.HeartbeatRequest())
    print(reply.interval)  # E: attr-defined
    seconds: int = reply.current_time  # E: assignment
    boot = await v16.CentralSystemClient(peer).boot_notification(charge_point_vendor="V", charge_point_model="M")
    print(boot.heartbeat_interval)  # E: attr-defined
    await v15.CentralSystemClient(peer).boot_notification(charge_point_vendor="V")  # E: call-arg
    await v15.CentralSystemClient(peer).heartbeat(now=NOW)  # E: call-arg
    print(v12.DataTransferRequest)  # E: attr-defined
    print(seconds)


@server.on(v15.AUTHORIZE)  # E: arg-type
async def wrong_request(request: v15.HeartbeatRequest, call: Call) -> v15.AuthorizeResponse:
    """Take another operation's request."""
    raise NotImplementedError


@server.on(v15.HEARTBEAT)  # E: arg-type
async def wrong_reply(request: v15.HeartbeatRequest, call: Call) -> v15.AuthorizeResponse:
    """Give another operation's reply."""
    raise NotImplementedError


class Box(v15.ChargePointHandler):
    """A handler class whose method does not fit."""

    async def reset(self, request: v15.ClearCacheRequest, call: Call) -> v15.ResetResponse:  # E: override
        """Take another operation's request."""
        raise NotImplementedError
