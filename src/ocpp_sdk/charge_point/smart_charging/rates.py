"""Limits in W and in A: how one becomes the other, and which of several is the least (1.6 section 7.12).

W count for all phases together, A for each phase. A limit without a number of phases counts for all that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from ocpp_sdk.charge_point.hardware import Limit

__all__ = ["UNITS", "Grid", "converted", "floored", "least", "total"]

UNITS: Final = frozenset({"A", "W"})

_STEP: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What the charge point is connected to.

    Attributes:
        voltage: nominal, between a phase and neutral, in V.
        phases: how many, 1 to 3.
    """

    voltage: Decimal = Decimal(230)
    phases: int = 3


def floored(amount: Decimal) -> Decimal:
    """Return an amount with the one digit that messages carry, never more than it was."""
    return amount.quantize(_STEP, ROUND_FLOOR)


def converted(limit: Limit, unit: str, phases: int, grid: Grid) -> Decimal:
    """Return the amount of a limit in another unit, when so many phases are used."""
    if limit.unit == unit:
        return limit.rate
    power_of_one = grid.voltage * phases
    return limit.rate * power_of_one if unit == "W" else limit.rate / power_of_one


def least(limits: Sequence[Limit], unit: str | None, grid: Grid) -> Limit | None:
    """Return what keeps to all limits at once, None without any.

    The fewest phases that one of them allows count for all: 3680 W are 16 A where another limit allows one phase.

    Args:
        limits: of the same connector at the same moment.
        unit: of the result; None for that of the limit which is the least.
        grid: turns units.
    """
    if not limits:
        return None
    named = [limit.phases for limit in limits if limit.phases is not None]
    phases = min(*named, grid.phases) if named else grid.phases
    lowest = min(limits, key=lambda limit: converted(limit, unit or "A", phases, grid))
    unit = unit or lowest.unit
    return Limit(rate=floored(converted(lowest, unit, phases, grid)), unit=unit, phases=phases if named else None)


def total(limits: Sequence[Limit], unit: str, grid: Grid) -> Limit:
    """Return what several connectors may give together; amperes add up as if all were on the same phase."""
    rates = (converted(limit, unit, min(limit.phases or grid.phases, grid.phases), grid) for limit in limits)
    return Limit(rate=floored(sum(rates, Decimal(0))), unit=unit)
