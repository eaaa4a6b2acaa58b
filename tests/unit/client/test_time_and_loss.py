"""Peers that are slow, absent or endless."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ocpp_sdk.client import ClientSettings, RetryPolicy
from ocpp_sdk.errors import (
    CallError,
    CallTimeoutError,
    ConfigurationError,
    ConnectError,
    ConnectionLostError,
    HttpStatusError,
    OcppError,
    ReplyTooLargeError,
)
from tests.unit.client.heartbeat import NOW, heartbeat_reply
from tests.unit.client.peer import cp1, hang, heartbeat, http, peer, then_close, until

pytestmark = pytest.mark.anyio


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_refused_connection_is_a_connect_error_safe_to_retry() -> None:
    """Nothing was sent."""
    async with cp1(f"http://127.0.0.1:{free_port()}/") as client:
        with pytest.raises(ConnectError) as caught:
            await heartbeat(client)
    assert caught.value.retry_safe
    assert isinstance(caught.value.__cause__, Exception)


async def test_unknown_host_is_a_connect_error() -> None:
    """`.invalid` never resolves (RFC 2606)."""
    async with cp1("http://charge-point.invalid/") as client:
        with pytest.raises(ConnectError):
            await heartbeat(client)


async def test_handshake_that_never_ends_is_a_connect_timeout() -> None:
    """A peer that accepts and then says nothing to TLS is not reached at all."""
    async with peer(hang) as cs:
        url = cs.url.replace("http://", "https://")
        async with cp1(url, settings=ClientSettings(connect_timeout_s=0.1)) as client:
            with pytest.raises(CallTimeoutError) as caught:
                await heartbeat(client)
    assert (caught.value.phase, caught.value.retry_safe) == ("connect", True)


async def test_silent_peer_is_a_read_timeout() -> None:
    """The request was sent, so that a retry is not safe."""
    async with peer(hang) as cs, cp1(cs.url, settings=ClientSettings(read_timeout_s=0.1)) as client:
        with pytest.raises(CallTimeoutError) as caught:
            await heartbeat(client)
    assert (caught.value.phase, caught.value.retry_safe) == ("read", False)


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Answer a byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1\r\n<\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answer as much as fits, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b"<" * 0x10000 + b"\r\n")
        await writer.drain()


async def test_reply_that_trickles_ends_with_the_total_time() -> None:
    """A peer that is never silent for long cannot hold a call."""
    async with peer(trickle) as cs:
        async with cp1(cs.url, settings=ClientSettings(read_timeout_s=5, total_timeout_s=0.2)) as client:
            with pytest.raises(CallTimeoutError) as caught:
                await heartbeat(client)
        assert (caught.value.phase, caught.value.retry_safe) == ("total", False)
        await until(lambda: not cs.open)


async def test_endless_reply_ends_with_the_largest_size() -> None:
    """Memory is bounded, and the connection is closed rather than drained."""
    async with peer(flood) as cs, cp1(cs.url, settings=ClientSettings(max_reply_bytes=200_000)) as client:
        with pytest.raises(ReplyTooLargeError):
            await heartbeat(client)
        await until(lambda: not cs.open)


async def test_cancelled_call_ends_at_once_and_gives_its_connection_up() -> None:
    """A cancelled task is not turned into an error, and the next call works."""
    settings = ClientSettings(max_connections=1)
    async with peer(hang, http(heartbeat_reply())) as cs, cp1(cs.url, settings=settings) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await heartbeat(client)
        assert (await heartbeat(client)).current_time == NOW


async def test_client_closed_during_a_call_fails_the_call_by_name() -> None:
    """Who waits gets an error of the SDK."""
    async with peer(hang) as cs:
        client = cp1(cs.url)
        call = asyncio.ensure_future(heartbeat(client))
        await until(lambda: cs.requests)
        await client.aclose()
        with pytest.raises(ConnectionLostError):
            await call


async def test_failed_call_does_not_spoil_the_next() -> None:
    """Each kind of failure leaves the pool usable."""
    answers = (
        then_close(b""),
        http(b"", "500 Oops"),
        then_close(http(heartbeat_reply())[:-9]),
        http(heartbeat_reply()),
    )
    async with peer(*answers) as cs, cp1(cs.url) as client:
        for _ in range(3):
            with pytest.raises(CallError):
                await heartbeat(client)
        assert (await heartbeat(client)).current_time == NOW


async def test_default_policy_sends_once() -> None:
    """Whoever calls decides about sending again."""
    async with peer(http(b"", "503 Busy")) as cs, cp1(cs.url) as client:
        with pytest.raises(HttpStatusError):
            await heartbeat(client)
        assert len(cs.requests) == 1


async def test_retry_after_a_busy_peer_sends_the_same_message_again() -> None:
    """The second attempt is the same request, MessageID included."""
    settings = ClientSettings(retry=RetryPolicy(attempts=3, first_delay_s=0.01))
    busy = http(b"", "503 Busy", retry_after="0")
    async with peer(busy, busy, http(heartbeat_reply())) as cs, cp1(cs.url, settings=settings) as client:
        assert (await heartbeat(client)).current_time == NOW
        first, second, third = (request.body for request in cs.requests)
    assert first == second == third


async def test_unsafe_failure_is_not_retried() -> None:
    """The peer may have acted, whatever the policy says."""
    settings = ClientSettings(retry=RetryPolicy(attempts=3, first_delay_s=0.01))
    async with peer(then_close(b"")) as cs, cp1(cs.url, settings=settings) as client:
        with pytest.raises(ConnectionLostError):
            await heartbeat(client)
        assert len(cs.requests) == 1


async def test_retry_waits_no_longer_than_the_total_time() -> None:
    """A pause that ends after the deadline is not begun."""
    settings = ClientSettings(total_timeout_s=5, retry=RetryPolicy(attempts=3, max_delay_s=3600))
    async with peer(http(b"", "503 Busy", retry_after="600")) as cs, cp1(cs.url, settings=settings) as client:
        with pytest.raises(HttpStatusError):
            await heartbeat(client)
        assert len(cs.requests) == 1


async def test_client_closed_during_a_pause_does_not_send_again() -> None:
    """A retry does not open a closed client."""
    settings = ClientSettings(retry=RetryPolicy(attempts=2, first_delay_s=0.1, jitter=0))
    async with peer(http(b"", "503 Busy")) as cs:
        client = cp1(cs.url, settings=settings)
        call = asyncio.ensure_future(heartbeat(client))
        await until(lambda: cs.requests)
        await asyncio.sleep(0.02)
        await client.aclose()
        with pytest.raises(OcppError) as caught:
            await call
    assert isinstance(caught.value, ConfigurationError | CallError)
    assert len(cs.requests) == 1
