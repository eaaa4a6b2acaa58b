"""One configuration key: its type and range, and the check of a value."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["MOST_CHARACTERS", "Key", "Kind", "checked"]

MOST_CHARACTERS: Final = 500
"""The longest value (CiString500 of 1.6); no version needs a longer one."""

_NO_LIMIT: Final = 2**31 - 1


class Kind(Enum):
    """Type of a value; `MEASURANDS` is a list of what the meter gives."""

    INTEGER = auto()
    BOOLEAN = auto()
    LIST = auto()
    MEASURANDS = auto()
    TEXT = auto()


@dataclass(slots=True)
class Key:
    """One key.

    Attributes:
        name: as the specification or the vendor spells it, at most 50 characters.
        kind: type of the value.
        value: as text, at most 500 characters.
        readonly: whether ChangeConfiguration is refused.
        unit: of a number, for people.
        least: the least number.
        most: the greatest number.
        most_words: how many words a list may hold; None for any number.
        choices: the words that a list may hold; None for any.
        after_reboot: whether a change waits for the next start (RebootRequired in 1.6).
    """

    name: str
    kind: Kind
    value: str
    _: KW_ONLY
    readonly: bool = False
    unit: str | None = None
    least: int = 0
    most: int = _NO_LIMIT
    most_words: int | None = None
    choices: Collection[str] | None = None
    after_reboot: bool = False


def checked(key: Key, value: str, *, choices: Collection[str] | None, ignore_case: bool) -> str:
    """Return a value as it is kept: without blanks, words once each and spelled as the specification does.

    Args:
        key: whose value it is.
        value: as it came.
        choices: the words that a list may hold; None for any.
        ignore_case: whether words are compared without case (1.6: CiString).

    Raises:
        ValueError: the key cannot take it; the text says why in a few words.
    """
    text = value.strip()
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters, {MOST_CHARACTERS} at most")
    match key.kind:
        case Kind.INTEGER:
            return _integer(key, text)
        case Kind.BOOLEAN:
            if text.lower() not in {"true", "false"}:
                raise ValueError("must be true or false")
            return text.lower()
        case Kind.LIST | Kind.MEASURANDS:
            words = list(dict.fromkeys(_words(text, choices, ignore_case=ignore_case)))
            if key.most_words is not None and len(words) > key.most_words:
                raise ValueError(f"{len(words)} words, {key.most_words} at most")
            return ",".join(words)
        case Kind.TEXT:
            return text


def _integer(key: Key, text: str) -> str:
    # No more digits than the greatest number has: a peer must not make the conversion itself slow.
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if not key.least <= number <= min(key.most, _NO_LIMIT):
        raise ValueError(f"must be a whole number from {key.least} to {min(key.most, _NO_LIMIT)}")
    return str(number)


def _words(text: str, choices: Collection[str] | None, *, ignore_case: bool) -> Iterator[str]:
    spelled = {choice.lower() if ignore_case else choice: choice for choice in choices or ()}
    for word in filter(None, map(str.strip, text.split(","))):
        known = word if choices is None else spelled.get(word.lower() if ignore_case else word)
        if known is None:
            raise ValueError(f"{word!r} is not supported")
        yield known
