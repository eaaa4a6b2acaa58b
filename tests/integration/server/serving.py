"""The services that the tests serve, and ways to serve them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import uvicorn

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.generated.v16 import central_system as cs16
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.asgi import ASGIApp, Message, Receive, Scope, Send
from ocpp_sdk.server.run import ServerAddress


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


def tapped(server: SoapServer, events: list[Message]) -> ASGIApp:
    """Put an application around a server that sees all that it sends, as a middleware does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def tap(event: Message) -> None:
            if scope["type"] == "http":
                events.append(event)
            await send(event)

        await server(scope, receive, tap)

    return app


@asynccontextmanager
async def run_by_uvicorn(
    app: ASGIApp,
    http: type[asyncio.Protocol] | Literal["httptools", "h11"],
    *,
    keep_alive_s: int = 5,
    bare: bool = False,
    options: Mapping[str, Any] | None = None,
) -> AsyncIterator[ServerAddress]:
    """Serve as uvicorn's own command does, or bare of what that adds by default."""
    given = {"access_log": not bare, "proxy_headers": not bare, "server_header": not bare, "ws": "none"}
    config = uvicorn.Config(
        app,
        port=0,
        http=http,
        log_config=None,
        timeout_keep_alive=keep_alive_s,
        lifespan="off",
        **{**given, **(options or {})},
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    # It sets the date.
    await server.on_tick(0)
    try:
        yield ServerAddress(*server.servers[0].sockets[0].getsockname())
    finally:
        await server.shutdown()
