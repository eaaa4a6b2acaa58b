"""The chaos run: sessions among kills, cuts and faults, after which both sides must agree one for one.

python -m tests.chaos --sessions 1000
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run


def main() -> int:
    """Run it; returns how the process ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000, help="vehicles that charge, at least")
    parser.add_argument("--seed", type=int, default=None, help="of all chances; printed if it is left out")
    parser.add_argument("--charge-points", type=int, default=6, help="with two connectors each")
    parser.add_argument("--seconds-limit", type=float, default=2400, help="until all sessions must be over")
    parser.add_argument("--keep", type=Path, default=None, help="folder for storages and logs, which is kept")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    folder = options.keep or Path(tempfile.mkdtemp(prefix="ocpp-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"seed {seed}, {options.sessions} sessions at {options.charge_points} charge points, in {folder}")
    outcome = asyncio.run(
        run(
            folder,
            sessions=options.sessions,
            seed=seed,
            charge_points=options.charge_points,
            seconds_limit=options.seconds_limit,
            say=say,
        )
    )
    for line in (*outcome.summary, *outcome.mistakes):
        say(line)
    if outcome.mistakes:
        say(f"{len(outcome.mistakes)} mistakes with seed {seed}; storages and logs are in {folder}")
        return 1
    say("both sides agree")
    if options.keep is None:
        shutil.rmtree(folder)
    return 0


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
