"""The rows of a run: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from benchmarks.measuring import Series, ratio

PACKAGES = (
    "ocpp-sdk",
    "lxml",
    "xsdata",
    "zeep",
    "spyne",
    "httpx",
    "aiohttp",
    "starlette",
    "uvicorn",
    "uvloop",
    "sqlalchemy",
    "aiosqlite",
    "asyncpg",
    "pymodbus",
)
SCALES = {"µs": 1e6, "ms": 1e3, "s": 1.0, "/s": 1.0, "MB": 1e-6}


@dataclass(frozen=True)
class Row:
    """One ratio.

    Attributes:
        section: `codec`, `server`, `client` or `import`.
        what: what this SDK did, such as `decode boot`.
        against: what it is held against.
        ours: median of this SDK, in `unit`.
        theirs: median of the other, in `unit`.
        unit: of both.
        value: the ratio, or the difference in seconds.
        low: lower quartile of `value` over the rounds.
        high: upper quartile of it.
        target: the bound, None for a row that informs only.
        bound: on which side of the target `value` must be; `more` is at least but never equal.
    """

    section: str
    what: str
    against: str
    ours: float
    theirs: float
    unit: str
    value: float
    low: float
    high: float
    target: float | None
    bound: Literal["min", "max", "more"]

    @property
    def ok(self) -> bool:
        if self.target is None:
            return True
        if self.bound == "max":
            return self.value <= self.target
        return self.value > self.target if self.bound == "more" else self.value >= self.target


def faster(section: str, what: str, against: str, ours: Series, theirs: Series, unit: str, target: float | None) -> Row:
    """Make the row of how many times faster this SDK is; a target of 1 means faster at all."""
    rates = unit == "/s"
    value, low, high = ratio(ours, theirs) if rates else ratio(theirs, ours)
    scale = SCALES[unit]
    bound: Literal["min", "more"] = "more" if target == 1 else "min"
    return Row(
        section, what, against, ours.median * scale, theirs.median * scale, unit, value, low, high, target, bound
    )


def costs(section: str, what: str, against: str, ours: Series, theirs: Series, unit: str, target: float) -> Row:
    """Make the row of how many times the other's time this SDK may take."""
    value, low, high = ratio(ours, theirs)
    scale = SCALES[unit]
    return Row(
        section, what, against, ours.median * scale, theirs.median * scale, unit, value, low, high, target, "max"
    )


def difference(section: str, what: str, against: str, ours: Series, theirs: Series, target: float | None) -> Row:
    """Make the row of how many seconds more than the other this SDK takes."""
    rounds = [above - below for above, below in zip(ours.values, theirs.values, strict=True)]
    low, _, high = statistics.quantiles(rounds, n=4, method="inclusive")
    more = ours.median - theirs.median
    return Row(section, what, against, ours.median, theirs.median, "s", more, low, high, target, "max")


def print_rows(rows: list[Row]) -> None:
    """Print a table of one section."""
    if not rows:
        return
    print(f"\n{'what':32} {'against':32} {'ours':>11} {'theirs':>11}     {'value':>7} {'quartiles':>15}  target")
    for row in rows:
        ours, theirs = (_number(value, row.unit) for value in (row.ours, row.theirs))
        quartiles = f"{row.low:.2f}-{row.high:.2f}"
        print(
            f"{row.what:32} {row.against:32} {ours:>11} {theirs:>11} {row.unit:3} "
            f"{row.value:>7.2f} {quartiles:>15}  {_verdict(row)}",
            flush=True,
        )


def markdown(rows: list[Row]) -> str:
    """Return the table of docs/benchmarks.md."""
    lines = ["| what | against | ours | theirs | value | quartiles | target | |", "|---|---|--:|--:|--:|--:|--:|---|"]
    for row in rows:
        ours, theirs = (_number(value, row.unit) for value in (row.ours, row.theirs))
        sign, _, verdict = _verdict(row).rpartition(" ")
        lines.append(
            f"| {row.what} | {row.against} | {ours} {row.unit} | {theirs} {row.unit} | {row.value:.2f} "
            f"| {row.low:.2f} to {row.high:.2f} | {sign.strip()} | {verdict} |"
        )
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    digits = 3 if unit == "s" else 1 if unit in {"µs", "ms"} else 2 if unit == "MB" else 0
    return f"{value:,.{digits}f}"


def _verdict(row: Row) -> str:
    if row.target is None:
        return ""
    sign = {"min": ">=", "max": "<=", "more": "> "}[row.bound]
    return f"{sign} {row.target:<5g} {'ok' if row.ok else 'MISS'}"


def machine() -> dict[str, object]:
    """Return what a reader of the numbers must know about where they were taken."""
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def write_json(path: Path, rows: list[Row], notes: list[str]) -> None:
    """Write all rows of a run."""
    document = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "notes": notes,
        "rows": [{**asdict(row), "ok": row.ok} for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
