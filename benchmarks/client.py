"""Calling Authorize at one and the same server: this SDK's SoapClient and zeep's AsyncClient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter

from benchmarks.measuring import Pace, Series, rotated, steady_gc
from benchmarks.messages import IDENTITY
from benchmarks.peers import zeep_peer
from benchmarks.processes import choose_cores, pinned, python_server, server
from benchmarks.report import Row, faster
from ocpp_sdk import v15
from ocpp_sdk.client import SoapClient
from ocpp_sdk.server import DEFAULT_PATH

TARGETS = {1: 1.8, 32: 6.0}

Send = Callable[[], Awaitable[None]]


class WrongReplyError(Exception):
    """A reply that is not the expected one."""


@asynccontextmanager
async def sdk(url: str) -> AsyncIterator[Send]:
    """This SDK's client, through the generated stub."""
    accepted = v15.central_system.AuthorizationStatus.ACCEPTED
    async with SoapClient(url, charge_box_identity=IDENTITY) as client:
        stub = v15.CentralSystemClient(client)

        async def send() -> None:
            reply = await stub.authorize(id_tag="04A1B2C3D4E5F6")
            if reply.id_tag_info.status is not accepted:
                raise WrongReplyError(repr(reply))

        yield send


@asynccontextmanager
async def zeep(url: str) -> AsyncIterator[Send]:
    """zeep's AsyncClient with its WS-Addressing."""
    async with zeep_peer.async_service(url) as service:

        async def send() -> None:
            reply = await service.Authorize(idTag="04A1B2C3D4E5F6", _soapheaders={"ChargeBoxIdentity": IDENTITY})
            if reply.status != "Accepted":
                raise WrongReplyError(repr(reply))

        yield send


CLIENTS = {"sdk": sdk, "zeep": zeep}


async def rate(send: Send, in_flight: int, seconds: float) -> float:
    """Return calls per second over about so many seconds."""
    done = 0
    end = perf_counter() + seconds

    async def work() -> None:
        nonlocal done
        while perf_counter() < end:
            await send()
            done += 1

    start = perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return done / (perf_counter() - start)


async def measure(url: str, pace: Pace) -> dict[tuple[str, int], list[float]]:
    """Measure both clients at both levels in turns."""
    found: dict[tuple[str, int], list[float]] = {(name, level): [] for name in CLIENTS for level in TARGETS}
    async with AsyncExitStack() as stack:
        senders = {name: await stack.enter_async_context(client(url)) for name, client in CLIENTS.items()}
        for send in senders.values():
            await rate(send, max(TARGETS), pace.load_warm_up_s / 2)
        with steady_gc():
            for turn in range(pace.load_rounds):
                for level in TARGETS:
                    for name in rotated(list(senders), turn):
                        found[name, level].append(await rate(senders[name], level, pace.load_s))
    return found


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure the clients against this SDK's server."""
    cores = choose_cores()
    notes.append(f"client: {cores}; asyncio's own event loop; the server is this SDK's")
    with server(python_server("sdk"), cores.servers) as serving, pinned(cores.callers):
        found = asyncio.run(measure(f"http://127.0.0.1:{serving.port}{DEFAULT_PATH}", pace))
    series = {key: Series(tuple(values)) for key, values in found.items()}
    return [
        faster(
            "client",
            f"Authorize, {level} in flight",
            "zeep AsyncClient",
            series["sdk", level],
            series["zeep", level],
            "/s",
            target,
        )
        for level, target in TARGETS.items()
    ]
