"""Writes that wait at the same moment share a commit."""

import asyncio

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract.examples import CP, call, message, notification
from tests.servers.firebase.server import FirebaseServer

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("firebase")]


async def test_notifications_at_once_are_a_few_writes(server: FirebaseServer) -> None:
    """Their numbers are taken together, and they are written together."""
    store = await open_store(server.new_database())
    await store.add_notification(notification())
    before = server.writes()
    await asyncio.gather(*(store.add_notification(notification(str(number))) for number in range(64)))
    assert server.writes() - before <= 6
    assert len(await store.notifications()) == 65
    await store.close()


async def test_messages_at_once_of_a_charge_point_are_a_few_writes(server: FirebaseServer) -> None:
    """Its record takes note of all of them in one change."""
    store = await open_store(server.new_database())
    before = server.writes()
    await asyncio.gather(*(store.record_message(message(str(number))) for number in range(64)))
    assert server.writes() - before <= 8
    found = await store.messages()
    assert len({item.request for item in found}) == len(found) == 64
    await store.close()


async def test_write_that_cannot_be_kept_fails_alone(server: FirebaseServer) -> None:
    """Those that would have shared its commit are kept; the text is too long for the database."""
    store = await open_store(server.new_database())
    long = "ü" * (6 * 1024 * 1024)
    answers = await asyncio.gather(
        *(store.put_setting(f"k{number}", long if number == 5 else "v") for number in range(10)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [type(None)] * 5 + [StorageError] + [type(None)] * 4
    assert str(answers[5]) == "value: 12582912 bytes, and Firebase holds texts of at most 10485760"
    assert len(await store.settings()) == 9
    await store.close()


async def test_cancelled_verbs_leave_a_store_that_works(server: FirebaseServer) -> None:
    """Whether they happened or not, nothing hangs, and what was cancelled can be asked for again."""
    store = await open_store(server.new_database())
    for pause in (0, 0.001, 0.01, 0.03):
        tasks = [asyncio.create_task(store.record_message(message(str(number)))) for number in range(10)]
        tasks += [asyncio.create_task(_queued(store.enqueue(Queue.COMMANDS, call(f"k{pause}"))))]
        await asyncio.sleep(pause)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (await store.enqueue(Queue.COMMANDS, call(f"k{pause}"))).key == f"k{pause}"
    found = await store.charge_point(CP)
    assert found is not None
    assert len(await store.calls(Queue.COMMANDS)) == 4
    assert len(await store.messages(CP)) >= 20
    await store.close()


async def _queued(work: object) -> int:
    assert asyncio.iscoroutine(work)
    return int((await work).number)
