"""The command `ocpp-sdk`: what all commands share, and how each ends.

One module a command, which holds a function `command`; it imports what it needs when it runs, so that `--help` is fast.
Data goes to stdout, everything else to stderr. Failures are one line there and an exit code, see docs/cli.md.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Final

import typer

from ocpp_sdk.cli import modbus, queue, storage
from ocpp_sdk.cli.ending import EXIT_USAGE, Shared, UsageError, exit_code_of, say, silence_stdout, usage_line
from ocpp_sdk.cli.logs import LogLevel, set_up_logs

__all__ = ["app", "main"]

_PROGRAM: Final = "ocpp-sdk"
_COMMANDS: Final = ("central_system", "charge_point", "call", "demo", "plc_simulator")

app = typer.Typer(
    name=_PROGRAM,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def shared(
    context: typer.Context,
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
    log_level: Annotated[LogLevel, typer.Option(envvar="OCPP_LOG_LEVEL", help="Least level of logs.")] = (
        LogLevel.WARNING
    ),
    log_json: Annotated[bool, typer.Option("--log-json", envvar="OCPP_LOG_JSON", help="Logs as JSON lines.")] = False,
    debug: Annotated[bool, typer.Option("--debug", envvar="OCPP_DEBUG", help="Show tracebacks of failures.")] = False,
) -> None:
    """OCPP 1.2, 1.5 and 1.6 over SOAP: run either side, or send one request."""
    if show_version:
        from ocpp_sdk import __version__

        print(f"{_PROGRAM} {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise UsageError("no command is given; see --help")
    if isinstance(context.obj, Shared):
        context.obj.debug = debug
    set_up_logs(log_level, as_json=log_json, tracebacks=debug)


for _name in _COMMANDS:
    app.command(_name.replace("_", "-"))(import_module(f"{__name__}.{_name}").command)
app.add_typer(storage.app, name="storage")
app.add_typer(modbus.app, name="modbus")
app.add_typer(queue.app, name="queue")


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the name of the program; those of the process if None.

    Returns:
        The exit code.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    shared_state = Shared()
    for stream in (sys.stdout, sys.stderr):
        # What peers send is printed too, and may hold what the terminal's encoding does not have.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        result = typer.main.get_command(app).main(
            arguments, prog_name=_PROGRAM, standalone_mode=False, obj=shared_state
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # typer makes a SystemExit of a broken pipe, and of nothing else when it is asked to give errors back.
        silence_stdout()
        return 141
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        line = usage_line(error)
        if line is not None:
            say(line)
            return EXIT_USAGE
        return exit_code_of(error, debug=shared_state.debug)
    return result if isinstance(result, int) else 0
