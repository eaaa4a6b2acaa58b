"""How large and how deep a message may be."""

from __future__ import annotations

from dataclasses import dataclass

from ocpp_sdk.errors import ConfigurationError

__all__ = ["Limits"]

_PARSER_DEPTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a message; beyond them it is refused with `LimitExceededError`.

    Attributes:
        max_bytes: size of a message as it is received.
        max_inflated_bytes: size of a compressed message after inflating.
        max_depth: elements within elements, the envelope being the first; at most 255.
        max_attributes: attributes of one element.
        max_elements: elements of a message; as many attributes and namespace declarations are allowed as well. A
            stopTransactionRequest of OCPP 1.6 with 1,000 samples of 13 values has 106,000 elements; an element of a
            few bytes takes a hundred or two of memory.
    """

    max_bytes: int = 4 * 1024 * 1024
    max_inflated_bytes: int = 16 * 1024 * 1024
    max_depth: int = 32
    max_attributes: int = 256
    max_elements: int = 200_000

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_inflated_bytes", "max_depth", "max_attributes", "max_elements"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"limits: {name} is {getattr(self, name)}, it must be 1 or more")
        if self.max_depth > _PARSER_DEPTH:
            raise ConfigurationError(f"limits: max_depth is {self.max_depth}, the parser allows {_PARSER_DEPTH}")
