"""Measures this SDK side by side with other software: `python -m benchmarks [SECTION …]`.

All contenders of a row are measured in the same run, in turns; the table gives the ratio of the medians, its quartiles
over the rounds, and the target. How to read it is told in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from benchmarks.measuring import FULL, GC_STATE, QUICK
from benchmarks.report import Row, machine, markdown, print_rows, write_json

SECTIONS = {
    "codec": "codec",
    "server": "server",
    "client": "client",
    "import": "imports",
    "storage": "storage",
    "modbus": "modbus",
    "charge-point": "charge_point",
    "queue": "queue",
}
RESULTS = Path(__file__).parent / ".cache" / "results.json"


def main() -> int:
    """Measure, print, write; return 1 with --check if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="benchmarks", description="Measure this SDK side by side with other software."
    )
    parser.add_argument("sections", nargs="*", metavar="section", help=f"{', '.join(SECTIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH", help="where the numbers are written")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write the table for the documentation as well")
    options = parser.parse_args()
    unknown = sorted(set(options.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    pace = QUICK if options.quick else FULL
    facts = machine()
    print(f"Python {facts['python']}, {facts['cores']} cores, load {facts['load']}; {GC_STATE}", flush=True)
    rows: list[Row] = []
    notes = [GC_STATE]
    for name in options.sections or SECTIONS:
        began, told = time.monotonic(), len(notes)
        found = importlib.import_module(f"benchmarks.{SECTIONS[name]}").run(pace, notes)
        print_rows(found)
        for note in notes[told:]:
            print(f"  {note}")
        print(f"  {name}: {time.monotonic() - began:.0f} s", flush=True)
        rows += found
    missed = [row for row in rows if not row.ok]
    write_json(options.json, rows, notes)
    if options.markdown is not None:
        options.markdown.write_text(markdown(rows) + "\n", encoding="utf-8")
    print(f"\n{len(rows) - len(missed)} of {len(rows)} rows ok; numbers in {options.json}")
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
