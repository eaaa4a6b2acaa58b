"""A vendor's own messages reach their handlers, and handlers that fail do no harm."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_sdk.charge_point.commands.data_transfer import VendorRegistry
from ocpp_sdk.errors import ConfigurationError, InternalError, NotSupportedError
from ocpp_sdk.versions.domain import DataTransfer, DataTransferResult
from ocpp_sdk.versions.enumerations import DataTransferStatus
from tests.unit.charge_point.fakes import FakeClock

pytestmark = pytest.mark.anyio


class Bench:
    """A registry with a handler for `com.example ping`, one for the rest of `org.example`, and a log."""

    def __init__(self) -> None:
        self.registry = VendorRegistry()
        self.clock = FakeClock()
        self.lines: list[str] = []

        @self.registry.on("com.example", "ping")
        async def ping(transfer: DataTransfer) -> str:
            return f"pong {transfer.data}"

        @self.registry.on("org.example")
        async def rest(transfer: DataTransfer) -> DataTransferResult | None:
            if transfer.message_id == "no":
                return DataTransferResult(status=DataTransferStatus.REJECTED, data="why")
            return None

        @self.registry.on("org.example", "Ping")
        async def own(transfer: DataTransfer) -> str:
            return "own"

    async def ask(
        self, vendor_id: str, message_id: str | None = None, *, ignore_case: bool = True
    ) -> tuple[str, str | None]:
        """Return status and data of the answer."""
        transfer = DataTransfer(vendor_id=vendor_id, message_id=message_id, data="1")
        result = await self.registry.answer(
            transfer, clock=self.clock, report=self.lines.append, ignore_case=ignore_case
        )
        return result.status, result.data


@pytest.mark.parametrize(
    ("vendor_id", "message_id", "answer"),
    [
        ("com.example", "ping", ("Accepted", "pong 1")),
        ("com.example", "pong", ("UnknownMessageId", None)),
        ("com.example", None, ("UnknownMessageId", None)),
        ("com.example", "", ("UnknownMessageId", None)),
        ("org.example", "", ("Accepted", None)),
        ("org.example", None, ("Accepted", None)),
        ("org.example", "no", ("Rejected", "why")),
        ("org.example", "Ping", ("Accepted", "own")),
        ("net.example", "ping", ("UnknownVendorId", None)),
    ],
)
@pytest.mark.parametrize("ignore_case", [True, False])
async def test_message_reaches_the_handler_of_its_vendor_and_id(
    vendor_id: str, message_id: str | None, answer: tuple[str, str | None], ignore_case: bool
) -> None:
    """A handler without a messageId takes what no other handler of its vendor takes."""
    assert await Bench().ask(vendor_id, message_id, ignore_case=ignore_case) == answer


async def test_names_count_without_case_in_1_6_and_to_the_letter_in_1_5() -> None:
    """They are CiStrings in 1.6, and plain strings in 1.5."""
    bench = Bench()
    assert await bench.ask("COM.Example", "PING") == ("Accepted", "pong 1")
    assert await bench.ask("COM.Example", "ping", ignore_case=False) == ("UnknownVendorId", None)
    assert await bench.ask("com.example", "PING", ignore_case=False) == ("UnknownMessageId", None)
    assert await bench.ask("org.example", "ping", ignore_case=False) == ("Accepted", None)


async def test_handler_that_fails_is_a_fault_and_a_line() -> None:
    """The peer does not see what went wrong inside; a fault that the handler chose is answered as it is."""
    bench = Bench()

    @bench.registry.on("com.example", "broken")
    async def broken(transfer: DataTransfer) -> None:
        raise ValueError("secret")

    @bench.registry.on("com.example", "refused")
    async def refused(transfer: DataTransfer) -> None:
        raise NotSupportedError("not here")

    with pytest.raises(InternalError) as failed:
        await bench.ask("com.example", "broken")
    assert failed.value.reason == "DataTransfer com.example broken could not be handled"
    assert bench.lines == ["DataTransfer com.example broken: its handler failed: ValueError: secret"]
    with pytest.raises(NotSupportedError):
        await bench.ask("com.example", "refused")
    assert len(bench.lines) == 1


async def test_handler_that_takes_too_long_is_cancelled() -> None:
    """The answer is a fault after 15 s."""
    bench = Bench()
    cancelled = []

    @bench.registry.on("com.example", "slow")
    async def slow(transfer: DataTransfer) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    answer = asyncio.ensure_future(bench.ask("com.example", "slow"))
    await bench.clock.pass_time(14)
    assert not answer.done()
    await bench.clock.pass_time(1)
    with pytest.raises(InternalError):
        await answer
    assert cancelled == [True]
    assert bench.lines == ["DataTransfer com.example slow: its handler failed: TimeoutError: not done within 15 s"]


async def test_handler_that_does_not_let_itself_be_cancelled_is_left_behind() -> None:
    """The fault comes a second later, whatever the handler does."""
    bench = Bench()
    let_go = asyncio.Event()

    @bench.registry.on("com.example", "stubborn")
    async def stubborn(transfer: DataTransfer) -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue
        raise ValueError("too late for anybody to hear")

    answer = asyncio.ensure_future(bench.ask("com.example", "stubborn"))
    await bench.clock.pass_time(16)
    with pytest.raises(InternalError):
        await asyncio.wait_for(answer, 5)
    let_go.set()
    await bench.clock.pass_time()


async def test_caller_that_gives_up_cancels_the_handler() -> None:
    """Nothing goes on behind an answer that nobody waits for."""
    bench = Bench()
    cancelled = []

    @bench.registry.on("com.example", "slow")
    async def slow(transfer: DataTransfer) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    answer = asyncio.ensure_future(bench.ask("com.example", "slow"))
    await bench.clock.pass_time()
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert cancelled == [True]


async def test_handler_that_returns_something_else_is_a_fault() -> None:
    """A number is neither an answer nor data."""
    bench = Bench()

    @bench.registry.on("com.example", "number")
    async def number(transfer: DataTransfer) -> str:
        return 5  # type: ignore[return-value]  # wrong on purpose

    with pytest.raises(InternalError):
        await bench.ask("com.example", "number")
    assert bench.lines[0].endswith("TypeError: returned int; must be DataTransferResult, str or None")


@pytest.mark.parametrize(
    ("vendor_id", "message_id", "message"),
    [
        ("COM.example", "Ping", "DataTransfer COM.example Ping: there is a handler for it already"),
        ("org.example", None, "DataTransfer org.example: there is a handler for it already"),
        ("", None, "vendor_id: must have 1 to 255 characters, not 0"),
        ("x" * 256, None, "vendor_id: must have 1 to 255 characters, not 256"),
        ("com.example", "x" * 51, "message_id: must have 1 to 50 characters, not 51"),
        ("com.example", "", "message_id: must have 1 to 50 characters, not 0"),
    ],
)
async def test_handler_that_cannot_be_registered_is_refused(
    vendor_id: str, message_id: str | None, message: str
) -> None:
    """Two for the same message, also when they differ by case, and names that no message can have."""
    with pytest.raises(ConfigurationError, match=message):
        Bench().registry.on(vendor_id, message_id)
