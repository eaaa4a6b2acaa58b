"""How often a call was refused, kept in the text of its last error.

A storage counts how often a call was claimed, which also happens when there is no connection, and when a charge point
was switched off while it sent. The refusals alone decide when a call is given up, they must outlast a restart, and
people who look at the queue want to know them.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["one_line", "refusals_of", "worded"]

_LONGEST: Final = 1000
_REFUSED: Final = re.compile(r"refused (\d{1,9}) times?: ")


def refusals_of(error: str | None) -> int:
    """Return how often a waiting call was refused.

    Args:
        error: as `QueuedCall.error`, made by `worded`.
    """
    found = None if error is None else _REFUSED.match(error)
    return 0 if found is None else int(found[1])


def worded(refusals: int, text: str) -> str:
    """Return the error of a call that waits again.

    Args:
        refusals: how often it was refused by now.
        text: what was wrong the last time, in whatever form.
    """
    line = one_line(text)
    # What a peer has said must not count as a refusal.
    while (found := _REFUSED.match(line)) is not None:
        line = line[found.end() :]
    if refusals == 0:
        return line
    return f"refused {refusals} {'time' if refusals == 1 else 'times'}: {line}"


def one_line(text: str) -> str:
    """Return a text, which may hold what a peer has said, as a line that every storage takes."""
    shown = "".join(one if one.isprintable() else " " for one in text[: 4 * _LONGEST])
    return " ".join(shown.split())[:_LONGEST]
