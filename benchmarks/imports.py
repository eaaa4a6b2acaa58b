"""What an import costs, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import Pace, Series, rotated
from benchmarks.report import Row, difference

TARGET_S = 0.25
STATEMENTS = {
    "base": "import lxml.etree, httpx",
    "v15": "from ocpp_sdk import v15",
    "client": "from ocpp_sdk import v15; from ocpp_sdk.client import SoapClient",
}
PROGRAM = "from time import perf_counter\nstart = perf_counter()\n{}\nprint(perf_counter() - start)"


def seconds(statement: str) -> float:
    """Return how long a fresh process takes for an import."""
    command = [sys.executable, "-c", PROGRAM.format(statement)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    return float(done.stdout)


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure the imports in turns; the first of each, which compiles, does not count."""
    found: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for statement in STATEMENTS.values():
        seconds(statement)
    for turn in range(pace.starts):
        for name in rotated(list(STATEMENTS), turn):
            found[name].append(seconds(STATEMENTS[name]))
    series = {name: Series(tuple(values)) for name, values in found.items()}
    notes.append("import: fresh processes, time of the import statement alone, bytecode cached")
    return [
        difference("import", "v15", "lxml and httpx", series["v15"], series["base"], TARGET_S),
        difference("import", "v15 and SoapClient", "lxml and httpx", series["client"], series["base"], None),
    ]
