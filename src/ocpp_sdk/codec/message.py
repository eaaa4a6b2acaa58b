"""The codec of one message: the generated exact way, and the tolerant way behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from ocpp_sdk.codec.exact import EXACT_ERRORS, NotExact
from ocpp_sdk.codec.explain import write_carefully
from ocpp_sdk.codec.tolerant import read_tolerantly
from ocpp_sdk.errors import DeviationError, InvalidTypeError

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.codec.rows import Rows
    from ocpp_sdk.codec.scanning import Scan
    from ocpp_sdk.deviation import Deviation

__all__ = ["MessageCodec"]

T = TypeVar("T")

_MOST_PREFIXES = 16


class MessageCodec(Generic[T]):
    """Reads and writes the payload element of one message.

    Attributes:
        type: the dataclass of the message.
        namespace: namespace of the payload element.
        element: local name of the payload element.
        tag: both, as lxml spells them.
    """

    __slots__ = ("_made", "_rows", "_scan", "_write", "element", "namespace", "tag", "type")

    def __init__(
        self,
        *,
        type: type[T],
        namespace: str,
        element: str,
        scan: Callable[[str], Scan[T]] | None,
        write: Callable[[T], str] | None,
        rows: Callable[[str], Rows[T]] | None = None,
    ) -> None:
        self.type = type
        self.namespace = namespace
        self.element = element
        self.tag = f"{{{namespace}}}{element}" if namespace else element
        self._scan = scan
        self._rows = rows
        self._made: dict[str, tuple[Scan[T] | None, Rows[T] | None]] = {}
        self._write = write

    def __repr__(self) -> str:
        return f"<MessageCodec {self.tag}>"

    def scanner(self, prefix: str) -> Scan[T]:
        """Return the exact reader for payloads whose elements have a prefix.

        Args:
            prefix: with its colon, as `cs:`; empty for a default namespace.

        Raises:
            NotExact: there is none for this message.
        """
        scan, _ = self._readers(prefix)
        if scan is None:
            raise NotExact
        return scan

    def reader_of_rows(self, prefix: str) -> Rows[T] | None:
        """Return what reads such a payload at one go, None if this is no message of rows.

        Args:
            prefix: as for `scanner`.
        """
        return self._readers(prefix)[1]

    def _readers(self, prefix: str) -> tuple[Scan[T] | None, Rows[T] | None]:
        found = self._made.get(prefix)
        if found is None:
            if len(self._made) >= _MOST_PREFIXES:
                self._made.clear()
            scan, rows = self._scan, self._rows
            found = self._made[prefix] = scan and scan(prefix), rows and rows(prefix)
        return found

    def decode(self, element: _Element, deviations: list[Deviation], *, strict: bool = False) -> T:
        """Read a payload element with care; the name of the element itself is not looked at.

        Args:
            element: the child of the SOAP body.
            deviations: receives what is odd about the payload.
            strict: whether the first deviation of the payload is an error.

        Raises:
            MessageError: a field is missing or cannot be read; `path` names it.
        """
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
