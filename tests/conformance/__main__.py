"""Writes files of the conformance tests, for people to look through before they are kept.

python -m tests.conformance record   expectations of all vectors that have none, with an empty `about`
python -m tests.conformance exact    the exact messages anew
"""

import json
import shutil
import sys

from tests.conformance.corpus import asked_for, field_cases, field_folders, is_reply, own_cases
from tests.conformance.outcome import outcome_of
from tests.conformance.samples import EXACT, samples


def record() -> None:
    """Write an expectation for each message that has none."""
    for case in [*own_cases(), *(case for folder in field_folders() for case in field_cases(folder))]:
        if case.expected() is None:
            outcome = {"about": "", **outcome_of(case.data, asked_for(case) if is_reply(case) else None)}
            case.expectation.parent.mkdir(parents=True, exist_ok=True)
            case.expectation.write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n", "utf-8")
            print(case.expectation)


def exact() -> None:
    """Write every exact message and its JSON."""
    shutil.rmtree(EXACT, ignore_errors=True)
    for sample in samples():
        sample.path.parent.mkdir(parents=True, exist_ok=True)
        sample.path.write_bytes(sample.envelope())
        sample.path.with_suffix(".json").write_text(sample.json(), "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record"]:
            record()
        case ["exact"]:
            exact()
        case _:
            sys.exit(__doc__)
