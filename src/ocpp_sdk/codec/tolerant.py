"""Reads what deviates: every tolerance is a named deviation, every error has the path of its field.

Driven by the metadata of the message classes, so that it serves generated code of any WSDL. It looks at all
that the exact way skips: attributes, text between elements, order, case, namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ocpp_sdk.codec.fields import FieldKind, FieldSpec, MessageSpec, spec_of
from ocpp_sdk.codec.lexical import read_value
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import LimitExceededError, MissingFieldError, RepeatedFieldError

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["read_tolerantly"]

T = TypeVar("T")

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_IGNORED: Final = frozenset({_XSI, _XML, "http://www.w3.org/2003/05/soap-envelope"})
_SHOWN: Final = 40
# A namespace is declared once and costs its length again in each element that is looked at.
_LONGEST_TAG: Final = 1000


def read_tolerantly(kind: type[T], element: _Element, path: str, deviations: list[Deviation]) -> T:
    """Read an element into a message class.

    Args:
        kind: a dataclass with xsdata metadata.
        element: its element; the name is not looked at.
        path: how errors and deviations call it.
        deviations: receives what is odd.

    Raises:
        MessageError: a field is missing or cannot be read.
        LimitExceededError: an element has a name beyond all reason.
    """
    return cast("T", _Reader(deviations).read(spec_of(kind), element, path, {}))


class _Reader:
    """Reads one payload, collecting deviations."""

    def __init__(self, deviations: list[Deviation]) -> None:
        self._deviations = deviations

    def _note(self, kind: DeviationKind, path: str, detail: str) -> None:
        self._deviations.append(Deviation(kind, path, detail))

    def read(self, spec: MessageSpec, element: _Element, path: str, inherited: dict[str, str]) -> object:
        """Read one complex element; `inherited` holds attributes that its parent had and does not know."""
        values: dict[str, Any] = {}
        stray = self._attributes(spec, element, path, values)
        self._text(spec, element, path, values)
        self._children(spec, element, path, stray, values)
        self._inherit(spec, path, inherited, values)
        return self._build(spec, path, values)

    def _attributes(self, spec: MessageSpec, element: _Element, path: str, values: dict[str, Any]) -> dict[str, str]:
        stray: dict[str, str] = {}
        for key, text in element.items():
            namespace, name = _split(str(key))
            if namespace in _IGNORED:
                continue
            here = f"{path}/@{name}"
            field = spec.attributes.get(name) or _by_case(spec.attributes, name)
            if field is not None:
                if field.name != name:
                    self._note(DeviationKind.FIELD_CASE, here, f"spelled {name}, not {field.name}")
                if namespace != field.namespace:
                    self._note(DeviationKind.FIELD_NAMESPACE, here, f"in namespace {namespace or 'none'}")
                if not text.strip() and field.type is not str and not field.required:
                    self._note(DeviationKind.FIELD_EMPTY, here, "empty, read as absent")
                    continue
                values[field.attribute] = read_value(field, str(text), here, self._deviations)
            elif (field := _single(spec, name)) is not None:
                self._note(DeviationKind.FIELD_AS_ATTRIBUTE, here, "an attribute, not an element")
                values[field.attribute] = read_value(field, str(text), here, self._deviations)
            else:
                stray[name] = str(text)
                if not _inherits(spec, name):
                    self._note(DeviationKind.FIELD_UNKNOWN, here, "unknown attribute, ignored")
        return stray

    def _inherit(self, spec: MessageSpec, path: str, inherited: dict[str, str], values: dict[str, Any]) -> None:
        for name, text in inherited.items():
            field = spec.attributes.get(name) or _single(spec, name)
            if field is not None and field.attribute not in values:
                here = f"{path}/@{name}"
                self._note(DeviationKind.ATTRIBUTE_ON_PARENT, here, "given on the parent element")
                values[field.attribute] = read_value(field, text, here, self._deviations)

    def _beside(self, spec: MessageSpec, child: _Element, path: str, values: dict[str, Any]) -> None:
        """Take the attributes of an element that has none for the fields beside it, such as a unit on a bare value."""
        for key, text in child.items():
            namespace, name = _split(str(key))
            if namespace in _IGNORED:
                continue
            here = f"{path}/@{name}"
            field = _single(spec, name)
            if field is None:
                self._note(DeviationKind.FIELD_UNKNOWN, here, "unknown attribute, ignored")
                continue
            self._note(DeviationKind.FIELD_AS_ATTRIBUTE, here, f"an attribute, not the element {name} beside it")
            self._set(field, read_value(field, str(text), here, self._deviations), here, values)

    def _text(self, spec: MessageSpec, element: _Element, path: str, values: dict[str, Any]) -> None:
        if spec.text is not None:
            values[spec.text.attribute] = read_value(spec.text, self._leaf(element, path), path, self._deviations)
            return
        for text in (element.text, *(child.tail for child in element)):
            if text is not None and not text.isspace():
                self._note(
                    DeviationKind.NESTED_CONTENT, path, f"text between fields ignored: {text.strip()[:_SHOWN]!r}"
                )
                return

    def _children(
        self, spec: MessageSpec, element: _Element, path: str, stray: dict[str, str], values: dict[str, Any]
    ) -> None:
        if spec.text is not None and not spec.elements:
            return
        last = -1
        disordered = False
        for child in element:
            field = self._field(spec, child, path)
            if field is None:
                continue
            if spec.ordered and field.index < last and not disordered:
                disordered = True
                self._note(DeviationKind.FIELD_ORDER, f"{path}/{field.name}", "not where the schema puts it")
            last = max(last, field.index)
            self._child(spec, field, child, path, stray, values)

    def _field(self, spec: MessageSpec, child: _Element, path: str) -> FieldSpec | None:
        namespace, name = _split(str(child.tag))
        field = spec.elements.get(name)
        if field is None:
            field = spec.folded.get(name.casefold())
            if field is None:
                self._note(DeviationKind.FIELD_UNKNOWN, f"{path}/{name}", "unknown element, ignored")
                return None
            self._note(DeviationKind.FIELD_CASE, f"{path}/{field.name}", f"spelled {name}")
        if namespace != field.namespace:
            self._note(DeviationKind.FIELD_NAMESPACE, f"{path}/{field.name}", f"in namespace {namespace or 'none'}")
        return field

    def _child(
        self,
        spec: MessageSpec,
        field: FieldSpec,
        child: _Element,
        path: str,
        stray: dict[str, str],
        values: dict[str, Any],
    ) -> None:
        here = f"{path}/{field.name}"
        collected: list[object] = values.setdefault(field.attribute, []) if field.many else []
        if field.many:
            here = f"{here}[{len(collected) + 1}]"
        if _is_nil(child):
            if not field.nillable:
                self._note(DeviationKind.FIELD_NIL, here, "xsi:nil, read as absent")
            return
        if _is_simple(field):
            text = self._leaf(child, here)
            if not text and field.type not in {str, bytes} and not field.required:
                self._note(DeviationKind.FIELD_EMPTY, here, "empty, read as absent")
                return
            value: object = read_value(field, text, here, self._deviations)
            self._beside(spec, child, here, values)
        else:
            value = self.read(spec_of(field.type), child, here, stray)
        if field.many:
            collected.append(value)
        else:
            self._set(field, value, here, values)

    def _set(self, field: FieldSpec, value: object, here: str, values: dict[str, Any]) -> None:
        if field.attribute not in values:
            values[field.attribute] = value
        elif values[field.attribute] == value:
            self._note(DeviationKind.FIELD_REPEATED, here, "given twice, with the same value")
        else:
            raise RepeatedFieldError(here, "given twice with different values; send it once")

    def _leaf(self, element: _Element, path: str) -> str:
        if len(element) == 0:
            return element.text or ""
        self._note(DeviationKind.NESTED_CONTENT, path, "elements within text, kept as text")
        parts: list[str] = []
        _inner_xml(element, parts)
        return "".join(parts)

    def _build(self, spec: MessageSpec, path: str, values: dict[str, Any]) -> object:
        for field in spec.fields:
            here = f"{path}/{'@' if field.kind is FieldKind.ATTRIBUTE else ''}{field.name}"
            if field.many:
                items = values.setdefault(field.attribute, [])
                if field.required and not items:
                    raise MissingFieldError(here, "missing; at least one is required")
                if field.max_occurs is not None and len(items) > field.max_occurs:
                    self._note(DeviationKind.FIELD_REPEATED, here, f"{len(items)} times, {field.max_occurs} at most")
            elif field.attribute not in values and field.required:
                raise MissingFieldError(here, "missing; it is required")
        return spec.type(**values)


def _inner_xml(element: _Element, parts: list[str]) -> None:
    """Write what is within an element by local names alone.

    Declarations of namespaces, which a serializer repeats for each child, could make a long text of a short message.
    """
    parts.append(_escape(element.text or ""))
    for child in element:
        name = _split(str(child.tag))[1]
        attributes = (f' {_split(str(key))[1]}="{_escape(str(text))}"' for key, text in child.items())
        parts.append(f"<{name}{''.join(attributes)}>")
        _inner_xml(child, parts)
        parts.append(f"</{name}>{_escape(child.tail or '')}")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _split(tag: str) -> tuple[str, str]:
    if len(tag) > _LONGEST_TAG:
        raise LimitExceededError(f"a name of {len(tag)} characters with its namespace, {_LONGEST_TAG} are allowed")
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return "", tag


def _by_case(fields: Mapping[str, FieldSpec], name: str) -> FieldSpec | None:
    folded = name.casefold()
    candidates: Iterator[FieldSpec] = (field for key, field in fields.items() if key.casefold() == folded)
    return next(candidates, None)


def _single(spec: MessageSpec, name: str) -> FieldSpec | None:
    """Return the element of this name that has a text and comes once."""
    field = spec.elements.get(name)
    return field if field is not None and _is_simple(field) and not field.many else None


def _is_simple(field: FieldSpec) -> bool:
    return not hasattr(field.type, "__dataclass_fields__")


def _inherits(spec: MessageSpec, name: str) -> bool:
    below = [spec_of(field.type) for field in spec.elements.values() if not _is_simple(field)]
    return any(name in inner.attributes or _single(inner, name) is not None for inner in below)


def _is_nil(element: _Element) -> bool:
    nil = element.get(f"{{{_XSI}}}nil")
    return nil is not None and nil.strip() in {"true", "1"}
