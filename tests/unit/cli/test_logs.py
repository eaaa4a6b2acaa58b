"""Where logs go, and what an exception looks like in them."""

import json
import logging
from collections.abc import Callable

import pytest
import structlog

from ocpp_sdk.cli.logs import LogLevel, set_up_logs

pytestmark = pytest.mark.usefixtures("own_logs")


def fail() -> None:
    """Fail with a text of two lines."""
    raise LookupError("two\nlines")


def log_a_failure() -> None:
    """Log an exception as the server does."""
    try:
        fail()
    except LookupError as error:
        structlog.get_logger("ocpp_sdk.server").error("handler failed", exc_info=error, operation="Heartbeat")


def log_a_failure_of_a_library() -> None:
    """Log an exception as asyncio does."""
    try:
        fail()
    except LookupError:
        logging.getLogger("asyncio").exception("handler %s", "failed")


@pytest.mark.parametrize("log", [log_a_failure, log_a_failure_of_a_library])
def test_exception_in_a_log_is_one_line(log: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with type and text; stdout is for data."""
    set_up_logs(LogLevel.WARNING, as_json=False, tracebacks=False)
    log()
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert "handler failed" in line
    assert "LookupError: two lines" in line


@pytest.mark.parametrize("log", [log_a_failure, log_a_failure_of_a_library])
def test_exception_in_a_log_shows_its_traceback_on_demand(
    log: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """For those who work on the code."""
    set_up_logs(LogLevel.WARNING, as_json=False, tracebacks=True)
    log()
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_logs_as_json_are_objects_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    """With time, level, event and what belongs to it."""
    set_up_logs(LogLevel.WARNING, as_json=True, tracebacks=False)
    log_a_failure()
    structlog.get_logger().info("not important")
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "handler failed",
        "level": "error",
        "operation": "Heartbeat",
        "error": "LookupError: two lines",
    }
