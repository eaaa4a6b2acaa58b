"""The Starlette side of the SOAP paths: WSDL, page, and what is not allowed there."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match

from ocpp_sdk.server.asgi import Receive, Scope, Send, own_path
from ocpp_sdk.server.wsdl_pages import ServicePages

__all__ = ["page_routes"]


class _Pages(BaseRoute):
    """Matches every path that SOAP is served at, in any letter case."""

    def __init__(self, pages: ServicePages, base_of: Callable[[Scope], str]) -> None:
        self._pages = pages
        self._base_of = base_of
        self._paths = pages.paths()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        known = scope["type"] == "http" and own_path(scope) in self._paths
        return (Match.FULL if known else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._respond(scope)(scope, receive, send)

    def _respond(self, scope: Scope) -> Response:
        if scope["method"] not in {"GET", "HEAD"}:
            allow = {"allow": "GET, HEAD, POST"}
            return PlainTextResponse("requests are sent by POST\n", status_code=405, headers=allow)
        path, base = own_path(scope), self._base_of(scope)
        headers = {"cache-control": "no-cache", "vary": "Host"}
        if _asks_for_wsdl(scope["query_string"]):
            return Response(self._pages.wsdl(path, base), media_type="text/xml", headers=headers)
        return HTMLResponse(self._pages.page(path, base), headers=headers)


def page_routes(pages: ServicePages, base_of: Callable[[Scope], str]) -> BaseRoute:
    """Return the route for everything but POST on the SOAP paths.

    Args:
        pages: the services behind each path.
        base_of: returns the public address that a request was sent to.
    """
    return _Pages(pages, base_of)


def _asks_for_wsdl(query: bytes) -> bool:
    return any(item.partition(b"=")[0].lower() in {b"wsdl", b"singlewsdl"} for item in query.split(b"&"))
