"""What happens to a simulated PLC, a step a line, from a file or from whoever types it.

    plug 1
    swipe 1 TAG1
    wait 3600
    unplug 1

`#` begins a comment. The verbs are in `VERBS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.simulator.connector import SimulatedConnector

if TYPE_CHECKING:
    from ocpp_sdk.modbus.simulator.server import SimulatedPlc

__all__ = ["VERBS", "Step", "parse_scenario", "parse_step"]

VERBS: Final[Mapping[str, str]] = {
    "plug": "plug CONNECTOR: connect a vehicle",
    "unplug": "unplug CONNECTOR: take it away, which ends the transaction",
    "swipe": "swipe CONNECTOR TAG: show a tag, which begins or ends a transaction",
    "power": "power CONNECTOR WATTS: what a vehicle draws",
    "fault": "fault CONNECTOR NUMBER: 0 to 12, 0 for none",
    "accept": "accept CONNECTOR: accept remote starts and stops again",
    "refuse": "refuse CONNECTOR: refuse remote starts and stops",
    "silent": "silent: answer no request",
    "answer": "answer: answer requests again",
    "wait": "wait SECONDS: before the next step",
}
_WITHOUT_CONNECTOR: Final = frozenset({"silent", "answer", "wait"})
_MAX_TAG: Final = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens.

    Attributes:
        wait_s: how long to wait instead.
        apply: does it to a PLC; nothing for a wait.
    """

    wait_s: float
    apply: Callable[[SimulatedPlc], None]


def parse_scenario(text: str, *, name: str, connectors: int) -> list[Step]:
    """Read a scenario, so that a mistake in its last line is found before its first one is done.

    Args:
        text: of the file.
        name: of the file, for what is said about its lines.
        connectors: how many the PLC has.

    Raises:
        ConfigurationError: one line with file, line and reason.
    """
    return [
        step
        for number, line in enumerate(text.splitlines(), 1)
        for step in _steps(line, f"{name}:{number}", connectors)
    ]


def parse_step(line: str, *, connectors: int) -> Step | None:
    """Read what somebody types; None if it is empty.

    Raises:
        ConfigurationError: one line with the reason.
    """
    return next(_steps(line, "", connectors), None)


def _steps(line: str, where: str, connectors: int) -> Iterator[Step]:
    words = line.partition("#")[0].split()
    if not words:
        return
    prefix = f"{where}: " if where else ""
    verb, *rest = words
    usage = VERBS.get(verb)
    if usage is None:
        raise ConfigurationError(f"{prefix}{verb[:40]!r} is nothing that can happen; there are {', '.join(VERBS)}")
    if len(rest) != len(usage.partition(":")[0].split()) - 1:
        raise ConfigurationError(f"{prefix}it is {usage}")
    if verb == "wait":
        yield Step(_number(prefix, usage, rest[0], 10_000_000), _nothing)
    elif verb in _WITHOUT_CONNECTOR:
        yield Step(0.0, _be_silent if verb == "silent" else _answer)
    else:
        number = int(_number(prefix, usage, rest[0], 99))
        if not 1 <= number <= connectors:
            raise ConfigurationError(f"{prefix}there is no connector {rest[0]}; it is 1 to {connectors}")
        yield _on_connector(number, _act(prefix, usage, verb, rest[1:]))


def _on_connector(number: int, act: Callable[[SimulatedConnector], None]) -> Step:
    return Step(0.0, lambda plc: act(plc.connectors[number]))


def _act(prefix: str, usage: str, verb: str, rest: list[str]) -> Callable[[SimulatedConnector], None]:
    if verb == "swipe":
        tag = rest[0]
        if len(tag) > _MAX_TAG or not tag.isascii():
            raise ConfigurationError(f"{prefix}{tag[:40]!r} is no tag; it has up to {_MAX_TAG} ASCII characters")
        return lambda connector: connector.swipe(tag)
    if verb == "power":
        power_w = int(_number(prefix, usage, rest[0], 1_000_000))
        return lambda connector: setattr(connector, "power_w", power_w)
    if verb == "fault":
        fault = int(_number(prefix, usage, rest[0], 12))
        return lambda connector: setattr(connector, "fault", fault)
    if verb in {"accept", "refuse"}:
        return lambda connector: setattr(connector, "remote_accepts", verb == "accept")
    return SimulatedConnector.plug if verb == "plug" else SimulatedConnector.unplug


def _number(prefix: str, usage: str, text: str, most: int) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise ConfigurationError(f"{prefix}{text[:40]!r} is no number from 0 to {most}; it is {usage}")
    return found


def _nothing(_plc: SimulatedPlc) -> None:
    return


def _be_silent(plc: SimulatedPlc) -> None:
    plc.answers.clear()


def _answer(plc: SimulatedPlc) -> None:
    plc.answers.set()
