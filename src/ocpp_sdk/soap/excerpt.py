"""What a peer wrote, fit for one line of a log or of an error."""

from __future__ import annotations

__all__ = ["excerpt"]


def excerpt(text: str, length: int = 80) -> str:
    """Return the beginning of a text, on one line and without control characters.

    Args:
        text: anything that a peer sent.
        length: characters at most.
    """
    cut = text if len(text) <= length else text[: length - 1] + "…"
    return cut if cut.isprintable() else "".join(each if each.isprintable() else " " for each in cut)
