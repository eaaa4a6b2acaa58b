"""How a command ends: one line and an exit code, whatever happened."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from typing import Final

__all__ = [
    "EXIT_FAULT",
    "EXIT_NO_REPLY",
    "EXIT_USAGE",
    "Shared",
    "UsageError",
    "exit_code_of",
    "one_line",
    "say",
    "silence_stdout",
    "usage_line",
]

EXIT_FAILURE: Final = 1
EXIT_USAGE: Final = 2
EXIT_FAULT: Final = 3
EXIT_NO_REPLY: Final = 4
EXIT_BUG: Final = 70


@dataclass(slots=True)
class Shared:
    """What the options before the command say.

    Attributes:
        debug: whether failures show their traceback.
    """

    debug: bool = False


class UsageError(Exception):
    """The command line asks for something that cannot be done; the text is one line."""


def say(text: str) -> None:
    """Print one line about the command itself on stderr."""
    print(f"ocpp-sdk: {one_line(text)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return text on one line, with what a terminal could take for a command escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in " ".join(text.split())
    )


def usage_line(error: Exception) -> str | None:
    """Return what is wrong with the command line, None if the error is about something else."""
    if isinstance(error, UsageError):
        return str(error)
    # typer's own errors have this method, in every version of it and of the click it stands on.
    format_message = getattr(error, "format_message", None)
    return None if format_message is None else f"{format_message().rstrip('.')}; see --help"


def exit_code_of(error: Exception, *, debug: bool) -> int:
    """Say in one line what went wrong, and return the exit code for it."""
    # A command that fails has imported its errors already; one that is only asked for help shall not.
    from ocpp_sdk.errors import CallError, FaultError, MessageError, OcppError, WireError

    if debug:
        traceback.print_exception(error)
    while isinstance(error, ExceptionGroup):
        # Several tasks failed together; the first is what the others suffer from.
        error = error.exceptions[0]
    if isinstance(error, OcppError):
        say(str(error))
        if isinstance(error, FaultError):
            return EXIT_FAULT
        return EXIT_NO_REPLY if isinstance(error, CallError | MessageError | WireError) else EXIT_FAILURE
    hint = "" if debug else "; run it with --debug before the command and report what it shows"
    say(f"unexpected {type(error).__name__}: {error}{hint}")
    return EXIT_BUG


def silence_stdout() -> None:
    """Let nobody fail any more who prints to a reader that is gone, the interpreter at its end included."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
