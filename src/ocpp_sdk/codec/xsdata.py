"""Lets xsdata's own parser and serializer handle generated classes: `datetime` and `date` without a format.

xsdata reads and writes the text of a `datetime` field only by a `format` for `strptime`, which neither covers the
fractions nor the zones of xsd:dateTime. `register` adds converters that do. This module alone imports xsdata, which is
no dependency of this package: install it to use this.

    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.parsers.config import ParserConfig
    from ocpp_sdk import v15
    from ocpp_sdk.codec.xsdata import class_factory, register

    register()
    parser = XmlParser(config=ParserConfig(class_factory=class_factory))
    parser.from_string(text, v15.BootNotificationResponse)
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final, TypeVar

from xsdata.exceptions import ConverterError
from xsdata.formats.converter import Converter, DateConverter, DateTimeConverter, converter

from ocpp_sdk.codec.exact import NotExact, write_date, write_time
from ocpp_sdk.codec.fields import spec_of

__all__ = ["class_factory", "register"]

T = TypeVar("T")

_LONG_FRACTION: Final = re.compile(r"(\.[0-9]{6})[0-9]+")


def register() -> None:
    """Make xsdata read and write xsd:dateTime as `datetime` and xsd:date as `date`, process-wide.

    A time without a zone is read as UTC; one is written in UTC, and without a zone it cannot be written. A field with
    a `format` is handled as before.
    """
    converter.register_converter(datetime, _TimeConverter())
    converter.register_converter(date, _DayConverter())


def class_factory(kind: type[T], params: dict[str, object]) -> T:
    """Make an instance for xsdata's parser, which gives no text at all where the text of an element is empty.

    Args:
        kind: the class.
        params: the fields that were found.
    """
    text = spec_of(kind).text
    return kind(**({text.attribute: "", **params} if text is not None and text.type is str else params))


class _TimeConverter(Converter):
    """xsd:dateTime."""

    _by_format = DateTimeConverter()

    def deserialize(self, value: object, **options: object) -> datetime:
        if options.get("format"):
            return self._by_format.deserialize(value, **options)
        try:
            found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", str(value).strip()))
        except ValueError as error:
            raise ConverterError(f"{value!r} is no xsd:dateTime") from error
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

    def serialize(self, value: datetime, **options: object) -> str:
        if options.get("format"):
            return self._by_format.serialize(value, **options)
        try:
            return write_time(value)
        except (NotExact, OverflowError) as error:
            raise ConverterError(f"{value!r} cannot be written as xsd:dateTime") from error


class _DayConverter(Converter):
    """xsd:date."""

    _by_format = DateConverter()

    def deserialize(self, value: object, **options: object) -> date:
        if options.get("format"):
            return self._by_format.deserialize(value, **options)
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ConverterError(f"{value!r} is no xsd:date") from error

    def serialize(self, value: date, **options: object) -> str:
        if options.get("format"):
            return self._by_format.serialize(value, **options)
        try:
            return write_date(value)
        except NotExact as error:
            raise ConverterError(f"{value!r} cannot be written as xsd:date") from error
