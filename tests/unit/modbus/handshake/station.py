"""A handshake beside the registers of a PLC, driven by hand."""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

from ocpp_sdk.modbus.handshake import Event, StationHandshake
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import RegisterMap, Side, Value
from ocpp_sdk.modbus.snapshot import Snapshot

EventT = TypeVar("EventT")
MAP = default_map(2)


class Station:
    """Both sides of the registers.

    Attributes:
        plc: what the PLC writes.
        ours: what we have written.
        now: seconds.
        handshake: that is tested.
    """

    def __init__(self, register_map: RegisterMap = MAP) -> None:
        numbers = count(1)
        self.now = 0.0
        self.handshake = StationHandshake(register_map, lambda: f"r{next(numbers)}")
        self.plc: dict[str, Value] = {one.name: _empty(one.type) for one in register_map.of(Side.READ)}
        self.ours: dict[str, Value] = {}
        self.problems: dict[str, str] = {}

    def cycle(self, *, seconds: float = 0.5, write: bool = True) -> list[Event]:
        """Read, go on, write."""
        self.now += seconds
        events = self.read()
        return events + self.write() if write else events

    def read(self) -> list[Event]:
        """Read and go on."""
        values = {name: value for name, value in self.plc.items() if name not in self.problems}
        return self.handshake.step(Snapshot(self.now, values, dict(self.problems)), self.now)

    def write(self) -> list[Event]:
        """Write what is wanted."""
        values = self.handshake.wanted()
        self.handshake.writing(values)
        self.ours.update(values)
        return self.handshake.written(values, self.now)

    def cut(self, seconds: float) -> list[Event]:
        """Let time pass without a connection."""
        self.now += seconds
        return self.handshake.step(None, self.now)

    def show(self, prefix: str, **values: Value) -> None:
        """Let the PLC set registers of a group."""
        for name, value in values.items():
            assert f"{prefix}_{name}" in self.plc
            self.plc[f"{prefix}_{name}"] = value

    def held(self, prefix: str) -> dict[str, Value]:
        """Return what we have written to a group."""
        return {name.removeprefix(f"{prefix}_"): v for name, v in self.ours.items() if name.startswith(f"{prefix}_")}


def only(events: Sequence[Event], kind: type[EventT]) -> EventT:
    """Return the one event that there is."""
    (event,) = events
    assert isinstance(event, kind)
    return event


def states(events: Sequence[Event]) -> list[str]:
    """Return the states into which records have come."""
    return [event.state.value for event in events if hasattr(event, "state")]


def _empty(kind: str) -> Value:
    values: dict[str, Value] = {"text": "", "bool": False, "datetime": None}
    return values.get(kind, 0)
