"""Deviations: what a message had that the specification does not, and that was read all the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Deviation", "DeviationKind"]


class DeviationKind(StrEnum):
    """What is odd about a message. The values are stable names for logs, counters and reports."""

    # the payload
    FIELD_ORDER = "field-order"
    FIELD_NAMESPACE = "field-namespace"
    FIELD_CASE = "field-case"
    FIELD_REPEATED = "field-repeated"
    FIELD_UNKNOWN = "field-unknown"
    FIELD_EMPTY = "field-empty"
    FIELD_NIL = "field-nil"
    FIELD_AS_ATTRIBUTE = "field-as-attribute"
    ATTRIBUTE_ON_PARENT = "attribute-on-parent"
    NESTED_CONTENT = "nested-content"
    BLANKS = "blanks"
    ENUM_CASE = "enum-case"
    NUMBER_FORM = "number-form"
    BOOLEAN_CASE = "boolean-case"
    TIME_FORM = "time-form"
    TIME_ZONE_MISSING = "time-zone-missing"
    TEXT_TOO_LONG = "text-too-long"
    FACET = "facet"
    # the payload element
    BODY_NAMESPACE = "body-namespace"
    BODY_ELEMENT_NAME = "body-element-name"
    BODY_EXTRA_ELEMENT = "body-extra-element"
    # the envelope and its headers
    LEADING_BLANKS = "leading-blanks"
    BYTE_ORDER_MARK = "byte-order-mark"
    ENCODING = "encoding"
    ENVELOPE_EXTRA_ELEMENT = "envelope-extra-element"
    HEADER_REPEATED = "header-repeated"
    HEADER_CASE = "header-case"
    HEADER_BLANKS = "header-blanks"
    HEADER_NOT_UNDERSTOOD = "header-not-understood"
    IDENTITY_MISSING = "identity-missing"
    IDENTITY_NAMESPACE = "identity-namespace"
    ADDRESSING_NAMESPACE = "addressing-namespace"
    ACTION_MISSING = "action-missing"
    ACTION_MISMATCH = "action-mismatch"
    ACTION_FORM = "action-form"
    MESSAGE_ID_MISSING = "message-id-missing"
    FROM_MISSING = "from-missing"
    TO_MISSING = "to-missing"
    RELATES_TO_MISSING = "relates-to-missing"
    RELATES_TO_MISMATCH = "relates-to-mismatch"
    ADDRESS_BARE = "address-bare"
    ADDRESS_INVALID = "address-invalid"
    REPLY_TO_NOT_ANONYMOUS = "reply-to-not-anonymous"
    FAULT_FORM = "fault-form"
    FAULT_STATUS = "fault-status"
    # HTTP
    CONTENT_TYPE = "content-type"
    CONTENT_ENCODING = "content-encoding"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One oddity.

    Attributes:
        kind: the stable name.
        path: where, as in `MessageError.path`, or the name of a header.
        detail: what was found, short, for people.
    """

    kind: DeviationKind
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.path}: {self.detail}"
