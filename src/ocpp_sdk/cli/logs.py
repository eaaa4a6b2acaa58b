"""Where logs go: to stderr, for people or as JSON lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any

__all__ = ["LogLevel", "set_up_logs"]


class LogLevel(StrEnum):
    """Levels of logs."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def set_up_logs(level: LogLevel, *, as_json: bool, tracebacks: bool) -> None:
    """Send what the SDK and the libraries below log to stderr.

    Args:
        level: what is less is dropped.
        as_json: whether each line is a JSON object.
        tracebacks: whether exceptions are shown with theirs; else in one line.
    """
    import structlog

    number = logging.getLevelNamesMapping()[level.name]
    renderer: structlog.typing.Processor
    if as_json:
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, sort_keys=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if tracebacks else [_name_exception]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Forwarder()], force=True)


class _Forwarder(logging.Handler):
    """Gives what libraries log in the standard way to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        import structlog

        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
        )


def _name_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the exception of a log line into one field, since a traceback helps only who works on the code."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["error"] = f"{type(found).__name__}: {' '.join(str(found).split())}"
    return event
