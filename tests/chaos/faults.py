"""A real HTTP proxy before the central system that does what is bad for charge points."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web


class Fault(StrEnum):
    """What happens to a request instead of its answer."""

    INTERNAL_ERROR = "500"
    NOT_SERVING = "503"
    BAD_GATEWAY = "502"
    HTML = "an HTML page"
    NOT_FOUND = "404 with an HTML page"
    SOAP_FAULT = "a SOAP fault"
    CLOSED = "the connection closed"
    CUT_SHORT = "half of the answer"
    SILENCE = "no answer"
    LATE = "a late answer"


_HTML: Final = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to this network</body></html>"
_SOAP_FAULT: Final = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Receiver'
    '</s:Value></s:Code><s:Reason><s:Text xml:lang="en">the database is away</s:Text></s:Reason></s:Fault></s:Body>'
    "</s:Envelope>"
)
_CHANCE: Final = 0.06
_HANDLED: Final = 0.5
_SILENCE_S: Final = 4.0
_UPSTREAM_S: Final = 20.0
_NOT_FORWARDED: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class FaultyProxy:
    """Forwards what comes, but not all of it, and not all answers.

    Attributes:
        port: where it listens.
        counts: how often each fault happened, and all requests under `requests`.
        calm: whether all goes well.
        storm: what happens to every request for a while; None for a few faults at random.
    """

    def __init__(self, target_port: int, chances: random.Random) -> None:
        self.port = 0
        self.counts: Counter[str] = Counter()
        self.calm = False
        self.storm: Fault | None = None
        self._target = f"http://127.0.0.1:{target_port}"
        self._chances = chances
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[FaultyProxy]:
        """Listen on a free port of this machine until the block is left."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        async with ClientSession(auto_decompress=False, timeout=ClientTimeout(total=_UPSTREAM_S)) as self._session:
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                self.port = runner.addresses[0][1]
                yield self
            finally:
                await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.counts["requests"] += 1
        fault = self._fault()
        if fault is None:
            return await self._forward(request, body)
        self.counts[fault] += 1
        if fault is Fault.LATE:
            await asyncio.sleep(self._chances.uniform(0.3, 1.5))
            return await self._forward(request, body)
        # The central system may have acted on what the charge point takes for refused.
        answer = None
        if self._chances.random() < _HANDLED or fault is Fault.CUT_SHORT:
            answer = await self._forward(request, body)
        return await self._fail(request, fault, answer)

    async def _fail(self, request: web.Request, fault: Fault, answer: web.Response | None) -> web.StreamResponse:
        match fault:
            case Fault.INTERNAL_ERROR | Fault.NOT_SERVING | Fault.BAD_GATEWAY:
                return web.Response(status=int(fault), text="no")
            case Fault.HTML | Fault.NOT_FOUND:
                return web.Response(status=200 if fault is Fault.HTML else 404, text=_HTML, content_type="text/html")
            case Fault.SOAP_FAULT:
                return web.Response(status=500, text=_SOAP_FAULT, content_type="application/soap+xml")
        if fault is Fault.SILENCE:
            await asyncio.sleep(_SILENCE_S)
        if fault is Fault.CUT_SHORT and answer is not None and isinstance(answer.body, bytes):
            half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
            half.content_length = len(answer.body)
            # Whoever asked may be dead by now.
            with contextlib.suppress(ConnectionError):
                await half.prepare(request)
                await half.write(answer.body[: len(answer.body) // 2])
        if request.transport is not None:
            request.transport.close()
        raise asyncio.CancelledError

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        assert self._session is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED}
        try:
            async with self._session.request(
                request.method, self._target + request.path_qs, data=body, headers=headers
            ) as reply:
                answer = await reply.read()
                passed = {name: value for name, value in reply.headers.items() if name.lower() not in _NOT_FORWARDED}
                return web.Response(status=reply.status, body=answer, headers=passed)
        except (ClientError, TimeoutError, OSError):
            return web.Response(status=502, text="the central system is not there")

    def _fault(self) -> Fault | None:
        if self.calm:
            return None
        if self.storm is not None:
            return self.storm
        return self._chances.choice(list(Fault)) if self._chances.random() < _CHANCE else None
