"""`ocpp-sdk call` as a process: what it sends, what it prints, and how it fails."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpp_sdk.cli import main
from tests.unit.cli.running import CentralSystemProcess, central_system, ocpp_sdk, only_line

ANYWHERE = "http://127.0.0.1:9/x"
CP1 = ["--identity", "CP1"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralSystemProcess]:
    """Run one central system for all tests of this module."""
    with central_system(tmp_path_factory.mktemp("central"), "--storage", "memory:") as process:
        yield process


def test_call_reads_fields_by_path_and_prints_the_reply(here: CentralSystemProcess, tmp_path: Path) -> None:
    """Numbers, times, lists, attributes and `now` are typed by the schema."""
    done = ocpp_sdk(
        *("call", here.url, "MeterValues", "--identity", "CP1", "--version", "1.5", "-v"),
        *("connectorId=1", "transactionId=-5", "values[1].timestamp=now", "values[1].value=100"),
        *("values[1].value[1].unit=kWh", "values[1].value[2]=7", "values[2].timestamp=2026-01-01T00:00:00+02:00"),
        "values[2].value=x=y",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
    assert "<transactionId>-5</transactionId>" in done.stderr
    assert '<value unit="kWh">100</value><value>7</value>' in done.stderr
    assert "<timestamp>2025-12-31T22:00:00Z</timestamp><value>x=y</value>" in done.stderr
    assert "meterValuesResponse" in done.stderr


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_call_takes_the_request_as_json(here: CentralSystemProcess, tmp_path: Path, source: str) -> None:
    """From a file or from stdin, in the names of the wire."""
    request = json.dumps({"connectorId": 1, "idTag": "A", "timestamp": "now", "meterStart": 5})
    (tmp_path / "start.json").write_text(request)
    name = "start.json" if source == "file" else "-"
    done = ocpp_sdk(
        *("call", here.url, "StartTransaction", "--json", name),
        cwd=tmp_path,
        stdin=request,
        variables={"OCPP_IDENTITY": "CP1", "OCPP_VERSION": "1.6"},
    )
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["idTagInfo"] == {"status": "Accepted"}
    assert isinstance(reply["transactionId"], int)


def test_call_that_meets_a_fault_ends_with_code_3(here: CentralSystemProcess, tmp_path: Path) -> None:
    """The operation belongs to the other side."""
    line = only_line(ocpp_sdk("call", here.url, "Reset", "type=Hard", "--identity", "CP1", cwd=tmp_path), 3)
    assert "fault Receiver/NotSupported" in line


def test_call_of_data_transfer_goes_to_the_side_that_is_named(here: CentralSystemProcess, tmp_path: Path) -> None:
    """Both sides serve it; the central system is meant unless the address or the option says otherwise."""
    arguments = ["call", here.url, "DataTransfer", "vendorId=V", "--identity", "CP1"]
    assert json.loads(ocpp_sdk(*arguments, cwd=tmp_path).stdout) == {"status": "UnknownVendorId"}
    named = ocpp_sdk(*arguments, "--service", "charge_point", "--verbose", cwd=tmp_path)
    assert '<dataTransferRequest xmlns="urn://Ocpp/Cp/2012/06/">' in named.stderr
    by_address = ["call", here.url.replace("CentralSystem", "ChargePoint"), *arguments[2:], "--verbose"]
    assert '<dataTransferRequest xmlns="urn://Ocpp/Cp/2012/06/">' in ocpp_sdk(*by_address, cwd=tmp_path).stderr


def test_call_of_a_path_that_is_not_there_ends_with_code_4(here: CentralSystemProcess, tmp_path: Path) -> None:
    """The line asks about the path."""
    done = ocpp_sdk("call", here.url.replace("CentralSystem", "Other"), "Heartbeat", *CP1, cwd=tmp_path)
    assert "404 without SOAP; is the path right?" in only_line(done, 4)


def test_call_of_an_unreachable_peer_ends_with_code_4(tmp_path: Path) -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = only_line(ocpp_sdk("call", f"http://127.0.0.1:{port}/x", "Heartbeat", "--identity", "CP1", cwd=tmp_path), 4)
    assert "no connection" in line


def test_call_of_a_peer_that_never_answers_ends_with_code_4(tmp_path: Path) -> None:
    """The time is the operator's."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        done = ocpp_sdk("call", url, "Heartbeat", "--identity", "CP1", "--timeout", "0.3", cwd=tmp_path)
    assert "0.3 s" in only_line(done, 4) or "time-out" in only_line(done, 4)


def test_call_shows_no_password(tmp_path: Path) -> None:
    """Neither that of the environment nor one in the address, verbose or not."""
    done = ocpp_sdk(
        *("call", "http://u:hidden1@127.0.0.1:9/x", "Heartbeat", "--identity", "CP1", "--verbose"),
        cwd=tmp_path,
        variables={"OCPP_USERNAME": "u", "OCPP_PASSWORD": "hidden2"},
    )
    assert done.returncode == 4
    assert "hidden" not in done.stdout + done.stderr


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([ANYWHERE, "BootNotificaton", *CP1], "did you mean BootNotification? known: Authorize,"),
        ([ANYWHERE, "DataTransfer", *CP1, "--version", "1.2"], "OCPP 1.2 has no operation 'DataTransfer'"),
        ([ANYWHERE, "Heartbeat", *CP1, "--version", "1.7"], "1.7"),
        ([ANYWHERE, "Heartbeat"], "--identity is missing"),
        ([ANYWHERE, "Authorize", *CP1], "authorizeRequest/idTag: required"),
        ([ANYWHERE, "Authorize", *CP1, "idTag"], "'idTag': expected field=value"),
        ([ANYWHERE, "Authorize", *CP1, "idtag=A"], "did you mean idTag? known: idTag"),
        ([ANYWHERE, "Authorize", *CP1, "idTag=A", "idTag=B"], "idTag: given twice"),
        ([ANYWHERE, "Authorize", *CP1, "idTag=" + "A" * 21], "21 characters, 20 at most"),
        ([ANYWHERE, "Authorize", *CP1, "idTag[1]=A"], "'idTag' is no list"),
        ([ANYWHERE, "Authorize", *CP1, "idTag.x=A"], "'idTag' has no fields of its own"),
        ([ANYWHERE, "Reset", *CP1, "type=hard"], "did you mean Hard?"),
        ([ANYWHERE, "Reset", *CP1, "type=warm"], "'warm' is none of Hard, Soft"),
        ([ANYWHERE, "UnlockConnector", *CP1, "connectorId=one"], "'one' is no whole number"),
        ([ANYWHERE, "UnlockConnector", *CP1, "connectorId=99999999999"], "above 2147483647"),
        (
            [ANYWHERE, "MeterValues", *CP1, "connectorId=1", "values.timestamp=soon", "values.value=1"],
            "no point in time",
        ),
        ([ANYWHERE, "MeterValues", *CP1, "connectorId=1", "values[3].value=1"], "the next is 1"),
        ([ANYWHERE, "MeterValues", *CP1, "connectorId=1", "values=1"], "set values.timestamp, values.value"),
        ([ANYWHERE, "MeterValues", *CP1, "a[[=1"], "is no field"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "missing.json"], "missing.json: cannot be read: No such file"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "broken.json"], "broken.json: no JSON"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "deep.json"], "deep.json: no JSON"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "list.json"], "expected an object, not a list"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "unknown.json"], "'tag' is not known; known fields: idTag"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "number.json"], "expected text, not a number"),
        ([ANYWHERE, "Authorize", *CP1, "--json", "number.json", "idTag=A"], "not both"),
        ([ANYWHERE], "Missing argument"),
        ([ANYWHERE, "Heartbeat", *CP1, "--timeout", "0"], "timeout"),
    ],
)
def test_call_that_cannot_be_made_says_why_in_one_line(
    tmp_path: Path,
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is sent, the exit code is 2, and the line says what would do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text('{"idTag": ')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "unknown.json").write_text('{"tag": "A"}')
    (tmp_path / "number.json").write_text('{"idTag": 12}')
    code = main(["call", *arguments])
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert (code, out) == (2, "")
    assert line.startswith("ocpp-sdk: ")
    assert said in line


def test_call_that_cannot_be_made_leaves_one_line_as_a_process(tmp_path: Path) -> None:
    """Nothing that the interpreter adds at its end is there either."""
    line = only_line(ocpp_sdk("call", ANYWHERE, "Authorize", *CP1, "--json", "missing.json", cwd=tmp_path), 2)
    assert "missing.json: cannot be read: No such file" in line


@pytest.mark.parametrize(
    ("url", "said"), [("ftp://h/x", "must begin with http"), ("http://", "no host"), ("http://h:99999/", "99999")]
)
def test_call_of_an_address_that_cannot_work_says_so(tmp_path: Path, url: str, said: str) -> None:
    """It is the address, not the command line, that is wrong: exit code 1."""
    assert said in only_line(ocpp_sdk("call", url, "Heartbeat", *CP1, cwd=tmp_path), 1)
