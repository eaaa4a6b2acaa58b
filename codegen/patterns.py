"""Regular expressions: from the dialect of XML Schema to that of Python.

Where both differ, the translation matches less, never more, so that nothing is written which the schema forbids.
"""

from __future__ import annotations

import re
from typing import Final

from ocpp_sdk.codec.patterns import NAME_CHARACTERS, NAME_STARTS

__all__ = ["UntranslatableError", "all_of", "any_of", "translate"]

_SPACES: Final = r" \t\n\r"
_CLASSES: Final = {
    "i": NAME_STARTS + ":",
    "c": NAME_CHARACTERS + ":",
    "d": "0-9",
    "w": NAME_STARTS.replace("_", "") + "0-9",
    "s": _SPACES,
}
_COMPLEMENTS: Final = {"d": r"\d", "s": _SPACES}
"""What a complement leaves out: all that any edition of Unicode calls a digit, so that it matches less, too."""
_SINGLE: Final = frozenset("nrt\\|.?*+(){}-[]^")


class UntranslatableError(ValueError):
    """A construct of XML Schema's dialect that Python's has no word for."""


def any_of(patterns: list[str]) -> str:
    """Join alternatives of one restriction."""
    return patterns[0] if len(patterns) == 1 else "|".join(f"(?:{pattern})" for pattern in patterns)


def all_of(patterns: list[str]) -> str:
    """Join the patterns of a chain of restrictions, all of which must match the whole text."""
    *ahead, last = patterns
    return "".join(rf"(?=(?:{pattern})\Z)" for pattern in ahead) + (f"(?:{last})" if ahead and "|" in last else last)


def translate(pattern: str) -> str:
    """Translate one pattern; it is meant for `re.fullmatch`.

    Args:
        pattern: as in the facet xsd:pattern.

    Raises:
        UntranslatableError: it uses Unicode categories or the subtraction of character classes, or it is none.
    """
    pieces: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "[":
            end = _class_end(pattern, position)
            pieces.append(_bracketed(pattern[position + 1 : end]))
            position = end + 1
            continue
        step = 2 if character == "\\" else 1
        pieces.append(_outside(pattern[position : position + step]))
        position += step
    result = "".join(pieces)
    try:
        re.compile(result)
    except re.error as error:
        raise UntranslatableError(str(error)) from error
    return result


def _outside(piece: str) -> str:
    if piece in {"^", "$"}:
        return f"\\{piece}"
    if piece == ".":
        return r"[^\n\r]"
    if piece[0] != "\\" or piece[1:] in _SINGLE:
        return piece
    letter = piece[1:]
    if letter in _CLASSES:
        return f"[{_CLASSES[letter]}]"
    if letter.lower() in _COMPLEMENTS:
        return f"[^{_COMPLEMENTS[letter.lower()]}]"
    raise UntranslatableError(f"the escape {piece}")


def _class_end(pattern: str, start: int) -> int:
    position = start + 1
    while position < len(pattern):
        if pattern[position] == "[":
            raise UntranslatableError("subtraction of character classes")
        if pattern[position] == "]":
            return position
        position += 2 if pattern[position] == "\\" else 1
    raise UntranslatableError("a character class without an end")


def _bracketed(content: str) -> str:
    """Translate what stands between brackets."""
    negated = content.startswith("^")
    known = _COMPLEMENTS if negated else _CLASSES
    pieces: list[str] = []
    for piece in re.findall(r"\\.?|[^\\]", content.removeprefix("^"), re.DOTALL):
        if piece[0] != "\\" or piece[1:] in _SINGLE:
            pieces.append(piece)
        elif piece[1:] in known:
            pieces.append(known[piece[1:]])
        else:
            raise UntranslatableError(f"the escape {piece} in a character class")
    return f"[{'^' if negated else ''}{''.join(pieces)}]"
