"""Messages as JSON, with the field names and values of the wire.

Times, enumerations and bytes are texts; attributes stand beside the elements; the text of an element that has
attributes is its `value`. What is absent is left out. Used where people read and write messages: on the command line
and in storage.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from json import dumps
from json.encoder import encode_basestring
from math import isfinite, isnan
from typing import Final, TypeAlias, TypeVar, cast

from ocpp_sdk.codec.exact import UTC_TEXTS, write_time
from ocpp_sdk.codec.fields import FieldSpec, spec_of
from ocpp_sdk.codec.lexical import read_value
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import InvalidNumberError, InvalidTextError, InvalidTypeError, MissingFieldError, UnknownValueError

__all__ = ["JsonObject", "JsonValue", "from_json", "json_fields", "json_text", "to_json"]

T = TypeVar("T")

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "text",
    dict: "an object",
    list: "a list",
    type(None): "nothing",
}
_FORGIVEN: Final = frozenset({DeviationKind.TIME_FORM, DeviationKind.TIME_ZONE_MISSING})


def to_json(message: object) -> JsonObject:
    """Return a message as JSON values, in schema order.

    Args:
        message: an instance of a message class.
    """
    values: JsonObject = {}
    for name, field in json_fields(type(message)).items():
        value = getattr(message, field.attribute)
        if field.many:
            if value:
                values[name] = [_shown(item, field) for item in value]
        elif value is not None:
            values[name] = _shown(value, field)
    return values


def json_text(message: object) -> str:
    """Return a message as one line of JSON; the same as `to_json` gives, without the objects between."""
    kind: type = type(message)
    try:
        return _writer(kind)(message)
    except (AttributeError, TypeError):
        # A value is of another type than its field, which does not matter here.
        return dumps(to_json(message), ensure_ascii=False, separators=(",", ":"))


def _value_text(value: object, field: FieldSpec) -> str:
    if type(value) is int:
        return int.__repr__(value)
    return dumps(_shown(value, field), ensure_ascii=False, separators=(",", ":"))


def _message_text(value: object) -> str:
    kind: type = type(value)
    return _writer(kind)(value)


class _Texts(dict[tuple[object, ...], str]):
    """What fields that have enumerations say, by their values, which are few."""

    def __init__(self, fields: Mapping[str, FieldSpec]) -> None:
        super().__init__()
        self._fields = fields

    def __missing__(self, values: tuple[object, ...]) -> str:
        named = zip(self._fields.items(), values, strict=True)
        told = [
            f",{encode_basestring(name)}:{_value_text(value, field)}"
            for (name, field), value in named
            if value is not None
        ]
        text = "".join(told)
        if all(value is None or isinstance(value, Enum) for value in values):
            self[values] = text
        return text


@cache
def _writer(kind: type) -> Callable[[object], str]:
    """Compile what writes the messages of a class: straight on, and without a call for each message within it."""
    source = _Source()
    text = source.write(kind, "message_", "    ")
    exec("\n".join(["def write(message_):", *source.lines, f"    return {text}"]), source.names)  # noqa: S102 - made of names of our own classes, as dataclasses do
    return cast("Callable[[object], str]", source.names["write"])


class _Source:
    """Python text that writes a message, and the objects that it names."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, object] = {
            "text": encode_basestring,
            "times": UTC_TEXTS,
            "time": _time_text,
            "UTC": UTC,
            "message": _message_text,
            "other": _value_text,
        }
        self._count = 0

    def write(self, kind: type, message: str, indent: str) -> str:
        """Add lines that look at the fields of a message, and return the expression of its text."""
        texts: list[str] = []
        run: dict[str, FieldSpec] = {}
        for name, field in _json_fields(kind).items():
            if issubclass(field.type, Enum) and not field.many:
                run[name] = field
                continue
            texts += self._enumerations(run, message, indent)
            run = {}
            texts.append(self._field(name, field, message, indent))
        texts += self._enumerations(run, message, indent)
        # Each text has a comma before it, or is empty.
        if texts and texts[0].startswith(","):
            return "f'{{" + "".join(texts)[1:] + "}}'"
        whole = self._variable(indent, "f'" + "".join(texts) + "'")
        return "f'{{{" + whole + "[1:]}}}'"

    def _enumerations(self, run: Mapping[str, FieldSpec], message: str, indent: str) -> list[str]:
        if not run:
            return []
        values = "".join(f"{message}.{field.attribute}, " for field in run.values())
        return [f"{{{self._variable(indent, f'{self._named(_Texts(run))}[{values}]')}}}"]

    def _field(self, name: str, field: FieldSpec, message: str, indent: str) -> str:
        """Add lines that look at a field, and return what stands for it in an f-string."""
        value = self._variable(indent, f"{message}.{field.attribute}")
        if field.many:
            self.lines.append(f"{indent}if {value}:")
            items = self._items(field, value, f"{indent}    ")
            self.lines.append(f'{indent}    {value} = f\',"{name}":[{{",".join({items})}}]\'')
            self.lines.append(f"{indent}else: {value} = ''")
            return f"{{{value}}}"
        if field.required:
            self._replace(field, value, indent)
            return f',"{name}":{{{value}}}'
        self.lines.append(f"{indent}if {value} is None: {value} = ''")
        self.lines.append(f"{indent}else:")
        self._replace(field, value, f"{indent}    ")
        self.lines.append(f"{indent}    {value} = f',\"{name}\":{{{value}}}'")
        return f"{{{value}}}"

    def _items(self, field: FieldSpec, values: str, indent: str) -> str:
        """Add lines that leave the texts of a list in a variable, and return its name."""
        items = self._variable(indent, "[]")
        item = self._variable(indent, "None")
        self.lines.append(f"{indent}for {item} in {values}:")
        indent += "    "
        if hasattr(field.type, "__dataclass_fields__"):
            self.lines.append(f"{indent}if {item}.__class__ is not {self._named(field.type)}:")
            self.lines.append(f"{indent}    {items}.append(message({item}))")
            self.lines.append(f"{indent}    continue")
            text = self.write(field.type, item, indent)
        else:
            self._replace(field, item, indent)
            text = item
        self.lines.append(f"{indent}{items}.append({text})")
        return items

    def _replace(self, field: FieldSpec, value: str, indent: str) -> None:
        """Add a line that puts the text of a value in its place."""
        kind = field.type
        if hasattr(kind, "__dataclass_fields__"):
            text = f"message({value})"
        elif kind is datetime:
            text = (
                f"f'\"{{times[{value}][0] if not {value}.microsecond and {value}.tzinfo is UTC else time({value})}}\"'"
            )
        elif issubclass(kind, str):
            text = f"text({value})"
        else:
            text = f"other({value}, {self._named(field)})"
            if kind is int:
                text = f"{value} if {value}.__class__ is int else {text}"
        self.lines.append(f"{indent}{value} = {text}")

    def _variable(self, indent: str, value: str) -> str:
        self._count += 1
        self.lines.append(f"{indent}value{self._count} = {value}")
        return f"value{self._count}"

    def _named(self, thing: object) -> str:
        name = f"thing{len(self.names)}"
        self.names[name] = thing
        return name


def from_json(kind: type[T], value: object, *, path: str, now: datetime | None = None) -> T:
    """Make a message of JSON values.

    A number may also stand as text; a time without a zone is UTC. Ranges and lengths are checked when the message is
    written.

    Args:
        kind: the message class.
        value: what JSON gave, `JsonObject` in a good case.
        path: what errors call the message.
        now: what the text `now` means for a time; None if it means nothing.

    Raises:
        MessageError: a field is unknown, missing, or has a value that it cannot have; `path` names it.
    """
    known = json_fields(kind)
    if not isinstance(value, Mapping):
        text = spec_of(kind).text
        if text is None or isinstance(value, list):
            raise InvalidTypeError(path, f"expected an object, not {_kind_of(value)}")
        value = {_name(text): value}
    for name in value:
        if name not in known:
            fields = f"known fields: {', '.join(known)}" if known else "it has no fields"
            raise UnknownValueError(path, f"{name!r} is not known; {fields}")
    arguments: dict[str, object] = {}
    for name, field in known.items():
        given = value.get(name)
        where = f"{path}/{name}"
        if given is None or (field.many and given == []):
            if field.required:
                raise MissingFieldError(where, "required")
        elif field.many:
            if not isinstance(given, list):
                raise InvalidTypeError(where, f"expected a list, not {_kind_of(given)}")
            arguments[field.attribute] = [
                _read(field, item, f"{where}[{index}]", now) for index, item in enumerate(given, 1)
            ]
        else:
            arguments[field.attribute] = _read(field, given, where, now)
    return kind(**arguments)


def json_fields(kind: type) -> Mapping[str, FieldSpec]:
    """Return the fields of a message class by the name that JSON has for each, in schema order."""
    return _json_fields(kind)


@cache
def _json_fields(kind: type) -> Mapping[str, FieldSpec]:
    return {_name(field): field for field in spec_of(kind).fields}


def _name(field: FieldSpec) -> str:
    return field.name or field.attribute


def _shown(value: object, field: FieldSpec) -> JsonValue:
    match value:
        case Enum():
            return cast("str", value.value)
        case float():
            return value if isfinite(value) else "NaN" if isnan(value) else "INF" if value > 0 else "-INF"
        case bool() | int() | str():
            return value
        case Decimal():
            number = float(value)
            return number if Decimal(repr(number)) == value else str(value)
        case date():
            return _time_text(value)
        case bytes():
            return value.hex().upper() if field.encoding == "base16" else b64encode(value).decode("ascii")
        case _:
            return to_json(value)


def _time_text(value: date) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is UTC:
            return write_time(value)
        with suppress(OverflowError):
            # At the ends of the calendar a shift to UTC leaves it.
            value = value.astimezone(UTC)
    return value.isoformat().replace("+00:00", "Z")


def _read(field: FieldSpec, value: object, path: str, now: datetime | None) -> object:
    kind = field.type
    if hasattr(kind, "__dataclass_fields__"):
        return from_json(kind, value, path=path, now=now)
    if kind is datetime and value == "now" and now is not None:
        return now
    text = _text(kind, value, path)
    deviations: list[Deviation] = []
    read = read_value(field, text, path, deviations)
    for deviation in deviations:
        if deviation.kind is DeviationKind.ENUM_CASE and isinstance(read, Enum):
            raise UnknownValueError(path, f"{text!r} is not known; did you mean {read.value}?")
        if deviation.kind in {DeviationKind.TEXT_TOO_LONG, DeviationKind.FACET}:
            raise (InvalidTextError if field.type is str else InvalidNumberError)(path, deviation.detail)
        if deviation.kind not in _FORGIVEN:
            raise InvalidTypeError(path, deviation.detail)
    return read


def _text(kind: type, value: object, path: str) -> str:
    """Return a JSON value as it would stand in XML, if its type is one that the field may have in JSON."""
    if isinstance(value, str):
        return value
    if kind is bool and isinstance(value, bool):
        return "true" if value else "false"
    if kind in {int, float, Decimal} and isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise InvalidTypeError(path, f"expected {_KINDS.get(kind, 'text')}, not {_kind_of(value)}")


def _kind_of(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
