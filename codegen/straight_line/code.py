"""Python source under construction: lines with indentation, names that are free, and what the module must hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from codegen.model import Class, Enumeration
from codegen.names import constant_name, snake_name, unique
from ocpp_sdk.codec import exact

__all__ = ["Code", "ModuleNeeds"]

_GLOBALS: Final = frozenset({"len", "re", "str", *exact.__all__})
"""What a function uses from outside, so that no local variable may be called the same."""


@dataclass
class ModuleNeeds:
    """What the functions of one module use.

    Attributes:
        runtime: names of `ocpp_sdk.codec.exact`.
        types: names of the package's own types.
        annotations: names of the standard library that only annotations use.
        enumerations: whose members are looked up by value.
        patterns: regular expressions, each with the name of its matcher.
        decimals: whether a bound is written as a `Decimal`.
        scanning: names of `ocpp_sdk.codec.scanning`.
        rows: names of `ocpp_sdk.codec.rows`.
        attribute_readers: classes whose attributes are read, by the name of the function.
    """

    runtime: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    annotations: set[str] = field(default_factory=set)
    enumerations: dict[str, Enumeration] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)
    decimals: bool = False
    scanning: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    attribute_readers: dict[str, Class] = field(default_factory=dict)

    def use(self, name: str) -> str:
        """Note a name of the runtime."""
        self.runtime.add(name)
        return name

    def type(self, made: Class | Enumeration) -> str:
        """Note a class of the package."""
        self.types.add(made.name)
        return made.name

    def table(self, made: Enumeration) -> str:
        """Note that members of an enumeration are looked up by value."""
        self.types.add(made.name)
        self.enumerations[made.name] = made
        return f"_{constant_name(made.name)}"

    def attribute_reader(self, made: Class) -> str:
        """Note that attributes of a class are read; return the name of the function."""
        name = f"_attributes_of_{snake_name(made.name)}"
        self.attribute_readers[name] = made
        return name

    def matcher(self, pattern: str) -> str:
        """Note a pattern; return the name of the function that matches a whole text."""
        return self.patterns.setdefault(pattern, f"_MATCH_{len(self.patterns) + 1}")


class Code:
    """The body of one function."""

    def __init__(self, *reserved: str) -> None:
        self.lines: list[str] = []
        self._depth = 1
        self._taken = {*reserved, *_GLOBALS}

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self.lines.append("    " * self._depth + text)

    def raise_if(self, *conditions: str) -> None:
        """Add the end of the exact way under any of these conditions."""
        if conditions:
            with self.block(f"if {' or '.join(conditions)}:"):
                self.line("raise NotExact")

    def free(self, name: str) -> str:
        """Return a local name that is not used yet."""
        chosen = unique(name, self._taken)
        self._taken.add(chosen)
        return chosen

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Add a header and indent what is added within."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1
