"""Regular expressions: from the dialect of XML Schema to that of Python."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["UntranslatableError", "all_of", "any_of", "translate"]

_ESCAPES: Final = {
    "i": r"A-Za-z_:\u00c0-\u00d6\u00d8-\u00f6\u00f8-\U000effff",
    "c": r"\-.0-9A-Za-z_:\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\U000effff",
    "d": r"\d",
    "w": r"\w",
    "s": r" \t\n\r",
}
_SINGLE: Final = frozenset("nrt\\|.?*+(){}-[]^")
_PLAIN: Final = frozenset("^$")


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
    position, inside = 0, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            pieces.append(_escape(pattern[position : position + 2], inside=inside))
            position += 2
            continue
        if inside and character == "[":
            raise UntranslatableError("subtraction of character classes")
        if character == "[":
            inside = True
        elif character == "]":
            inside = False
        pieces.append(_character(character, inside=inside))
        position += 1
    result = "".join(pieces)
    try:
        re.compile(result)
    except re.error as error:
        raise UntranslatableError(str(error)) from error
    return result


def _escape(escape: str, *, inside: bool) -> str:
    letter = escape[1:]
    if letter in _SINGLE:
        return escape
    content = _ESCAPES.get(letter.lower())
    if content is None:
        raise UntranslatableError(f"the escape {escape}")
    if letter.islower():
        return content if inside or content in {r"\d", r"\w"} else f"[{content}]"
    if content in {r"\d", r"\w"}:
        return content.upper()
    if inside:
        raise UntranslatableError(f"the escape {escape} inside of a character class")
    return f"[^{content}]"


def _character(character: str, *, inside: bool) -> str:
    if character in _PLAIN and not inside:
        return f"\\{character}"
    if character == "." and not inside:
        return r"[^\n\r]"
    return character
