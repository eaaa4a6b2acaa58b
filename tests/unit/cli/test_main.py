"""What all commands share: help, version, how an unexpected failure ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import ocpp_sdk
from ocpp_sdk.cli import app, main
from ocpp_sdk.cli.ending import one_line
from tests.unit.cli.running import COMMAND, environment, only_line
from tests.unit.cli.running import ocpp_sdk as run


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    """On stdout, on one line."""
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ocpp-sdk {ocpp_sdk.__version__}\n", "")


def test_help_lists_every_command_and_loads_none_of_what_they_need() -> None:
    """Help is fast, because the slow imports wait for the command that needs them."""
    program = (
        "import sys; from ocpp_sdk.cli import main; code = main(['--help']);"
        "slow = {'httpx', 'aiohttp', 'starlette', 'uvicorn', 'pydantic', 'sqlite3', 'sqlalchemy', 'ocpp_sdk.generated'}"
        " & set(sys.modules);"
        "sys.exit(code or (f'loaded {slow}' if slow else 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("central-system", "charge-point", "call", "demo", "storage"):
        assert command in done.stdout


def test_every_option_of_a_command_has_a_variable_of_its_own() -> None:
    """Every option can come from the environment, and the help says so."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is the group of typer's choice
    assert sorted(commands) == [
        "call",
        "central-system",
        "charge-point",
        "demo",
        "modbus",
        "plc-simulator",
        "queue",
        "storage",
    ]
    assert sorted(commands.pop("storage").commands) == ["check", "copy", "rules", "upgrade"]
    modbus = commands.pop("modbus").commands
    assert sorted(modbus) == ["bridge", "check", "discover", "dump", "watch"]
    commands.update({f"modbus {name}": command for name, command in modbus.items()})
    queue = commands.pop("queue").commands
    assert sorted(queue) == ["list", "resend"]
    commands.update({f"queue {name}": command for name, command in queue.items()})
    for name, command in commands.items():
        options = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
        variables = [option.envvar for option in options]
        assert options, name
        assert [variable for variable in variables if not str(variable).startswith("OCPP_")] == []
        assert len(set(variables)) == len(variables)


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "no command"), (["boot"], "boot"), (["--log-level", "loud"], "loud")]
)
def test_command_line_that_cannot_be_understood_ends_with_code_2(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    """One line, which points to the help."""
    line = only_line(run(*arguments, cwd=tmp_path), 2)
    assert said in line
    assert "--help" in line


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize("debug", [False, True])
def test_unexpected_failure_is_one_line_and_shows_its_traceback_only_on_demand(
    debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user sees what failed and what to do; a developer asks for more."""

    def broken(*_: object) -> None:
        raise LookupError("something\nwrong")

    monkeypatch.setattr("ocpp_sdk.cli.call._find_operation", broken)
    arguments = ["--debug"] if debug else []
    assert main([*arguments, "call", "http://h/x", "Heartbeat", "--identity", "CP1"]) == 70
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("ocpp-sdk: unexpected LookupError: something wrong")
    assert ("--debug" in lines[-1]) is not debug
    assert ("Traceback (most recent call last):" in lines) is debug
    assert (len(lines) == 1) is not debug


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError])
def test_interruption_is_quiet(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C and a reader that went away are no failures worth a line."""

    def interrupted(*_: object) -> None:
        raise error

    monkeypatch.setattr("ocpp_sdk.cli.call._find_operation", interrupted)
    monkeypatch.setattr("ocpp_sdk.cli.silence_stdout", lambda: None)
    code = main(["call", "http://h/x", "Heartbeat", "--identity", "CP1"])
    assert code == (130 if error is KeyboardInterrupt else 141)
    assert capfd.readouterr() == ("", "")


def test_reader_that_is_gone_leaves_no_message(tmp_path: Path) -> None:
    """`ocpp-sdk --help | head -1` ends without a word, also when the interpreter flushes at its end."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [*COMMAND, "--help"], cwd=tmp_path, env=environment(), stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, "")


def test_text_of_a_peer_cannot_command_the_terminal() -> None:
    """Escape sequences and line ends are shown, not obeyed."""
    assert one_line("a\x1b[31m\x9b2J\nb\u2028c é") == "a\\x1b[31m\\x9b2J b c é"
