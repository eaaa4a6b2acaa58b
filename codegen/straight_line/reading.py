"""Builds the function that reads a message from its pieces, as `ocpp_sdk.codec.scanning` explains it."""

from __future__ import annotations

from codegen.model import Class, Field, FieldKind, Value
from codegen.names import snake_name
from codegen.straight_line.code import Code, ModuleNeeds
from codegen.straight_line.defaults import default_source
from codegen.straight_line.values import annotation, digits_check, failures, read_expression, wrong_number

__all__ = ["attribute_function", "attributes_of", "can_be_scanned", "scan_function"]

_LOCALS = ("_", "at", "key", "pieces", "prefix", "scan", "tag", "text")
_LOOK = 'tag, _, text = pieces[at].partition(">")'


def can_be_scanned(made: Class) -> bool:
    """Whether a message has no bound-less depth, no attributes of its own, and all elements in its own namespace."""
    return (
        not made.recursive
        and made.element is not None
        and all(field.kind is FieldKind.ELEMENT for field in made.fields)
        and _in_one_namespace(made, made.element.namespace)
    )


def scan_function(made: Class, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the lines of the function that makes the reader of a message for one namespace prefix.

    Args:
        made: the class of a message that can be scanned.
        name: the name of the function.
        needs: receives what the function uses.
    """
    reader = _Reader(needs)
    reader.message(made)
    kind = needs.type(made)
    needs.use("NotExact")
    return [
        f"def {name}(prefix: str) -> Scan[{kind}]:",
        *(f"    {line}" for line in reader.outer),
        f"    def scan(pieces: list[str], at: int) -> tuple[{kind}, int]:",
        *(f"    {line}" for line in reader.code.lines),
        "    return scan",
    ]


class _Reader:
    """Writes one function; `tag` and `text` are always those of the piece that has not been looked at yet."""

    def __init__(self, needs: ModuleNeeds) -> None:
        self.code = Code(*_LOCALS)
        self.outer: list[str] = []
        self._needs = needs
        self._constants: dict[str, str] = {}
        self._found = ""

    def message(self, made: Class) -> None:
        values: dict[str, str] = {}
        if made.fields:
            self.code.line(_LOOK)
            for field in made.fields:
                self._child(field, values)
        built = self._assigned(made, values, "message") if values else f"{self._new(made)}"
        self.code.line(f"return {built}, at")

    def _constant(self, name: str, source: str) -> str:
        """Return a variable of the outer function that holds what is the same for all messages."""
        if source not in self._constants:
            self._constants[source] = self.code.free(name)
            self.outer.append(f"{self._constants[source]} = {source}")
        return self._constants[source]

    def _tag(self, field: Field) -> str:
        return self._constant(f"{snake_name(field.xml_name)}_tag", f'f"{{prefix}}{field.xml_name}"')

    def _start_piece(self, field: Field) -> str:
        return self._constant(f"{snake_name(field.xml_name)}_start", f'f"{{prefix}}{field.xml_name}>"')

    def _end_piece(self, field: Field) -> str:
        return self._constant(f"{snake_name(field.xml_name)}_end", f'f"/{{prefix}}{field.xml_name}>"')

    def _child(self, field: Field, values: dict[str, str]) -> None:
        """Read a child, or all of a repeated one."""
        if field.many:
            values[field.name] = self._many(field)
            return
        if field.required:
            self.code.raise_if(self._is(field, negated=True))
            values[field.name] = self._value(field, field.name, optional=False)
            return
        target = values[field.name] = self.code.free(field.name)
        with self.code.block(f"if {self._is(field)}:"):
            self._value(field, target, optional=True)
        with self.code.block("else:"):
            self.code.line(f"{target} = None")

    def _is(self, field: Field, *, negated: bool = False) -> str:
        """Return the condition under which the next piece begins this child, or the opposite."""
        made = field.type
        equal = "!=" if negated else "=="
        if isinstance(made, Class):
            if attributes_of(made):
                self._found = self.code.free("found")
                return f"({self._found} := {self._start_tags(field, made)}[tag]) is {'' if negated else 'not '}None"
            if any(inner.kind is FieldKind.ELEMENT for inner in made.fields):
                return f"pieces[at] {equal} {self._start_piece(field)}"
        return f"tag {equal} {self._tag(field)}"

    def _start_tags(self, field: Field, made: Class) -> str:
        reader = self._needs.attribute_reader(made)
        self._needs.scanning.add("StartTags")
        return self._constant(
            f"{snake_name(field.xml_name)}_tags", f'StartTags(f"{{prefix}}{field.xml_name}", {reader})'
        )

    def _many(self, field: Field) -> str:
        target = self.code.free(field.name)
        self.code.line(f"{target}: list[{self._type(field)}] = []")
        with self.code.block(f"while {self._is(field)}:"):
            item = self._value(field, f"{field.name}_item", optional=False)
            self.code.line(f"{target}.append({item})")
        self.code.raise_if(*wrong_number(field, target))
        return target

    def _value(self, field: Field, name: str, *, optional: bool) -> str:
        """Read the child that the next piece begins, and look behind it."""
        if isinstance(field.type, Class):
            return self._complex(field, field.type, name, optional=optional)
        target = name if optional else self.code.free(name)
        kind = f": {annotation(field.type, self._needs)} | None" if optional else ""
        self._simple(field.type, target, kind, self._end_piece(field))
        return target

    def _complex(self, field: Field, made: Class, name: str, *, optional: bool) -> str:
        attributes = attributes_of(made)
        values = {inner.name: self.code.free(inner.name) for inner in attributes}
        if attributes:
            self.code.line(f"{', '.join(values.values())}{',' if len(values) == 1 else ''} = {self._found}")
        texts = [inner for inner in made.fields if inner.kind is FieldKind.TEXT]
        children = [inner for inner in made.fields if inner.kind is FieldKind.ELEMENT]
        if children:
            if attributes:
                self.code.raise_if("text", "pieces[at][-1] != '>'")
            self.code.line("at += 1")
            self.code.line(_LOOK)
            for child in children:
                self._child(child, values)
            self.code.raise_if(f"pieces[at] != {self._end_piece(field)}")
            self.code.line("at += 1")
            self.code.line(_LOOK)
        elif texts and isinstance(texts[0].type, Value):
            values[texts[0].name] = self.code.free(texts[0].name)
            self._simple(texts[0].type, values[texts[0].name], "", self._end_piece(field))
        else:
            self.code.raise_if("text", "pieces[at][-1] != '>'", f"pieces[at + 1] != {self._end_piece(field)}")
            self._step()
        return self._assigned(made, values, name, optional=optional)

    def _simple(self, value: Value, target: str, kind: str, end: str) -> None:
        """Read the text of a leaf into a variable, which is declared here if `kind` says as what."""
        wrong = failures(value, target, self._needs)
        check = digits_check(value, target, self._needs)
        if value.kind == "string":
            # An empty text may be xsi:nil or nothing at all, which is for the careful way to tell.
            self.code.line(f"{target}{kind and ': str | None'} = text")
            self.code.raise_if("not text", f"pieces[at + 1] != {end}", *failures(value, "text", self._needs))
        else:
            if kind and (wrong or check):
                # mypy takes an annotated assignment for what is annotated, a later one for what is assigned.
                self.code.line(f"{target}{kind}")
                kind = ""
            self.code.line(f"{target}{kind} = {read_expression(value, 'text', self._needs)}")
            # An empty text stands also for a start tag without its end, which no other type reads.
            empty = ["not text"] if _has_empty_member(value) else []
            self.code.raise_if(*empty, f"pieces[at + 1] != {end}", *wrong)
            if check:
                self.code.line(check)
        self._step()

    def _step(self) -> None:
        self.code.line("at += 2")
        self.code.line(_LOOK)

    def _type(self, field: Field) -> str:
        if isinstance(field.type, Class):
            return self._needs.type(field.type)
        return annotation(field.type, self._needs)

    def _new(self, made: Class) -> str:
        return f"{self._needs.use('new')}({self._needs.type(made)})"

    def _assigned(self, made: Class, values: dict[str, str], name: str, *, optional: bool = False) -> str:
        """Make an instance and set its fields; an optional one goes into the variable `name`, declared here."""
        target = self.code.free(f"{name}_" if optional else name)
        self.code.line(f"{target} = {self._new(made)}")
        for field in made.fields:
            self.code.line(f"{target}.{field.name} = {values[field.name]}")
        if optional:
            self.code.line(f"{name}: {self._needs.type(made)} | None = {target}")
        return target


def attribute_function(made: Class, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the lines of the function that reads the attributes of a class.

    Args:
        made: a class with attributes.
        name: the name of the function.
        needs: receives what the function uses.
    """
    code = Code("attributes", "key", "text")
    fields = attributes_of(made)
    values = {field.name: code.free(field.name) for field in fields}
    for field in fields:
        code.line(_declared(field, values[field.name], needs))
    with code.block("for key, text in attributes:"):
        for position, field in enumerate(fields):
            with code.block(f"{'elif' if position else 'if'} key == {field.xml_name!r}:"):
                _attribute(field, values[field.name], code, needs)
        with code.block("else:"):
            code.line("raise NotExact")
    code.raise_if(*(f"{values[field.name]} is None" for field in fields if field.required))
    ending = "," if len(fields) == 1 else ""
    code.line(f"return {', '.join(values.values())}{ending}")
    kinds = ", ".join(_attribute_type(field, needs) for field in fields)
    needs.use("NotExact")
    needs.scanning.add("Attributes")
    return [f"def {name}(attributes: Attributes) -> tuple[{kinds}]:", *code.lines]


def _attribute(field: Field, target: str, code: Code, needs: ModuleNeeds) -> None:
    if isinstance(field.type, Value):
        code.line(f"{target} = {read_expression(field.type, 'text', needs)}")
        code.raise_if(*failures(field.type, target, needs))
        if check := digits_check(field.type, target, needs):
            code.line(check)


def _attribute_type(field: Field, needs: ModuleNeeds) -> str:
    kind = annotation(field.type, needs) if isinstance(field.type, Value) else needs.type(field.type)
    return kind if field.required or default_source(field) is not None else f"{kind} | None"


def _declared(field: Field, target: str, needs: ModuleNeeds) -> str:
    source = default_source(field)
    if source is None:
        kind = annotation(field.type, needs) if isinstance(field.type, Value) else needs.type(field.type)
        return f"{target}: {kind} | None = None"
    if isinstance(field.type, Value) and field.type.enumeration is not None:
        needs.type(field.type.enumeration)
    needs.decimals |= isinstance(field.type, Value) and field.type.kind == "decimal"
    return f"{target} = {source}"


def attributes_of(made: Class) -> list[Field]:
    """Return the fields that are attributes."""
    return [field for field in made.fields if field.kind is FieldKind.ATTRIBUTE]


def _has_empty_member(value: Value) -> bool:
    members = value.enumeration.enumerators if value.enumeration else []
    return any(not member.value for member in members)


def _in_one_namespace(made: Class, namespace: str) -> bool:
    for field in made.fields:
        if field.kind is FieldKind.ELEMENT and field.namespace != namespace:
            return False
        if field.kind is FieldKind.ATTRIBUTE and field.namespace:
            return False
        if isinstance(field.type, Class) and not _in_one_namespace(field.type, namespace):
            return False
    return True
