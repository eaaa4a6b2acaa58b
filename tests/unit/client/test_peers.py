"""Many peers with a bounded number of open connection pools."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from ocpp_sdk.client import ClientPool, ClientSettings, PeerClient
from ocpp_sdk.errors import CallTimeoutError, ConfigurationError, ConnectionLostError
from tests.unit.client.heartbeat import HEARTBEAT, NOW, HeartbeatRequest, heartbeat_reply
from tests.unit.client.peer import Peer, hang, http, peer, until

pytestmark = pytest.mark.anyio


async def call(client: PeerClient) -> str:
    """Send a heartbeat and return the time."""
    return (await client.call(HEARTBEAT, HeartbeatRequest())).current_time


async def test_two_callers_for_one_peer_share_its_connections() -> None:
    """Address and identity name a peer."""
    async with peer() as cp, ClientPool() as pool:
        for _ in range(3):
            assert await call(pool.client(cp.url, charge_box_identity="CP1")) == NOW
        assert (cp.connections, pool.open_count) == (1, 1)
        await call(pool.client(cp.url, charge_box_identity="CP2"))
        assert (cp.connections, pool.open_count) == (2, 2)
        assert b"CP2" in cp.requests[-1].body


async def test_least_recently_used_pool_makes_room() -> None:
    """The number of open pools stays at the bound, and the oldest connection is closed."""
    async with AsyncExitStack() as stack:
        peers: list[Peer] = [await stack.enter_async_context(peer()) for _ in range(3)]
        pool = await stack.enter_async_context(ClientPool(max_open=2))
        clients = [pool.client(cp.url, charge_box_identity="CP") for cp in peers]
        for index in (0, 1, 0, 2):
            await call(clients[index])
        assert pool.open_count == 2
        await until(lambda: [cp.open for cp in peers] == [1, 0, 1])
        assert await call(clients[1]) == NOW


async def test_pool_closed_leaves_no_connection_open() -> None:
    """Every peer sees the end."""
    async with peer() as first, peer() as second:
        async with ClientPool() as pool:
            await call(pool.client(first.url, charge_box_identity="CP"))
            await call(pool.client(second.url, charge_box_identity="CP"))
        assert pool.open_count == 0
        await until(lambda: first.open == second.open == 0)


async def test_more_peers_than_room_wait_for_each_other() -> None:
    """A broadcast to many charge points takes turns, and every one is called."""
    async with peer() as cp, ClientPool(max_open=2) as pool:
        peak = 0

        async def one(number: int) -> str:
            nonlocal peak
            time = await call(pool.client(cp.url, charge_box_identity=f"CP{number}"))
            peak = max(peak, pool.open_count)
            return time

        assert await asyncio.gather(*(one(number) for number in range(20))) == [NOW] * 20
        assert (peak, len(cp.requests)) == (2, 20)


async def test_peer_that_gets_no_room_in_time_is_a_timeout_safe_to_retry() -> None:
    """Three silent peers take their turns in one place; the third has waited too long before the second is done."""
    settings = ClientSettings(total_timeout_s=0.2)
    async with peer(hang) as cp, ClientPool(settings=settings, max_open=1) as pool:
        clients = [pool.client(cp.url, charge_box_identity=f"CP{number}") for number in range(3)]
        found = await asyncio.gather(*(call(client) for client in clients), return_exceptions=True)
        assert pool.open_count == 1
    errors = [error for error in found if isinstance(error, CallTimeoutError)]
    assert len(errors) == 3
    waited = [error for error in errors if "max_open" in str(error)]
    assert waited
    assert all(error.retry_safe and error.phase == "connect" for error in waited)


async def test_waiting_call_that_is_cancelled_passes_its_turn_on() -> None:
    """Who gives up does not block who waits behind."""
    gate = asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http(heartbeat_reply()))

    async with peer(slowly, http(heartbeat_reply())) as cp, ClientPool(max_open=1) as pool:
        first, second, third = (
            asyncio.ensure_future(call(pool.client(cp.url, charge_box_identity=f"CP{number}"))) for number in range(3)
        )
        await until(lambda: cp.requests)
        second.cancel()
        gate.set()
        assert await first == NOW
        assert await third == NOW
        assert second.cancelled()


async def test_closed_pool_refuses_and_ends_what_is_under_way() -> None:
    """Calls that run or wait end by name, and so does a later one."""
    async with peer(hang) as cp:
        pool = ClientPool(max_open=1)
        running = asyncio.ensure_future(call(pool.client(cp.url, charge_box_identity="CP1")))
        await until(lambda: cp.requests)
        waiting = asyncio.ensure_future(call(pool.client(cp.url, charge_box_identity="CP2")))
        await asyncio.sleep(0)
        await pool.aclose()
        with pytest.raises(ConnectionLostError):
            await running
        with pytest.raises(ConfigurationError, match="closed"):
            await waiting
        with pytest.raises(ConfigurationError, match="closed"):
            await call(pool.client(cp.url, charge_box_identity="CP1"))
        assert pool.open_count == 0
