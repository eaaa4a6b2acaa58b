"""What is known of a PLC, and how one process tells another. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime

from ocpp_sdk.modbus.registers import Value

__all__ = ["PlcState", "age_s", "beat_in", "published_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcState:
    """What is known of a PLC.

    Attributes:
        reached: whether it can be read.
        running: whether it says that it runs.
        starts: how often it has begun to run.
        reason: why it cannot be reached, in one line.
        software_version: empty if it tells none.
        model: of the charge point, likewise.
    """

    reached: bool = False
    running: bool = False
    starts: int = 0
    reason: str = ""
    software_version: str = ""
    model: str = ""


def published_in(text: str) -> tuple[PlcState, dict[str, Value]]:
    """Read what was published; what cannot be read is nothing."""
    try:
        found = json.loads(text)
        names = {one.name for one in fields(PlcState)}
        state = PlcState(**{name: value for name, value in found["state"].items() if name in names})
        return state, dict(found["meters"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return PlcState(), {}


def beat_in(text: str) -> str:
    """Return the sign of life in what was published, empty if there is none."""
    try:
        return str(json.loads(text)["beat"])
    except (ValueError, LookupError, TypeError):
        return ""


def age_s(text: str, now: datetime) -> float:
    """Tell how old what was published is; for ever old if it does not say."""
    try:
        return abs((now - datetime.fromisoformat(json.loads(text)["at"])).total_seconds())
    except (ValueError, LookupError, TypeError):
        return float("inf")
