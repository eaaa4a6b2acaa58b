"""Builds the function that writes a message as XML text, as `ocpp_sdk.codec.exact` explains it."""

from __future__ import annotations

from xml.sax.saxutils import escape

from codegen.model import Class, Field, FieldKind, Value
from codegen.straight_line.code import Code, ModuleNeeds
from codegen.straight_line.values import failures, write_expression, wrong_number

__all__ = ["write_function"]

_NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'


def write_function(made: Class, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the lines of the function that writes a message.

    Args:
        made: the class of the message; not a recursive one.
        name: the name of the function.
        needs: receives what the function uses.
    """
    writer = _Writer(needs)
    writer.message(made)
    argument = "message" if made.fields else "_message"
    return [f"def {name}({argument}: {needs.type(made)}) -> str:", *writer.code.lines]


class _Writer:
    """Writes one function; what was not added to the text yet is pending, literals and expressions in turn."""

    def __init__(self, needs: ModuleNeeds) -> None:
        self.code = Code("message", "xml")
        self._needs = needs
        self._pending: list[str] = []
        self._started = False

    def message(self, made: Class) -> None:
        element = made.element
        name = element.local if element else made.source
        namespace = element.namespace if element else made.namespace
        self._element(made, "message", name, namespace, outer="")
        rest = self._take()
        self.code.line(f"return xml + {rest}" if self._started else f"return {rest}")

    def _element(self, made: Class, value: str, name: str, namespace: str, *, outer: str) -> None:
        self._literal(f"<{name}{_xmlns(namespace, outer)}")
        content = [field for field in made.fields if field.kind is not FieldKind.ATTRIBUTE]
        for field in made.fields:
            if field.kind is FieldKind.ATTRIBUTE:
                self._attribute(field, value)
        if not content:
            self._literal("/>")
            return
        self._literal(">")
        for field in content:
            if field.kind is FieldKind.TEXT:
                self._simple(field, self._fetched(field, value), "escape_text")
            else:
                self._child(field, value, namespace)
        self._literal(f"</{name}>")

    def _attribute(self, field: Field, owner: str) -> None:
        value = self._fetched(field, owner)
        if field.required or field.default is not None:
            self._attribute_text(field, value)
            return
        self._flush()
        with self.code.block(f"if {value} is not None:"):
            self._attribute_text(field, value)
            self._flush()

    def _attribute_text(self, field: Field, value: str) -> None:
        self._literal(f' {field.xml_name}="')
        self._simple(field, value, "escape_attribute")
        self._literal('"')

    def _child(self, field: Field, owner: str, namespace: str) -> None:
        value = self._fetched(field, owner)
        if field.many:
            self._many(field, value, namespace)
        elif field.required and not field.nillable:
            self._one(field, value, namespace)
        else:
            self._flush()
            with self.code.block(f"if {value} is not None:"):
                self._one(field, value, namespace)
                self._flush()
            if field.required:
                with self.code.block("else:"):
                    self._literal(f"<{field.xml_name}{_xmlns(field.namespace, namespace)}{_NIL}")
                    self._flush()

    def _many(self, field: Field, value: str, namespace: str) -> None:
        self.code.raise_if(f"{value}.__class__ is not list", *wrong_number(field, value))
        self._needs.use("NotExact")
        self._flush()
        item = self.code.free(f"{field.name}_item")
        with self.code.block(f"for {item} in {value}:"):
            self._one(field, item, namespace)
            self._flush()

    def _one(self, field: Field, value: str, namespace: str) -> None:
        if isinstance(field.type, Class):
            self._check_class(value, self._needs.type(field.type))
            self._element(field.type, value, field.xml_name, field.namespace, outer=namespace)
            return
        self._literal(f"<{field.xml_name}{_xmlns(field.namespace, namespace)}>")
        self._simple(field, value, "escape_text")
        self._literal(f"</{field.xml_name}>")

    def _simple(self, field: Field, value: str, escape_name: str) -> None:
        if not isinstance(field.type, Value):
            return
        if field.type.enumeration is not None:
            self._check_class(value, self._needs.type(field.type.enumeration))
        wrong = failures(field.type, value, self._needs)
        if wrong:
            self._needs.use("NotExact")
            self.code.raise_if(*wrong)
        self._pending.append(f"{{{write_expression(field.type, value, self._needs, escape=escape_name)}}}")

    def _check_class(self, value: str, kind: str) -> None:
        self._needs.use("NotExact")
        self.code.raise_if(f"{value}.__class__ is not {kind}")

    def _fetched(self, field: Field, owner: str) -> str:
        value = self.code.free(field.name)
        self.code.line(f"{value} = {owner}.{field.name}")
        return value

    def _literal(self, text: str) -> None:
        self._pending.append(text.replace("{", "{{").replace("}", "}}"))

    def _take(self) -> str:
        text = "".join(self._pending)
        self._pending.clear()
        if "{" not in text.replace("{{", "") and "}" not in text.replace("}}", ""):
            return _quoted(text.replace("{{", "{").replace("}}", "}"))
        return f"f{_quoted(text)}"

    def _flush(self) -> None:
        if self._pending:
            self.code.line(f"xml {'+=' if self._started else '='} {self._take()}")
            self._started = True


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _xmlns(namespace: str, outer: str) -> str:
    return "" if namespace == outer else f' xmlns="{escape(namespace, {chr(34): "&quot;"})}"'
