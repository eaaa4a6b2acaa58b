"""`ocpp-sdk charge-point` and `ocpp-sdk demo` as processes, with what they print and how they end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from ocpp_sdk.central_system import AllowList, CentralSystem, CentralSystemSettings
from ocpp_sdk.server.run import serve

pytestmark = pytest.mark.anyio
PROGRAM = [sys.executable, "-c", "import sys; from ocpp_sdk.cli import main; sys.exit(main())"]


@asynccontextmanager
async def central_system_at() -> AsyncIterator[tuple[CentralSystem, str]]:
    """Serve a central system that takes CP1 only."""
    central_system = CentralSystem("memory:", CentralSystemSettings(registration=AllowList(["CP1"])))
    async with serve(central_system.app) as address:
        yield central_system, f"{address.url}/Ocpp/CentralSystemService"


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
async def test_charge_point_once_runs_a_session_and_ends(version: str) -> None:
    """What happens is on stdout line by line, the address on stderr, and the central system has it all."""
    async with central_system_at() as (central_system, url):
        done = await anyio.to_thread.run_sync(
            lambda: run(
                "charge-point",
                "--once",
                "--duration",
                "0.2",
                "--port",
                "0",
                OCPP_CENTRAL_SYSTEM=url,
                OCPP_VERSION=version,
                OCPP_ID_TAG="TAG9",
            )
        )
        (stored,) = await central_system.store.transactions()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "BootNotification: Accepted, interval 300 s"
    assert lines[-1] == "session ended: 0 Wh, Local"
    assert f"CP1 serves OCPP {version} at http://127.0.0.1:" in done.stderr
    assert stored.start.id_tag == "TAG9"
    assert stored.stop is not None


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in another way there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_charge_point_that_is_interrupted_stops_its_transaction_first(number: signal.Signals) -> None:
    """Nothing stays open at the central system, and there is no traceback."""

    def interrupt(url: str) -> tuple[int, str, str]:
        command = [*PROGRAM, "charge-point", "--central-system", url, "--port", "0", "--duration", "600"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    if line.startswith("StartTransaction"):
                        break
                process.send_signal(number)
                rest, errors = process.communicate(timeout=30)
            finally:
                process.kill()
        return process.returncode, rest, errors

    async with central_system_at() as (central_system, url):
        code, rest, errors = await anyio.to_thread.run_sync(interrupt, url)
        (stored,) = await central_system.store.transactions()
    assert code == 0, errors
    assert "StopTransaction: transaction 1" in rest
    assert "Traceback" not in errors
    assert stored.stop is not None


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--central-system", "http://127.0.0.1:1/"], 1, "CP1 is not registered: http://127.0.0.1:1/: no connection"),
        (["--central-system", "nonsense"], 1, "address 'nonsense' must begin with http:// or https://"),
        (["--central-system", "http://127.0.0.1:1/", "--version", "2.0"], 2, "'2.0' is not one of '1.2', '1.5', '1.6'"),
        (["--central-system", "http://127.0.0.1:1/", "--identity", " "], 1, "identity: a charge point needs one"),
        ([], 2, "--central-system"),
    ],
    ids=["unreachable", "bad-url", "unknown-version", "no-identity", "no-central-system"],
)
def test_charge_point_that_cannot_run_says_why_and_ends(arguments: list[str], code: int, complaint: str) -> None:
    """The last line names it; there is no traceback."""
    done = run("charge-point", "--port", "0", "--once", *arguments)
    assert done.returncode == code
    assert complaint in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


async def test_charge_point_that_is_rejected_says_so_and_ends() -> None:
    """The registration is final for a program that runs once."""
    async with central_system_at() as (_, url):
        done = await anyio.to_thread.run_sync(
            lambda: run("charge-point", "--port", "0", "--central-system", url, "--identity", "CP2")
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("CP2 is not registered: the central system answered Rejected")


def test_charge_point_at_a_port_in_use_says_so_and_ends() -> None:
    """The line names host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("charge-point", "--central-system", "http://127.0.0.1:1/", "--port", port)
    assert done.returncode == 1
    assert f"cannot listen at 127.0.0.1 port {port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_demo_in_an_empty_folder_shows_three_transactions_and_leaves_nothing(tmp_path: Path) -> None:
    """The main job needs nothing but the program."""
    done = run("demo", cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    for version in ("1.2", "1.5", "1.6"):
        assert done.stdout.count(f"DEMO-{version}") >= 3
    for operation in (
        "BootNotification",
        "Heartbeat",
        "Authorize",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ):
        assert operation in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_demo_with_storage_keeps_what_was_stored(tmp_path: Path) -> None:
    """A second run adds to it and shows its own transactions only."""
    first = run("demo", "--storage", "sqlite:///demo.db", cwd=tmp_path)
    second = run("demo", "--storage", "sqlite:///demo.db", cwd=tmp_path, COLUMNS="200")
    assert (first.returncode, second.returncode) == (0, 0), second.stderr
    assert (tmp_path / "demo.db").stat().st_size > 0
    rows = [line for line in second.stdout.partition("Transactions")[2].splitlines() if "DEMO-1." in line]
    assert sorted(row.split("│")[1].strip() for row in rows) == ["4", "5", "6"]


def test_demo_with_a_storage_that_cannot_serve_is_one_line() -> None:
    """A failure is a line and an exit code."""
    done = run("demo", "--storage", "nosuch://x")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nosuch" in done.stderr
