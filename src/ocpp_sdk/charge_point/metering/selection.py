"""Which values of a meter go out for the words of a configuration key. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ocpp_sdk.charge_point.configuration.measurands import split_word
from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.versions.domain import SampledValue

__all__ = ["measurand_of", "select", "with_register"]


def measurand_of(value: SampledValue) -> str:
    """Return what a value measures, said or not."""
    return value.measurand or ENERGY


def select(values: Iterable[SampledValue], words: Iterable[str], context: str) -> tuple[SampledValue, ...]:
    """Return the values that the words name, in the order of the words, each once.

    All phases and locations of a measurand are reported (1.6 section 3.16.3), unless the word names a phase.

    Args:
        values: of one meter.
        words: measurands, with or without a phase.
        context: why they were read, such as `Sample.Periodic`.
    """
    given = list(values)
    chosen: dict[SampledValue, None] = {}
    for word in words:
        measurand, phase = split_word(word)
        for value in given:
            if measurand_of(value) == measurand and phase in {None, value.phase}:
                chosen[value] = None
    return tuple(value._replace(context=context, measurand=measurand_of(value)) for value in chosen)


def with_register(values: Iterable[SampledValue], energy_wh: int) -> tuple[SampledValue, ...]:
    """Return values with the energy that a start or a stop was told with, so that both say the same."""
    others = tuple(value for value in values if not is_register(value))
    return (SampledValue(value=str(energy_wh), measurand=ENERGY, unit="Wh"), *others)


def is_register(value: SampledValue) -> bool:
    """Tell whether a value is the register of the connector itself: of all phases, at the outlet."""
    return measurand_of(value) == ENERGY and value.phase is None and value.location in {None, "Outlet"}
