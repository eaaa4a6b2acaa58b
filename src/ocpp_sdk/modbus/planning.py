"""Which requests are sent: the fewest that the map and the limits of the device allow. Pure.

Two rules stand above the number of requests. What belongs to one exchange, as a command of the PLC and its data, is
read in one request, so that a command is never seen beside data of a moment before. And when what we write takes
several requests, a signal follows the data that it announces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ocpp_sdk.errors import RegisterValueError
from ocpp_sdk.modbus.registers import Register, RegisterMap, Side, SideLimits, Value
from ocpp_sdk.modbus.words import encode

__all__ = ["ReadRequest", "WriteRequest", "plan_reads", "plan_writes"]

_SINGLE_WRITE = 6


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Some words to read.

    Attributes:
        function: its code, 3 or 4.
        address: of the first word.
        count: of words.
        registers: what they hold, by address.
    """

    function: int
    address: int
    count: int
    registers: tuple[Register, ...]


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Some words to write.

    Attributes:
        function: its code, 6 or 16.
        address: of the first word.
        words: what to write there.
        registers: what they hold, by address.
    """

    function: int
    address: int
    words: tuple[int, ...]
    registers: tuple[Register, ...]


def plan_reads(register_map: RegisterMap, registers: Iterable[Register] | None = None) -> tuple[ReadRequest, ...]:
    """Plan how to read.

    Args:
        register_map: whose limits hold.
        registers: what is to be read; everything that the PLC writes if None.
    """
    chosen = register_map.of(Side.READ) if registers is None else registers
    ordered = sorted(chosen, key=lambda one: (one.function, one.address))
    limits = register_map.read
    runs: list[list[Register]] = []
    for cluster in _clusters(ordered, limits):
        if runs and _fits(runs[-1], cluster, limits):
            runs[-1].extend(cluster)
        else:
            runs.append(list(cluster))
    return tuple(ReadRequest(run[0].function, run[0].address, run[-1].end - run[0].address, tuple(run)) for run in runs)


def plan_writes(
    register_map: RegisterMap, values: Mapping[str, Value], written: Mapping[str, Sequence[int]]
) -> tuple[WriteRequest, ...]:
    """Plan how to write what has changed.

    Args:
        register_map: whose limits hold.
        values: what the registers shall hold, by name.
        written: the words that the device holds, by name; a name that is missing is unknown and so written.

    Raises:
        RegisterValueError: a register cannot hold its value, or there is none of that name.
    """
    changed: dict[str, list[int]] = {}
    for name, value in values.items():
        register = register_map.registers.get(name)
        if register is None or register.side is not Side.WRITE:
            raise RegisterValueError(f"{name} is no register that can be written; see [write] in {register_map.name}")
        words = encode(register, value)
        known = written.get(name)
        if known is None or list(known) != words:
            changed[name] = words
    if not changed:
        return ()
    ordered = [one for one in register_map.of(Side.WRITE) if one.name in changed]
    runs = sorted(_write_runs(ordered, register_map.write), key=_has_signal)
    if not _signals_follow(runs):
        data = [one for one in ordered if not one.is_signal]
        signals = [one for one in ordered if one.is_signal]
        runs = _write_runs(data, register_map.write) + _write_runs(signals, register_map.write)
    return tuple(
        WriteRequest(
            run[0].function, run[0].address, tuple(word for one in run for word in changed[one.name]), tuple(run)
        )
        for run in runs
    )


def _clusters(ordered: Sequence[Register], limits: SideLimits) -> list[list[Register]]:
    """Put together what must be read at the same moment; what is too far apart for that stays single."""
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for one in ordered:
        first, last = spans.get((one.function, one.group), (one.address, one.end))
        spans[one.function, one.group] = (min(first, one.address), max(last, one.end))
    clusters: list[list[Register]] = []
    reach, function = -1, -1
    for one in ordered:
        start, end = spans[one.function, one.group]
        if clusters and one.function == function and one.address < reach:
            clusters[-1].append(one)
        else:
            clusters.append([one])
        if end - start <= limits.max_words:
            reach = max(reach if one.function == function else -1, end)
        function = one.function
    whole: list[list[Register]] = []
    for cluster in clusters:
        fits = cluster[-1].end - cluster[0].address <= limits.max_words
        gaps = (after.address - before.end for before, after in pairwise(cluster))
        whole.extend([cluster] if fits and max(gaps, default=0) <= limits.max_gap else [[one] for one in cluster])
    return whole


def _fits(run: Sequence[Register], cluster: Sequence[Register], limits: SideLimits) -> bool:
    return (
        run[0].function == cluster[0].function
        and cluster[0].address - run[-1].end <= limits.max_gap
        and cluster[-1].end - run[0].address <= limits.max_words
    )


def _write_runs(ordered: Sequence[Register], limits: SideLimits) -> list[list[Register]]:
    runs: list[list[Register]] = []
    for one in ordered:
        before = runs[-1] if runs else None
        if (
            before is not None
            and one.function != _SINGLE_WRITE
            and before[-1].function == one.function
            and before[-1].end == one.address
            and one.end - before[0].address <= limits.max_words
        ):
            before.append(one)
        else:
            runs.append([one])
    return runs


def _has_signal(run: Sequence[Register]) -> bool:
    return any(one.is_signal for one in run)


def _signals_follow(runs: Sequence[Sequence[Register]]) -> bool:
    """Whether no signal is written before data of its group."""
    announced: set[str] = set()
    for run in runs:
        if any(not one.is_signal and one.group in announced for one in run):
            return False
        announced.update(one.group for one in run if one.is_signal)
    return True
