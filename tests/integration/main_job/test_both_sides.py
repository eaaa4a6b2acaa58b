"""The main job as a user runs it: central system, charge point and single calls, each a process of its own."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.running import COMMAND, central_system, environment, ocpp_sdk

SESSION = ["Authorize", "BootNotification", "MeterValues", "StartTransaction", "StatusNotification", "StopTransaction"]


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_charging_session_of_a_charge_point_is_in_the_database(version: str, tmp_path: Path) -> None:
    """Every message of the session, its transaction with start and stop, its meter values, the connector's status."""
    with central_system(tmp_path) as here:
        done = ocpp_sdk(
            *("charge-point", "--central-system", here.url, "--identity", "CP1", "--version", version, "--port", "0"),
            *("--once", "--duration", "1.2", "--sample-interval", "1"),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        out, _ = here.end()
    printed = [line.split("\t")[3] for line in out.splitlines()]
    with closing(sqlite3.connect(tmp_path / "ocpp.db")) as database:
        messages = database.execute("SELECT version, operation, reply FROM messages ORDER BY number").fetchall()
        transactions = database.execute(
            "SELECT meter_start_wh <= meter_stop_wh, started_at <= stopped_at, problem FROM transactions"
        ).fetchall()
        (samples,) = database.execute("SELECT count(*) FROM samples").fetchone()
        statuses = database.execute(
            "SELECT status FROM connector_statuses JOIN connectors ON status_number = number"
            " WHERE connectors.connector_id = 1"
        ).fetchall()
        refused = database.execute("SELECT why FROM refused_stops").fetchall()
    assert [operation for _, operation, _ in messages] == printed
    assert {message[0] for message in messages} == {version}
    assert {operation for _, operation, _ in messages} - {"Heartbeat"} == set(SESSION)
    assert all(isinstance(json.loads(reply), dict) for *_, reply in messages)
    assert transactions == [(1, 1, None)]
    assert samples >= 1
    assert statuses == [("Available",)]
    assert refused == []


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_call_reaches_a_charge_point_that_serves(version: str, tmp_path: Path) -> None:
    """The other direction: an operation of the charge point's service, found by its name."""
    with central_system(tmp_path, "--storage", "memory:") as here:
        command = [*COMMAND, "charge-point", "--central-system", here.url, "--identity", "CP1", "--version", version]
        with subprocess.Popen(
            [*command, "--port", "0", "--sessions", "0"],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stderr is not None
                ready = process.stderr.readline()
                (url,) = [word.rstrip(";,") for word in ready.split() if word.startswith("http")]
                arguments = ["call", url, "ChangeAvailability", "connectorId=1", "type=Inoperative"]
                done = ocpp_sdk(*arguments, "--identity", "CP1", "--version", version, cwd=tmp_path)
                assert (done.returncode, json.loads(done.stdout)) == (0, {"status": "Accepted"}), done.stderr
                other = ocpp_sdk(*arguments, "--identity", "CP2", "--version", version, cwd=tmp_path)
                assert (other.returncode, "IdentityMismatch" in other.stderr) == (3, True), other.stderr
            finally:
                process.terminate()


def test_two_central_systems_share_one_database(tmp_path: Path) -> None:
    """Transaction ids come from one sequence, and a start sent to both is one transaction."""
    start = ["StartTransaction", "connectorId=1", "idTag=A", "timestamp=2026-05-04T12:00:00Z", "--identity", "CP1"]
    with central_system(tmp_path) as first, central_system(tmp_path) as second:
        numbers = []
        for url, meter in ((first.url, 5), (second.url, 5), (second.url, 6), (first.url, 7)):
            done = ocpp_sdk("call", url, *start, f"meterStart={meter}", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            numbers.append(json.loads(done.stdout)["transactionId"])
    assert numbers == [1, 1, 2, 3]
