"""What generated readers stand on: text that was cut at each `<`.

A message that is exactly as its schema says needs no tree: cut at each `<`, it is a list of pieces such as `idTag>ABC`
and `/idTag>`, and a generated reader compares each with the one that the schema puts there. What was compared from
end to end is well-formed, and means what the reader takes it for:

- `ocpp_sdk.soap.scanning` lets only such text through in which every `>` ends a tag, with no comment, no section
  and no reference left, in characters that XML allows;
- a start tag either equals the expected one to the letter, or it is taken apart here by the rules of XML;
- every end tag equals the expected one, and each is there.

Any surprise raises one of `ocpp_sdk.codec.exact.EXACT_ERRORS`, and the message is then parsed and read with care.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Generic, TypeAlias, TypeVar

from ocpp_sdk.codec.exact import NotExact

__all__ = ["Attributes", "Scan", "StartTags", "split_start_tag"]

T = TypeVar("T")
V = TypeVar("V")

Scan: TypeAlias = Callable[[list[str], int], tuple[T, int]]
"""Reads the content of a payload from the pieces, from a position on; returns it and the position of the end tag."""

Attributes: TypeAlias = list[tuple[str, str]]
"""Attributes of an element, namespace declarations included, in the order of the text."""

_NAME: Final = r"[A-Za-z_][A-Za-z0-9._-]*(?::[A-Za-z_][A-Za-z0-9._-]*)?"
_ATTRIBUTE: Final = rf"""\s+({_NAME})\s*=\s*(?:"([^"&<>\r\n\t]*)"|'([^'&<>\r\n\t]*)')"""
_START_TAG: Final = re.compile(rf"({_NAME})((?:{_ATTRIBUTE})*)\s*", re.ASCII).fullmatch
_EACH: Final = re.compile(_ATTRIBUTE, re.ASCII).findall
_LONGEST: Final = 1024
_MOST: Final = 256


def split_start_tag(tag: str) -> tuple[str, Attributes]:
    """Take a start tag apart, without its `<` and `>`.

    Raises:
        NotExact: not one by the rules of XML, or one that is rarely seen.
    """
    if len(tag) > _LONGEST:
        raise NotExact
    found = _START_TAG(tag)
    if found is None:
        raise NotExact
    attributes = [(name, double or single) for name, double, single in _EACH(found[2])]
    if len({name for name, _ in attributes}) != len(attributes):
        raise NotExact
    return found[1], attributes


class StartTags(dict[str, V | None], Generic[V]):
    """Start tags of one element, by their text, each with what was read from its attributes.

    Messages repeat their start tags, so each is taken apart once. Tags of other elements are known too, with None.
    """

    def __init__(self, name: str, read: Callable[[Attributes], V]) -> None:
        super().__init__()
        self._name = name
        self._read = read

    def __missing__(self, tag: str) -> V | None:
        """Take a start tag apart and keep it; what a peer makes us keep is bounded in length and number.

        Raises:
            NotExact: too long, an attribute that the element does not have, or a value that is not one of its type.
        """
        if len(tag) > _LONGEST:
            raise NotExact
        value: V | None = None
        if tag == self._name or tag.startswith(f"{self._name} "):
            _, attributes = split_start_tag(tag)
            value = self._read(attributes)
        if len(self) >= _MOST:
            self.clear()
        self[tag] = value
        return value
