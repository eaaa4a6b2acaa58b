"""Measuring in turns: every contender once a round, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Taken(NamedTuple):
    """What one slice took.

    Attributes:
        seconds: of one time, by the clock.
        share: how much of the time by the clock the process had a core; less than 1 if others had it.
    """

    seconds: float
    share: float


Slice = Callable[[int], Taken]
"""Does something so many times."""

UNDISTURBED = 0.97
TRIES = 4


@dataclass(frozen=True)
class Series:
    """What one contender measured, one number a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Pace:
    """How long and how often.

    Attributes:
        slice_s: of one contender in one round, in the section that counts calls; short, since a slice that another
            process interrupts is one that the median leaves out.
        rounds: of that section at most.
        least_rounds: of that section, however long they take.
        message_s: of all rounds of one message in one direction.
        load_s: of one contender in one round, in the sections that count requests.
        load_rounds: of those sections.
        load_warm_up_s: of each contender of those sections, before the first round.
        starts: of a fresh process for each import.
    """

    slice_s: float
    rounds: int
    least_rounds: int
    message_s: float
    load_s: float
    load_rounds: int
    load_warm_up_s: float
    starts: int


FULL = Pace(
    slice_s=0.006, rounds=151, least_rounds=15, message_s=15, load_s=0.5, load_rounds=15, load_warm_up_s=4.0, starts=15
)
QUICK = Pace(
    slice_s=0.004, rounds=31, least_rounds=5, message_s=3, load_s=0.3, load_rounds=3, load_warm_up_s=1.5, starts=5
)


def calls(function: Callable[[], object]) -> Slice:
    """Return the slice that calls a function."""

    def run(times: int) -> Taken:
        core = process_time()
        start = perf_counter()
        for _ in repeat(None, times):
            function()
        elapsed = perf_counter() - start
        return Taken(elapsed / times, (process_time() - core) / elapsed)

    return run


@contextmanager
def steady_gc() -> Iterator[None]:
    """Leave out of the collections what set-up has made; the collector itself stays on, as in an application."""
    gc.enable()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


GC_STATE = "gc on for all, default thresholds, objects of the set-up frozen"


def take_turns(contenders: Mapping[str, Slice], pace: Pace) -> dict[str, Series]:
    """Measure every contender in every round, each round beginning with another one."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    with steady_gc():
        often = {name: _how_often(run, pace.slice_s) for name, run in contenders.items()}
        end = perf_counter() + pace.message_s
        for turn in range(pace.rounds):
            if turn >= pace.least_rounds and perf_counter() > end:
                break
            for name in rotated(list(contenders), turn):
                run, times = contenders[name], often[name]
                gc.collect()
                if times > 1:
                    # The caches are another contender's.
                    run(1 + times // 2)
                found[name].append(_least_disturbed(run, times))
    return {name: Series(tuple(values)) for name, values in found.items()}


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """Return the names beginning with another one each turn."""
    at = turn % len(names)
    return [*names[at:], *names[:at]]


def _how_often(run: Slice, seconds: float) -> int:
    """Warm up, and find how many calls fill a slice."""
    run(1)
    times = 1
    while (once := run(times).seconds) * times < seconds / 2:
        times *= 2
    return max(1, round(seconds / once))


def _least_disturbed(run: Slice, times: int) -> float:
    """Measure again when another process had the core meanwhile, a few times at most."""
    best = run(times)
    for _ in range(TRIES - 1):
        if best.share >= UNDISTURBED:
            break
        taken = run(times)
        if taken.share > best.share:
            best = taken
    return best.seconds


def ratio(numerator: Series, denominator: Series) -> tuple[float, float, float]:
    """Return the ratio of the medians, and the quartiles of the ratio within each round, which tell the noise."""
    rounds = [above / below for above, below in zip(numerator.values, denominator.values, strict=True)]
    middle = numerator.median / denominator.median
    if len(rounds) < 2:
        return middle, middle, middle
    low, _, high = statistics.quantiles(rounds, n=4, method="inclusive")
    return middle, low, high
