"""The services that the tests serve."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.generated.v16 import central_system as cs16
from ocpp_sdk.server import SoapServer


class Authorizing(cs15.CentralSystemHandler):
    """Accepts every tag and remembers who asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def authorize(self, request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        self.calls.append(call)
        return accepted()


def accepted(parent_id_tag: str | None = None) -> cs15.AuthorizeResponse:
    """Build a reply."""
    info = cs15.IdTagInfo(status=cs15.AuthorizationStatus.ACCEPTED, parent_id_tag=parent_id_tag)
    return cs15.AuthorizeResponse(id_tag_info=info)


SERVICES = (cs15.SERVICE, cs16.SERVICE)


def handled_by(server: SoapServer) -> Authorizing:
    """Let a new handler answer OCPP 1.5 and return it."""
    handler = Authorizing()
    server.serve(cs15.SERVICE, handler)
    return handler
