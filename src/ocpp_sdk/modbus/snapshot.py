"""What a device held at one moment, and how it is made of the words that were read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ocpp_sdk.modbus.planning import ReadRequest
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.words import Decoder, decoder_of

__all__ = ["Snapshot", "reader_of"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The values of a device.

    Attributes:
        at: when it was read, in seconds of a clock that only grows.
        values: by name of the register; one whose words make no value is not in it.
        problems: what is wrong with each of those.
    """

    at: float
    values: Mapping[str, Value]
    problems: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Return whether a register is set; one that is missing is not."""
        return bool(self.values.get(name))

    def number(self, name: str) -> int | float | None:
        """Return a number, None if there is none."""
        found = self.values.get(name)
        return found if isinstance(found, int | float) else None

    def whole(self, name: str, default: int = 0) -> int:
        """Return a number rounded to a whole one."""
        found = self.number(name)
        return default if found is None else round(found)

    def text(self, name: str) -> str:
        """Return text without blanks around it, empty if there is none."""
        found = self.values.get(name)
        return found.strip() if isinstance(found, str) else ""

    def time(self, name: str) -> datetime | None:
        """Return a time, None if there is none."""
        found = self.values.get(name)
        return found if isinstance(found, datetime) else None


def reader_of(requests: Sequence[ReadRequest]) -> Callable[[float, Sequence[Sequence[int]]], Snapshot]:
    """Return what makes a snapshot of the answers to some requests, given in their order.

    Answers that are the same as the last time give the very same values.
    """
    plans: list[list[tuple[str, Decoder, int]]] = [
        [(one.name, decoder_of(one), one.address - request.address) for one in request.registers]
        for request in requests
    ]

    last: Sequence[Sequence[int]] = ()
    made = Snapshot(0.0, {}, {})

    def read(at: float, answers: Sequence[Sequence[int]]) -> Snapshot:
        nonlocal last, made
        if answers == last:
            # Most of the time nothing happens at a station.
            return Snapshot(at, made.values, made.problems)
        values: dict[str, Value] = {}
        problems: dict[str, str] = {}
        for plan, words in zip(plans, answers, strict=True):
            for name, decoder, offset in plan:
                try:
                    values[name] = decoder(words, offset)
                except ValueError as error:
                    problems[name] = str(error)
        last, made = answers, Snapshot(at, values, problems)
        return made

    return read
