"""One message of each kind with every field set, the same each time, and the files that show it on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from ocpp_sdk.codec.fields import FieldSpec, spec_of
from ocpp_sdk.codec.json import to_json
from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.operation import AnyOperation
from ocpp_sdk.soap.exchange import encode_reply, encode_request
from tests.conformance.corpus import HERE, SERVICES

EXACT: Final = HERE / "exact"
IDENTITY: Final = "CP-0001"
REQUEST_ID: Final = "urn:uuid:00000000-0000-4000-8000-00000000000a"
REPLY_ID: Final = "urn:uuid:00000000-0000-4000-8000-00000000000b"
_BEGIN: Final = datetime(2024, 5, 16, 15, 42, 5, tzinfo=UTC)
_URL: Final = "ftp://user:password@files.example.com:2121/"


@dataclass(frozen=True)
class Sample:
    """One message and its two files."""

    operation: AnyOperation
    is_request: bool

    @property
    def codec(self) -> MessageCodec[Any]:
        return self.operation.request if self.is_request else self.operation.response

    @property
    def path(self) -> Path:
        service = self.operation.service
        return EXACT / f"v{str(service.version).replace('.', '')}" / str(service.role) / f"{self.codec.element}.xml"

    def message(self) -> object:
        return filled(self.codec.type)

    def envelope(self) -> bytes:
        """Return the whole message as it is sent."""
        if self.is_request:
            return encode_request(
                self.operation,
                self.message(),
                charge_box_identity=IDENTITY,
                message_id=REQUEST_ID,
                to="http://192.0.2.1:9220/",
                from_address="http://192.0.2.2:9221/",
            )
        return encode_reply(self.operation, self.message(), message_id=REPLY_ID, relates_to=REQUEST_ID)

    def json(self) -> str:
        return json.dumps(to_json(self.message()), indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        return self.path.relative_to(EXACT).with_suffix("").as_posix()


def samples() -> Iterator[Sample]:
    """Yield every message of every service."""
    for service in SERVICES:
        for operation in service.operations.values():
            yield Sample(operation, is_request=True)
            yield Sample(operation, is_request=False)


def filled(kind: type, number: int = 1, above: tuple[type, ...] = ()) -> object:
    """Make an instance with every field set; lists have two entries, which differ."""
    values: dict[str, Any] = {}
    for field in spec_of(kind).fields:
        if field.type in above or field.type is kind:
            continue
        if field.many:
            count = 2 if field.max_occurs is None else min(2, field.max_occurs)
            values[field.attribute] = [_value(field, number + step, (*above, kind)) for step in range(count)]
        else:
            values[field.attribute] = _value(field, number, (*above, kind))
    return kind(**values)


def _value(field: FieldSpec, number: int, above: tuple[type, ...]) -> object:
    kind = field.type
    if hasattr(kind, "__dataclass_fields__"):
        return filled(kind, number, above)
    if issubclass(kind, Enum):
        members = list(kind)
        return members[(number + len(field.attribute)) % len(members)]
    least = max(int(field.facets.min_inclusive or 0), field.index + number)
    simple: dict[type, object] = {
        str: _text(field, number) if kind is str else "",
        datetime: _BEGIN + timedelta(minutes=field.index, milliseconds=128 * (number - 1)),
        date: _BEGIN.date(),
        bool: number % 2 == 1,
        bytes: bytes(range(number, number + 4)),
        int: 10 * least,
        float: least + number / 10,
        Decimal: Decimal(least) + Decimal(number) / 10,
    }
    return simple[kind]


def _text(field: FieldSpec, number: int) -> str:
    facets = field.facets
    text = f"{_URL}{field.attribute}" if facets.pattern is not None else f"{field.attribute or 'text'} & <{number}> é"
    if facets.max_length is not None:
        text = text[: facets.max_length].rstrip()
    assert facets.pattern is None or facets.pattern.fullmatch(text), f"{field.attribute}: {text} does not fit"
    return text
