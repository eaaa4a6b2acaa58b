"""The codec of one message: the generated exact way in front, the tolerant way behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from ocpp_sdk.codec.exact import EXACT_ERRORS
from ocpp_sdk.codec.explain import write_carefully
from ocpp_sdk.codec.tolerant import read_tolerantly
from ocpp_sdk.errors import DeviationError, InvalidTypeError

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.deviation import Deviation

__all__ = ["MessageCodec"]

T = TypeVar("T")


class MessageCodec(Generic[T]):
    """Reads and writes the payload element of one message.

    Attributes:
        type: the dataclass of the message.
        namespace: namespace of the payload element.
        element: local name of the payload element.
        tag: both, as lxml spells them.
    """

    __slots__ = ("_read", "_write", "element", "namespace", "tag", "type")

    def __init__(
        self,
        *,
        type: type[T],
        namespace: str,
        element: str,
        read: Callable[[_Element], T] | None,
        write: Callable[[T], str] | None,
    ) -> None:
        self.type = type
        self.namespace = namespace
        self.element = element
        self.tag = f"{{{namespace}}}{element}" if namespace else element
        self._read = read
        self._write = write

    def __repr__(self) -> str:
        return f"<MessageCodec {self.tag}>"

    def decode(self, element: _Element, deviations: list[Deviation], *, strict: bool = False) -> T:
        """Read a payload element; the name of the element itself is not looked at.

        Args:
            element: the child of the SOAP body.
            deviations: receives what is odd about the payload.
            strict: whether the first deviation of the payload is an error.

        Raises:
            MessageError: a field is missing or cannot be read; `path` names it.
        """
        if self._read is not None and not strict:
            try:
                return self._read(element)
            except EXACT_ERRORS:
                pass
        before = len(deviations)
        message = read_tolerantly(self.type, element, self.element, deviations)
        if strict and len(deviations) > before:
            first = deviations[before]
            raise DeviationError(first.path, f"{first.kind}: {first.detail}")
        return message

    def encode(self, message: T) -> str:
        """Write the payload element; nothing that the schema forbids is ever written.

        Args:
            message: an instance of `type`.

        Returns:
            XML without a declaration, with the namespace as default namespace.

        Raises:
            MessageError: a field has a value that the schema does not allow; `path` names it.
        """
        if message.__class__ is not self.type:
            raise InvalidTypeError(self.element, f"expected {self.type.__name__}, not {message.__class__.__name__}")
        if self._write is not None:
            try:
                return self._write(message)
            except EXACT_ERRORS:
                pass
        return write_carefully(message, self.namespace, self.element)
