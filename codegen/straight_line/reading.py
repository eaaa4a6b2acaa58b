"""Builds the function that reads a message in document order, as `ocpp_sdk.codec.exact` explains it."""

from __future__ import annotations

from codegen.model import Class, Field, FieldKind, Value
from codegen.straight_line.code import Code, ModuleNeeds
from codegen.straight_line.defaults import default_source
from codegen.straight_line.values import annotation, digits_check, failures, read_expression

__all__ = ["read_function"]

_LOCALS = ("c", "element", "items", "key", "rest", "text")


def read_function(made: Class, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the lines of the function that reads a message.

    Args:
        made: the class of the message; not a recursive one.
        name: the name of the function.
        needs: receives what the function uses.
    """
    reader = _Reader(needs)
    reader.message(made)
    needs.use("NotExact")
    return [f"def {name}(element: _Element) -> {needs.type(made)}:", *reader.code.lines]


class _Reader:
    """Writes one function; `c` is always the element that has not been looked at yet."""

    def __init__(self, needs: ModuleNeeds) -> None:
        self.code = Code(*_LOCALS)
        self._needs = needs
        self._first: list[str] = []
        self._loops = 0

    def message(self, made: Class) -> None:
        if any(field.kind is FieldKind.ELEMENT for field in made.fields):
            self._needs.use("END")
            self.code.line(f"rest = {self._needs.use('pull')}(element)")
            values = self._content(made, "element", "c.tag")
        else:
            self.code.raise_if("len(element)")
            values = self._attributes(made, "element") | self._text(made, "element")
        self.code.line(f"return {self._built(made, values)}")
        self.code.begin_with(self._first)

    def _content(self, made: Class, name: str, *also_wrong: str) -> dict[str, str]:
        """Read attributes and children of the element in the variable `name`; `c` then is what follows them."""
        count = self.code.free("count")
        self.code.line(f"{count} = len({name})")
        values = self._attributes(made, name)
        if not values and (_is_asked_for_attributes(made)):
            self.code.raise_if(f"{name}.keys()")
        self.code.line("c = next(rest, END)")
        expected = 0
        for field in made.fields:
            if field.kind is FieldKind.ELEMENT:
                expected += self._child(field, count, values)
        self.code.raise_if(f"{count} != {expected}" if expected else count, *also_wrong)
        return values

    def _child(self, field: Field, count: str, values: dict[str, str]) -> int:
        """Read a child, or all of a repeated one; return how many of them `count` still holds."""
        tag = f"{{{field.namespace}}}{field.xml_name}" if field.namespace else field.xml_name
        if field.many:
            values[field.name] = self._many(field, tag, count)
            return 0
        if field.required:
            self.code.raise_if(f"c.tag != {tag!r}")
            values[field.name] = self._value(field, field.name, optional=False)
            return 1
        target = self.code.free(field.name)
        values[field.name] = target
        with self.code.block(f"if c.tag == {tag!r}:"):
            self.code.line(f"{count} -= 1")
            self._value(field, target, optional=True)
        with self.code.block("else:"):
            self.code.line(f"{target} = None")
        return 0

    def _many(self, field: Field, tag: str, count: str) -> str:
        target = self.code.free(field.name)
        self.code.line(f"{target}: list[{self._type(field)}] = []")
        with self.code.block(f"while c.tag == {tag!r}:"):
            self._loops += 1
            item = self._value(field, f"{field.name}_item", optional=False)
            self._loops -= 1
            self.code.line(f"{target}.append({item})")
        self.code.line(f"{count} -= len({target})")
        if field.min_occurs == 1:
            self.code.raise_if(f"not {target}")
        elif field.min_occurs:
            self.code.raise_if(f"len({target}) < {field.min_occurs}")
        if field.max_occurs is not None:
            self.code.raise_if(f"len({target}) > {field.max_occurs}")
        return target

    def _value(self, field: Field, name: str, *, optional: bool) -> str:
        """Read the element `c` and step behind it; an optional one goes into the variable `name`, declared here."""
        if isinstance(field.type, Class):
            made = field.type
            if any(inner.kind is FieldKind.ELEMENT for inner in made.fields):
                if field.nillable and not _attributes_of(made):
                    self.code.raise_if("c.keys()")
                values = self._content(made, "c")
            else:
                values = self._leaf(made, nillable=field.nillable)
            return self._assigned(made, values, name, optional=optional)
        target = name if optional else self.code.free(name)
        kind = f": {annotation(field.type, self._needs)} | None" if optional else ""
        self._simple(field.type, "c.text", target, kind)
        self.code.line("c = next(rest, END)")
        return target

    def _leaf(self, made: Class, *, nillable: bool) -> dict[str, str]:
        values = self._attributes(made, "c")
        if not values and nillable:
            self.code.raise_if("c.keys()")
        values |= self._text(made, "c")
        if not any(field.kind is FieldKind.TEXT for field in made.fields):
            self.code.raise_if("len(c)")
        self.code.line("c = next(rest, END)")
        return values

    def _text(self, made: Class, name: str) -> dict[str, str]:
        values = {}
        for field in made.fields:
            if field.kind is FieldKind.TEXT and isinstance(field.type, Value):
                values[field.name] = self.code.free(field.name)
                self._simple(field.type, f"{name}.text", values[field.name], "")
        return values

    def _simple(self, value: Value, text: str, target: str, kind: str) -> None:
        """Read a value into a variable, which is declared here if `kind` says as what."""
        if value.kind == "string":
            kind = kind and ": str | None"
            self.code.line(f"{target}{kind} = {text}")
            self.code.raise_if(f"{target} is None", *failures(value, target, self._needs))
            return
        wrong = failures(value, target, self._needs)
        check = digits_check(value, target, self._needs)
        if kind and (wrong or check):
            # mypy takes an annotated assignment for what is annotated, a later one for what is assigned.
            self.code.line(f"{target}{kind}")
            kind = ""
        self.code.line(f"{target}{kind} = {read_expression(value, text, self._needs)}")
        self.code.raise_if(*wrong)
        if check:
            self.code.line(check)

    def _attributes(self, made: Class, name: str) -> dict[str, str]:
        """Read the attributes of the element in the variable `name`; one that is not declared ends the exact way."""
        fields = _attributes_of(made)
        values = {field.name: self.code.free(field.name) for field in fields}
        if not fields:
            return values
        if not self._loops:
            for field in fields:
                self.code.line(self._declared(field, values[field.name]))
            self._each_attribute(fields, values, f"{name}.items()")
            return values
        # Readings of one message mostly have the same attributes, so those of the last one are compared first.
        seen = self.code.free("seen")
        self._first += [self._declared(field, values[field.name]) for field in fields]
        self._first.append(f"{seen}: object = None")
        self.code.line(f"items = {name}.items()")
        with self.code.block(f"if items != {seen}:"):
            for field in fields:
                self.code.line(f"{values[field.name]} = {self._initial(field)}")
            self._each_attribute(fields, values, "items")
            self.code.line(f"{seen} = items")
        return values

    def _each_attribute(self, fields: list[Field], values: dict[str, str], items: str) -> None:
        with self.code.block(f"for key, text in {items}:"):
            for position, field in enumerate(fields):
                word = "elif" if position else "if"
                with self.code.block(f"{word} key == {field.xml_name!r}:"):
                    self._attribute(field, values[field.name])
            with self.code.block("else:"):
                self.code.line("raise NotExact")
        self.code.raise_if(*(f"{values[field.name]} is None" for field in fields if field.required))

    def _initial(self, field: Field) -> str:
        default = default_source(field)
        return "None" if default is None else self._default(field, default)

    def _declared(self, field: Field, target: str) -> str:
        kind = "" if default_source(field) is not None else f": {self._type(field)} | None"
        return f"{target}{kind} = {self._initial(field)}"

    def _attribute(self, field: Field, target: str) -> None:
        value = field.type
        if isinstance(value, Value):
            text = "text" if value.kind == "enumeration" else "str(text)"
            self.code.line(f"{target} = {read_expression(value, text, self._needs)}")
            self.code.raise_if(*failures(value, target, self._needs))
            if check := digits_check(value, target, self._needs):
                self.code.line(check)

    def _default(self, field: Field, source: str) -> str:
        if isinstance(field.type, Value) and field.type.enumeration is not None:
            self._needs.type(field.type.enumeration)
        self._needs.decimals |= isinstance(field.type, Value) and field.type.kind == "decimal"
        return source

    def _type(self, field: Field) -> str:
        if isinstance(field.type, Class):
            return self._needs.type(field.type)
        return annotation(field.type, self._needs)

    def _built(self, made: Class, values: dict[str, str]) -> str:
        if not values:
            return f"{self._needs.use('new')}({self._needs.type(made)})"
        return self._assigned(made, values, "message", optional=False)

    def _assigned(self, made: Class, values: dict[str, str], name: str, *, optional: bool) -> str:
        """Make an instance and set its fields; an optional one goes into the variable `name`, declared here."""
        kind = self._needs.type(made)
        target = self.code.free(f"{name}_" if optional else name)
        self.code.line(f"{target} = {self._needs.use('new')}({kind})")
        for field in made.fields:
            self.code.line(f"{target}.{field.name} = {values[field.name]}")
        if optional:
            self.code.line(f"{name}: {kind} | None = {target}")
        return target


def _attributes_of(made: Class) -> list[Field]:
    return [field for field in made.fields if field.kind is FieldKind.ATTRIBUTE]


def _is_asked_for_attributes(made: Class) -> bool:
    """Whether a child has attributes, which some peers put on the parent; they must not be lost."""
    return any(isinstance(field.type, Class) and _attributes_of(field.type) for field in made.fields)
