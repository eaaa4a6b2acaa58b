"""`ocpp-sdk central-system` as a process: what it prints, stores and says when it cannot."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from ocpp_sdk.cli import main
from tests.unit.cli.running import central_system, environment, ocpp_sdk, only_line

# Without any header of WS-Addressing, which only strict mode asks for.
NO_ACTION = (
    '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Header>'
    '<chargeBoxIdentity xmlns="urn://Ocpp/Cs/2012/06/">CP2</chargeBoxIdentity></Header>'
    '<Body><heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/></Body></Envelope>'
)
BOOT = ("BootNotification", "chargePointVendor=V", "chargePointModel=M")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_central_system_prints_and_stores_each_request_and_ends_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Data is on stdout with tabs between, the address on stderr, and nothing else; the exit code is 0."""
    with central_system(tmp_path) as here:
        for version in ("1.2", "1.5", "1.6"):
            done = ocpp_sdk("call", here.url, *BOOT, "--identity", "CP1", "--version", version, cwd=tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
            assert json.loads(done.stdout)["status"] == "Accepted"
        out, err = here.end(number)
        assert here.process.returncode == 0
    assert here.ready_line.startswith("ocpp-sdk: central system at http://127.0.0.1:")
    assert err == ""
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[1:4] for row in rows] == [["CP1", version, "BootNotification"] for version in ("1.2", "1.5", "1.6")]
    assert json.loads(rows[0][4]) == {"chargePointVendor": "V", "chargePointModel": "M"}
    assert json.loads(rows[0][5])["status"] == "Accepted"
    with closing(sqlite3.connect(tmp_path / "ocpp.db")) as database:
        assert database.execute("SELECT version, operation FROM messages ORDER BY number").fetchall() == [
            ("1.2", "BootNotification"),
            ("1.5", "BootNotification"),
            ("1.6", "BootNotification"),
        ]


def test_central_system_keeps_what_it_stored_when_it_is_killed(tmp_path: Path) -> None:
    """What was answered is there at the next start."""
    for _ in range(2):
        with central_system(tmp_path) as here:
            assert ocpp_sdk("call", here.url, *BOOT, "--identity", "CP1", cwd=tmp_path).returncode == 0
            here.process.kill()
    with closing(sqlite3.connect(tmp_path / "ocpp.db")) as database:
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (2,)


def test_central_system_takes_its_options_from_the_environment(tmp_path: Path) -> None:
    """Storage, interval, list and strictness, as in a container."""
    variables = {
        "OCPP_STORAGE": "sqlite:///mine.db",
        "OCPP_HEARTBEAT_INTERVAL": "42",
        "OCPP_ALLOW": "CP1 CP2",
        "OCPP_STRICT": "1",
    }
    with central_system(tmp_path, **variables) as here:
        listed = ocpp_sdk("call", here.url, *BOOT, "--identity", "CP2", cwd=tmp_path)
        rejected = ocpp_sdk("call", here.url, *BOOT, "--identity", "CP3", cwd=tmp_path)
        strange = httpx.post(here.url, content=NO_ACTION, headers={"content-type": "application/soap+xml"})
    assert strange.status_code == 400
    assert "action-missing" in strange.text
    assert json.loads(listed.stdout)["heartbeatInterval"] == 42
    assert json.loads(rejected.stdout)["status"] == "Rejected"
    assert (tmp_path / "mine.db").exists()
    assert not (tmp_path / "ocpp.db").exists()


def test_central_system_takes_its_options_from_a_file(tmp_path: Path) -> None:
    """It is found in the working folder; the environment goes before it, and the command line before both."""
    (tmp_path / "ocpp-sdk.toml").write_text(
        '[central-system]\nheartbeat-interval = 7\nallow = ["CP1"]\nstorage = "sqlite:///file.db"\n'
    )
    with central_system(tmp_path, "--storage", "memory:", OCPP_HEARTBEAT_INTERVAL="42") as here:
        listed = ocpp_sdk("call", here.url, *BOOT, "--identity", "CP1", cwd=tmp_path)
        rejected = ocpp_sdk("call", here.url, *BOOT, "--identity", "CP2", cwd=tmp_path)
    assert json.loads(listed.stdout)["heartbeatInterval"] == 42
    assert json.loads(rejected.stdout)["status"] == "Rejected"
    assert "stores in memory:" in here.ready_line
    assert not (tmp_path / "file.db").exists()


@pytest.mark.parametrize(("scheme", "module"), [("mongodb", "pymongo"), ("postgresql", "asyncpg")])
def test_central_system_without_the_driver_of_its_storage_says_what_to_install(
    tmp_path: Path, scheme: str, module: str
) -> None:
    """One line, and the name of the extra."""
    program = (
        f"import sys; sys.modules[{module!r}] = None; from ocpp_sdk.cli import main;"
        f"sys.exit(main(['central-system', '--port', '0', '--storage', '{scheme}://u:secret@127.0.0.1:1/d']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    line = only_line(done, 1)
    assert f"ocpp-sdk[{'mongo' if scheme == 'mongodb' else scheme}]" in line
    assert "secret" not in line


def test_central_system_serves_its_wsdl_with_the_public_address(tmp_path: Path) -> None:
    """A peer that generates its client finds the address behind the proxy."""
    with central_system(tmp_path, "--public-url", "https://ocpp.example.com", "--storage", "memory:") as here:
        wsdl = httpx.get(f"{here.url}?wsdl", follow_redirects=True)
    assert wsdl.status_code == 200
    assert "https://ocpp.example.com/Ocpp/CentralSystemService" in wsdl.text


def test_central_system_whose_reader_is_gone_serves_on(tmp_path: Path) -> None:
    """Lines that nobody reads are no reason to turn charge points away."""
    with central_system(tmp_path, "--storage", "memory:") as here:
        assert here.process.stdout is not None
        here.process.stdout.close()
        for _ in range(2):
            assert ocpp_sdk("call", here.url, "Heartbeat", "--identity", "CP1", cwd=tmp_path).returncode == 0
        here.process.stdout = None
        here.process.terminate()
        assert here.process.stderr is not None
        assert here.process.stderr.read() == ""
        assert here.process.wait(timeout=30) == 0


def test_central_system_on_a_port_in_use_says_so(tmp_path: Path) -> None:
    """The line names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = only_line(ocpp_sdk("central-system", "--port", port, "--storage", "memory:", cwd=tmp_path), 1)
    assert f"port {port}" in line


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--storage", "sqlite:///no/folder/x.db"], 1, "there is no folder no/folder"),
        (["--storage", "nosuch://u:secret@h/d"], 1, "'nosuch' is not known; use a URL that begins with one of file, "),
        (["--storage", "ocpp.db"], 1, "'ocpp.db' is not known; use a URL that begins with one of file, "),
        (["--storage", "postgresql://u:secret@127.0.0.1:1/d"], 1, "//127.0.0.1:1/d: nothing listens there; start"),
        (["--storage", "file:///proc/self/x"], 1, "/proc/self/x cannot be used"),
        (["--config", "no.toml"], 1, "no.toml: cannot be read: No such file"),
        (["--storage", "sqlite:////proc/self/x.db"], 1, "cannot be opened"),
        (["--host", "192.0.2.1"], 1, "cannot listen at 192.0.2.1"),
        (["--public-url", "ocpp.example.com"], 1, "public_url"),
        (["--trusted-proxy", "10.0.0.0/99"], 1, "trusted_proxies"),
        (["--address", "CP1"], 2, "expected IDENTITY=URL"),
        (["--port", "70000"], 2, "--port"),
        (["--heartbeat-interval", "0"], 2, "heartbeat-interval"),
        (["--message-retention", "-1"], 2, "message-retention"),
        (["--colour"], 2, "--colour"),
    ],
)
def test_central_system_that_cannot_start_says_why_in_one_line(
    tmp_path: Path,
    options: list[str],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 1 for what cannot work, 2 for a command line that cannot be understood."""
    monkeypatch.chdir(tmp_path)
    assert main(["central-system", "--port", "0", *options]) == code
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert line.startswith("ocpp-sdk: ")
    assert said in line
    assert "secret" not in line


def test_central_system_without_its_mongodb_says_so(tmp_path: Path) -> None:
    """In a process of its own, since the driver leaves a socket to the collector."""
    url = "mongodb://u:secret@127.0.0.1:1/d?serverSelectionTimeoutMS=200"
    line = only_line(ocpp_sdk("central-system", "--port", "0", "--storage", url, cwd=tmp_path), 1)
    assert "cannot be reached" in line
    assert "secret" not in line


def test_central_system_on_a_file_that_is_no_database_leaves_it_alone(tmp_path: Path) -> None:
    """A mistyped path destroys nothing."""
    (tmp_path / "letter.txt").write_text("Dear reader, " * 100)
    line = only_line(ocpp_sdk("central-system", "--port", "0", "--storage", "sqlite:///letter.txt", cwd=tmp_path), 1)
    assert "no SQLite database" in line
    assert (tmp_path / "letter.txt").read_text() == "Dear reader, " * 100
