"""`ocpp-sdk queue` as a process, on a real store."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ocpp_sdk.storage import NewCall, Queue, open_store
from ocpp_sdk.storage.calls import CallState
from tests.unit.cli.running import ocpp_sdk, only_line

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def fill(url: str) -> None:
    """Queue three requests of CP1, of which the first is answered and the second given up, and one of CP2."""

    async def main() -> None:
        store = await open_store(url)
        for key, identity, operation in (
            ("a", "CP1", "StartTransaction"),
            ("b", "CP1", "MeterValues"),
            ("c", "CP1", "StopTransaction"),
            ("d", "CP2", "Heartbeat"),
        ):
            await store.enqueue(
                Queue.REQUESTS,
                NewCall(key=key, identity=identity, operation=operation, request='{"x":"\\u001b"}', created_at=NOON),
            )
        for ends in (True, False):
            call = await store.claim(Queue.REQUESTS, worker="w", now=NOON, lease=timedelta(seconds=60), identity="CP1")
            assert call is not None
            if ends:
                await store.answer_call(Queue.REQUESTS, call.number, call.attempts, reply="{}", at=NOON)
            else:
                await store.give_up_call(Queue.REQUESTS, call.number, call.attempts, error="refused", at=NOON)
        await store.close()

    asyncio.run(main())


def state_of(url: str, number: int) -> CallState:
    """Return the state of a request."""

    async def main() -> CallState:
        store = await open_store(url)
        call = await store.call(Queue.REQUESTS, number)
        await store.close()
        assert call is not None
        return call.state

    return asyncio.run(main())


def test_requests_that_were_not_answered_are_listed_with_their_error(tmp_path: Path) -> None:
    """One line each, in the order in which they go out; what a terminal would obey is escaped."""
    fill(f"sqlite:///{tmp_path / 'cp.db'}")
    done = ocpp_sdk("queue", "list", "--storage", "sqlite:///cp.db", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0], row[1], row[4], row[6]) for row in rows] == [
        ("2", "GivenUp", "MeterValues", "refused"),
        ("3", "Waiting", "StopTransaction", ""),
    ]
    assert done.stderr == "ocpp-sdk: 2 requests of CP1\n"
    only = ocpp_sdk("queue", "list", "--storage", "sqlite:///cp.db", "--state", "answered", cwd=tmp_path)
    assert [line.split("\t")[0] for line in only.stdout.splitlines()] == ["1"]


def test_request_that_was_given_up_waits_again(tmp_path: Path) -> None:
    """By its number, or all of them."""
    url = f"sqlite:///{tmp_path / 'cp.db'}"
    fill(url)
    done = ocpp_sdk("queue", "resend", "2", "--storage", "sqlite:///cp.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "ocpp-sdk: 1 requests of CP1 wait again\n")
    assert state_of(url, 2) is CallState.WAITING
    again = ocpp_sdk("queue", "resend", "--all", "--storage", "sqlite:///cp.db", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "ocpp-sdk: 0 requests of CP1 wait again\n")


def test_request_that_cannot_be_sent_again_is_named(tmp_path: Path) -> None:
    """One that was answered, one of another charge point, one that is not there."""
    fill(f"sqlite:///{tmp_path / 'cp.db'}")
    done = ocpp_sdk("queue", "resend", "1", "4", "9", "--storage", "sqlite:///cp.db", cwd=tmp_path)
    assert done.returncode == 1
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()[:-1]] == ["1", "4", "9"]


def test_queue_that_is_asked_wrongly_says_how(tmp_path: Path) -> None:
    """A line and exit code 2; nothing is opened."""
    storage = ("--storage", "sqlite:///cp.db")
    line = only_line(ocpp_sdk("queue", "list", *storage, "--state", "lost", cwd=tmp_path), 2)
    assert line.startswith("--state lost is not known")
    assert "or --all" in only_line(ocpp_sdk("queue", "resend", *storage, cwd=tmp_path), 2)
    assert list(tmp_path.iterdir()) == []
