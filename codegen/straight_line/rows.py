"""Builds the function that reads a message of rows by regular expressions, as `ocpp_sdk.codec.rows` explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.model import Class, Field, FieldKind, Value
from codegen.names import snake_name
from codegen.straight_line.code import Code, ModuleNeeds
from codegen.straight_line.reading import attributes_of, can_be_scanned
from codegen.straight_line.values import annotation, digits_check, failures, read_expression, wrong_number

__all__ = ["has_rows", "rows_function"]

_LOCALS = (
    *("any", "at", "begin", "chain", "each", "end", "found", "head", "item", "prefix", "q", "read", "row", "rows"),
    *("size", "tag", "text"),
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A message of rows: leaves, then a list of leaves; or of leaves, then rows, in each item.

    Attributes:
        before: the leaves in front of the list.
        list: the repeated child, the last one.
        item: its class.
        leaves: those of an item.
        inner: the repeated child of an item, the last one; None if an item is a row.
        row: the class of a row.
    """

    before: Sequence[Field]
    list: Field
    item: Class
    leaves: Sequence[Field]
    inner: Field | None
    row: Class


def has_rows(made: Class) -> bool:
    """Whether a message is one of rows."""
    return can_be_scanned(made) and _shape(made) is not None


def _shape(made: Class) -> _Shape | None:
    last = _last_list(made)
    if last is None or not isinstance(last.type, Class):
        return None
    item, before = last.type, made.fields[:-1]
    # One group alone would be found as a text, not as a tuple.
    if _is_row(item) and not _text_of(item) and len(item.fields) > 1:
        return _Shape(before, last, item, item.fields, None, item)
    inner = _last_list(item)
    if inner is None or not isinstance(inner.type, Class) or not _is_row(inner.type) or inner.min_occurs != 1:
        return None
    leaves = item.fields[:-1]
    if not leaves or not all(field.required for field in leaves):
        return None
    return _Shape(before, last, item, leaves, inner, inner.type)


def _last_list(made: Class) -> Field | None:
    """Return the last field if it is a list, and all before it are leaves."""
    if not made.fields or not made.fields[-1].many or not all(map(_is_leaf, made.fields[:-1])):
        return None
    return made.fields[-1]


def _is_leaf(field: Field) -> bool:
    return field.kind is FieldKind.ELEMENT and isinstance(field.type, Value) and not field.many


def _is_row(made: Class) -> bool:
    """Whether a class is a text with attributes, or leaves of which one at least is always there."""
    if _text_of(made):
        return all(field.kind is not FieldKind.ELEMENT for field in made.fields)
    return all(map(_is_leaf, made.fields)) and any(field.required for field in made.fields)


def _text_of(made: Class) -> list[Field]:
    return [field for field in made.fields if field.kind is FieldKind.TEXT]


def rows_function(made: Class, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the lines of the function that makes the reader of a message of rows for one namespace prefix.

    Args:
        made: the class of a message that has rows.
        name: the name of the function.
        needs: receives what the function uses.
    """
    shape = _shape(made)
    assert shape is not None  # noqa: S101 - callers look first
    writer = _Writer(needs, shape)
    writer.message(made)
    kind = needs.type(made)
    needs.use("NotExact")
    needs.rows |= {"TEXT", "Rows"}
    return [
        f"def {name}(prefix: str) -> Rows[{kind}]:",
        "    q = re.escape(prefix)",
        *(f"    {line}" for line in writer.outer),
        f"    def read(text: str) -> {kind}:",
        *(f"    {line}" for line in writer.code.lines),
        "    return read",
    ]


class _Writer:
    """Writes one function: the texts between the tags are captured, and `size` is how long everything else is."""

    def __init__(self, needs: ModuleNeeds, shape: _Shape) -> None:
        self.code = Code(*_LOCALS)
        self.outer: list[str] = []
        self._needs = needs
        self._shape = shape
        self._listed = self.code.free(shape.list.name)
        self._firsts = [] if shape.inner is None else self._texts(shape.leaves)

    def message(self, made: Class) -> None:
        shape = self._shape
        values = self._head()
        values[shape.list.name] = self._listed
        self.code.line(f"{self._listed}: list[{self._needs.type(shape.item)}] = []")
        condition = f"at < len(text) or {self._firsts[0]}" if self._firsts else "at < len(text)"
        with self.code.block(f"if {condition}:"):
            if shape.inner is None:
                self._items()
            else:
                self._items_of_rows(shape.inner)
            self.code.raise_if('size + len("".join(chain.from_iterable(each))) != len(text) - at')
        self.code.raise_if(*wrong_number(shape.list, self._listed))
        self.code.line(f"return {self._made(made, values, 'message')}")

    def _head(self) -> dict[str, str]:
        """Read what is before the list; of a list of items with rows, also the leaves of the first item."""
        shape = self._shape
        pattern = "".join(map(_pattern, shape.before))
        texts = self._texts(shape.before)
        if shape.inner is not None:
            pattern += f"(?:{self._opening()}|)"
            texts += self._firsts
        if not texts:
            self.code.line("at = 0")
            return {}
        self.outer.append(f'head = re.compile(f"{pattern}").match')
        self.code.line("begin = head(text)")
        self.code.raise_if("begin is None")
        self.code.line("at = begin.end()")
        self.code.line(f"{_targets(texts)} = begin.groups()")
        return self._leaves(shape.before, texts[: len(shape.before)])

    def _opening(self) -> str:
        return f"<{{q}}{self._shape.list.xml_name}>{''.join(map(_pattern, self._shape.leaves))}"

    def _items(self) -> None:
        """Take rows that are items."""
        shape = self._shape
        self._rows(_around(shape.list, "".join(map(_pattern, shape.leaves))))
        self._constant("row", _tags(shape.list, *shape.leaves))
        texts = self._texts(shape.leaves)
        self.code.line("each = rows(text, at)")
        self.code.line("size = row * len(each)")
        with self.code.block(f"for {_targets(texts)} in each:"):
            values = self._leaves(shape.leaves, texts, counted=True)
            self.code.line(f"{self._listed}.append({self._made(shape.item, values, f'{shape.list.name}_item')})")

    def _items_of_rows(self, inner: Field) -> None:
        """Take rows of which the last one of an item has the end of it, and the leaves of the next one, behind it."""
        shape = self._shape
        name = shape.list.xml_name
        pattern, tag, fields = self._row(inner)
        # An empty alternative is matched faster than a question mark.
        self._rows(f"{pattern}(?:</{{q}}{name}>{self._opening()}|)")
        self._constant("item", f"</{{prefix}}{name}><{{prefix}}{name}>{_tags(*shape.leaves)}")
        self.outer.append(f'end = f"</{{prefix}}{name}>"')
        firsts, texts = self._firsts, self._texts(fields)
        following = [self.code.free(f"next_{field.name}_text") for field in shape.leaves]
        rows = self.code.free(inner.name)
        self.code.raise_if(f"not {firsts[0]}", "not text.endswith(end)")
        self.code.line("each = rows(text, at, len(text) - len(end))")
        self.code.line("size = row * len(each) + len(end) - item")
        self.code.line(f"{rows}: list[{self._needs.type(shape.row)}] = []")
        with self.code.block(f"for {_targets([*tag, *texts, *following])} in each:"):
            with self.code.block(f"if {firsts[0]}:"):
                values = self._leaves(shape.leaves, firsts)
                values[inner.name] = rows
                self.code.line(f"{rows} = []")
                self.code.line(f"{self._listed}.append({self._made(shape.item, values, f'{shape.list.name}_item')})")
                self.code.line("size += item")
            told = self._attributes(inner) if tag else {}
            told |= self._leaves(fields, texts, counted=True)
            self.code.line(f"{rows}.append({self._made(shape.row, told, f'{inner.name}_item')})")
            self.code.line(f"{', '.join(firsts)} = {', '.join(following)}")
        # The leaves of an item without rows.
        self.code.raise_if(firsts[0])
        if inner.max_occurs is not None:
            self.code.raise_if(f"any(len(each.{inner.name}) > {inner.max_occurs} for each in {self._listed})")

    def _row(self, inner: Field) -> tuple[str, list[str], Sequence[Field]]:
        """Return the pattern of a row, the name of its start tag if that is captured, and the fields that are."""
        made, text = self._shape.row, _text_of(self._shape.row)
        if not text:
            self._constant("row", _tags(inner, *made.fields))
            return _around(inner, "".join(map(_pattern, made.fields))), [], made.fields
        if not attributes_of(made):
            self._constant("row", _tags(inner))
            return _around(inner, "({TEXT})"), [], text
        name = inner.xml_name
        self._constant("row", f"<></{{prefix}}{name}>")
        return f"<({{q}}{name}[^>]*)>({{TEXT}})</{{q}}{name}>", ["tag"], text

    def _attributes(self, inner: Field) -> dict[str, str]:
        reader = self._needs.attribute_reader(self._shape.row)
        self._needs.scanning.add("StartTags")
        tags = self.code.free(f"{snake_name(inner.xml_name)}_tags")
        self.outer.append(f'{tags} = StartTags(f"{{prefix}}{inner.xml_name}", {reader})')
        self.code.line(f"found = {tags}[tag]")
        self.code.raise_if("found is None")
        values = {field.name: self.code.free(field.name) for field in attributes_of(self._shape.row)}
        self.code.line(f"{_targets([*values.values()])} = found")
        return values

    def _texts(self, fields: Sequence[Field]) -> list[str]:
        return [self.code.free(f"{field.name}_text") for field in fields]

    def _leaves(self, fields: Sequence[Field], texts: list[str], *, counted: bool = False) -> dict[str, str]:
        """Read the texts of leaves; the tags of one that may be absent count where it is there."""
        values = {}
        for field, text in zip(fields, texts, strict=True):
            target = values[field.name] = self.code.free(field.name)
            if field.required or field.kind is FieldKind.TEXT:
                self._read(field, target, text)
                continue
            assert isinstance(field.type, Value)  # noqa: S101 - so it is for a leaf
            self.code.line(f"{target}: {annotation(field.type, self._needs)} | None = None")
            with self.code.block(f"if {text}:"):
                self._read(field, target, text)
                if counted:
                    tags = self.code.free(f"{target}_tags")
                    self._constant(tags, _around(field, "", "prefix"))
                    self.code.line(f"size += {tags}")
        return values

    def _read(self, field: Field, target: str, text: str) -> None:
        assert isinstance(field.type, Value)  # noqa: S101 - so it is for a leaf
        self.code.line(f"{target} = {read_expression(field.type, text, self._needs)}")
        self.code.raise_if(*failures(field.type, target, self._needs))
        if check := digits_check(field.type, target, self._needs):
            self.code.line(check)

    def _made(self, made: Class, values: dict[str, str], name: str) -> str:
        target = self.code.free(name)
        self.code.line(f"{target} = {self._needs.use('new')}({self._needs.type(made)})")
        for field in made.fields:
            self.code.line(f"{target}.{field.name} = {values[field.name]}")
        return target

    def _rows(self, pattern: str) -> None:
        self.outer.append(f'rows = re.compile(f"{pattern}").findall')

    def _constant(self, name: str, tags: str) -> None:
        self.outer.append(f'{name} = len(f"{tags}")')


def _around(field: Field, content: str, prefix: str = "q") -> str:
    return f"<{{{prefix}}}{field.xml_name}>{content}</{{{prefix}}}{field.xml_name}>"


def _pattern(field: Field) -> str:
    """Return the pattern of a leaf, within an f-string."""
    text = _around(field, "({TEXT})")
    return text if field.required else f"(?:{text}|)"


def _tags(*fields: Field) -> str:
    """Return all tags of fields that are always there, within an f-string."""
    return "".join(_around(field, "", "prefix") for field in fields if field.required or field.many)


def _targets(names: Sequence[str]) -> str:
    return f"{', '.join(names)}{',' if len(names) == 1 else ''}"
