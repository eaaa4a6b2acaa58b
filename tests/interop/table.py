"""The table of all messages: one full and one minimal sample of each request and reply, built from the fact sheets.

A sample is a tree that neither this SDK nor any peer knows: dictionaries by wire name in schema order, lists for
repeated fields, `@name` for attributes and `@text` for the text beside them, Python values at the leaves. Each peer
has a module that turns trees into its own form and back, so what came over the wire is compared field by field.
No two leaves of a message have the same value if their type allows that, so that fields which change places are seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeAlias

from tests.wsdl.comparing import SERVICES, VERSIONS, sheet_facts

Tree: TypeAlias = "str | int | bool | Decimal | datetime | list[Tree] | dict[str, Tree]"
Node: TypeAlias = dict[str, "Tree"]

TEXT = "@text"
"""Key of the text of an element that also has attributes."""

FIXED_TEXT = "<&>\"'ü漢🔌]]>"
"""What XML writes as references, beyond ASCII and beyond 16 bits, and what must not stand in text as it is."""
LONG_TEXT = "  two  blanks;\n&amp; a\tsecond line é end"
OFFSETS = (timezone(timedelta(hours=5, minutes=30)), UTC, timezone(-timedelta(hours=8)))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A simple type of a fact sheet.

    Attributes:
        base: such as `xsd:int`.
        enum: the allowed values, empty if all are.
        max_length: of text, None for no bound.
    """

    base: str
    enum: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A field or an attribute of a complex type; `key` is what it has in a tree."""

    key: str
    kind: "Leaf | Shape"
    required: bool
    many: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A complex type of a fact sheet."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One operation of one service, as its fact sheet has it."""

    version: str
    service: str
    namespace: str
    name: str
    request_element: str
    reply_element: str
    request: Shape
    reply: Shape
    reply_action: str | None

    def __str__(self) -> str:
        return f"{self.version}-{self.service}-{self.name}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A request and the reply to it."""

    exchange: Exchange
    size: str
    request: Node
    reply: Node

    def __str__(self) -> str:
        return f"{self.exchange}-{self.size}"


def load_exchanges() -> list[Exchange]:
    """Every operation of both services of all versions."""
    return [exchange for version in VERSIONS for service in SERVICES for exchange in _of_service(version, service)]


def _of_service(version: str, service: str) -> Iterator[Exchange]:
    facts: dict[str, Any] = sheet_facts(version, service)

    def message(element: str) -> Shape:
        shape = _kind(facts["elements"][element]["type"], facts["types"])
        assert isinstance(shape, Shape)
        return shape

    for operation in facts["operations"]:
        yield Exchange(
            version=version,
            service=service,
            namespace=facts["targetNamespace"],
            name=operation["name"],
            request_element=operation["requestElement"],
            reply_element=operation["responseElement"],
            request=message(operation["requestElement"]),
            reply=message(operation["responseElement"]),
            reply_action=operation["outputAction"],
        )


def _kind(name: str, types: dict[str, Any]) -> Leaf | Shape:
    if name.startswith("xsd:"):
        return Leaf(name)
    return _declared(name, types[name], types)


def _declared(name: str, facts: dict[str, Any], types: dict[str, Any]) -> Leaf | Shape:
    if facts["kind"] == "simple":
        length = facts.get("maxLength")
        return Leaf(facts["base"], tuple(facts.get("enum", ())), int(length) if length else None)
    parts = [_part(field, types) for field in facts["fields"]]
    if facts.get("content") == "simpleContent":
        parts.append(Part(TEXT, _kind(facts["base"], types), True))
    for attribute in facts["attributes"]:
        required = attribute["use"] == "required"
        parts.append(Part(f"@{attribute['name']}", _kind(attribute["type"], types), required))
    return Shape(name, tuple(parts))


def _part(field: dict[str, Any], types: dict[str, Any]) -> Part:
    name = field["name"]
    kind = _declared(name, field["inline"], types) if "inline" in field else _kind(field["type"], types)
    return Part(name, kind, field["min"] > 0, field["max"] == "unbounded")


def sample(exchange: Exchange, size: str) -> Sample:
    """A request and a reply, `full` with every field or `minimal` with the required ones."""
    full = size == "full"
    request = _Sampler(len(exchange.request_element)).node(exchange.request, full)
    return Sample(exchange, size, request, _Sampler(len(exchange.reply_element) + 7).node(exchange.reply, full))


class _Sampler:
    """Counts the leaves, so that each gets a value of its own."""

    def __init__(self, start: int) -> None:
        self._count = start

    def node(self, shape: Shape, full: bool) -> Node:
        return {part.key: self._part(part, full) for part in shape.parts if full or part.required}

    def _part(self, part: Part, full: bool) -> Tree:
        if not part.many:
            return self._value(part.kind, full)
        # A full list holds full entries around one that has the required fields only.
        return [self._value(part.kind, entry) for entry in ([True, False, True] if full else [False])]

    def _value(self, kind: Leaf | Shape, full: bool) -> Tree:
        return self.node(kind, full) if isinstance(kind, Shape) else self._leaf(kind, full)

    def _leaf(self, leaf: Leaf, full: bool) -> Tree:
        self._count += 1
        count = self._count
        if leaf.enum:
            return leaf.enum[count % len(leaf.enum)]
        match leaf.base:
            case "xsd:int":
                return (-1) ** count * (2**31 - count) if full else count
            case "xsd:boolean":
                return count % 2 == 0
            case "xsd:decimal":
                return Decimal(count) / 2 - 20
            case "xsd:dateTime":
                moment = datetime(2024, 2, 29, 23, 59, count % 60, 486_000 if full else 0, UTC)
                return moment.astimezone(OFFSETS[count % len(OFFSETS)])
            case "xsd:anyURI":
                return f"ftp://user:p%40ss@host{count}.example:21/föld€r/?a=1&b='2'#three"
            case "xsd:string":
                text = f"{count} {FIXED_TEXT}" if full else f"{count}"
                return f"{text}{LONG_TEXT}" if full and leaf.max_length is None else text
        raise AssertionError(f"no sample for {leaf.base}")


EXCHANGES = load_exchanges()
SAMPLES = [sample(exchange, size) for exchange in EXCHANGES for size in ("full", "minimal")]
