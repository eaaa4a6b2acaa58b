"""A central system of this SDK that accepts every tag."""

from __future__ import annotations

from benchmarks.served.running import serve
from ocpp_sdk import Call, v15
from ocpp_sdk.server import SoapServer

server = SoapServer([v15.central_system.SERVICE])


@server.on(v15.AUTHORIZE)
async def authorize(_: v15.AuthorizeRequest, __: Call) -> v15.AuthorizeResponse:
    types = v15.central_system
    return v15.AuthorizeResponse(id_tag_info=types.IdTagInfo(status=types.AuthorizationStatus.ACCEPTED))


if __name__ == "__main__":
    serve(server)
