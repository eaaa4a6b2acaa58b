"""Requests that come at the same moment are read together."""

import asyncio

import pytest

from ocpp_sdk.server.joint_reading import JointReader

pytestmark = pytest.mark.anyio


async def test_messages_of_one_turn_are_read_together_and_in_order() -> None:
    """Each caller gets its own; the next turn begins anew."""
    seen: list[tuple[bytes, bool]] = []

    def read(data: bytes, inflated: bool) -> str:
        seen.append((data, inflated))
        return data.decode()

    reader = JointReader(read)
    answers = [reader.read(b"a", False), reader.read(b"b", True)]
    assert seen == []
    assert await asyncio.gather(*answers) == ["a", "b"]
    assert seen == [(b"a", False), (b"b", True)]
    joint = [reader.is_joint]
    assert await reader.read(b"c", False) == "c"
    assert [*joint, reader.is_joint] == [True, False]


async def test_message_that_cannot_be_read_fails_alone() -> None:
    """What is raised reaches the one who waits for it."""

    def read(data: bytes, _: bool) -> int:
        return int(data)

    reader = JointReader(read)
    found = await asyncio.gather(*(reader.read(data, False) for data in (b"1", b"x", b"2")), return_exceptions=True)
    assert (found[0], found[2]) == (1, 2)
    assert isinstance(found[1], ValueError)


async def test_message_whose_caller_has_gone_keeps_no_other_from_being_read() -> None:
    """Nobody hears of it, and nothing fails."""
    reader = JointReader(lambda data, _: int(data))
    gone, bad, other = (reader.read(data, False) for data in (b"1", b"x", b"2"))
    gone.cancel()
    bad.cancel()
    assert await other == 2


async def test_what_waits_is_counted_and_handed_over_without_a_future() -> None:
    """The message, or why it cannot be read."""
    reader = JointReader(lambda data, _: int(data))
    found: list[int | Exception] = []
    for data in (b"1", b"x"):
        reader.add(data, False, found.append)
    assert (reader.waiting, found) == (2, [])
    await reader.read(b"2", False)
    assert reader.waiting == 0
    assert found[0] == 1
    assert isinstance(found[1], ValueError)
