"""The measurands of each version, and the words by which lists of configuration keys name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ocpp_sdk.operation import OcppVersion

__all__ = ["PHASES", "interval_of", "is_counted", "measurands_of", "register_of", "split_word", "with_intervals"]

_REGISTER: Final = ".Register"
_INTERVAL: Final = ".Interval"

_OF_1_5: Final = frozenset(
    {
        *(
            f"Energy.{kind}.{way}{counted}"
            for kind in ("Active", "Reactive")
            for way in ("Import", "Export")
            for counted in (_REGISTER, _INTERVAL)
        ),
        *(f"Power.{kind}.{way}" for kind in ("Active", "Reactive") for way in ("Import", "Export")),
        "Current.Import",
        "Current.Export",
        "Temperature",
        "Voltage",
    }
)
_OF_1_6: Final = _OF_1_5 | {"Current.Offered", "Frequency", "Power.Factor", "Power.Offered", "RPM", "SoC"}

PHASES: Final = frozenset({"L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"})
"""The phases of 1.6, section 7.34; earlier versions have none."""


def measurands_of(version: OcppVersion) -> frozenset[str]:
    """Return what a version has a word for; 1.2 has no words, and its values are imported energy."""
    return _OF_1_6 if version is OcppVersion.V16 else _OF_1_5


def split_word(word: str) -> tuple[str, str | None]:
    """Return measurand and phase of a word such as `Voltage.L1-N` (1.6 section 9.1.17); None stands for all phases."""
    measurand, _, phase = word.rpartition(".")
    return (measurand, phase) if phase in PHASES else (word, None)


def is_counted(measurand: str) -> bool:
    """Tell whether a measurand is an energy that is counted; all others are averaged over a slot."""
    return measurand.endswith((_REGISTER, _INTERVAL))


def interval_of(measurand: str) -> str | None:
    """Return the energy per interval that follows from a register, None of what is no register."""
    return measurand.removesuffix(_REGISTER) + _INTERVAL if measurand.endswith(_REGISTER) else None


def register_of(measurand: str) -> str | None:
    """Return the register from which an energy per interval follows, None of what is no such energy."""
    return measurand.removesuffix(_INTERVAL) + _REGISTER if measurand.endswith(_INTERVAL) else None


def with_intervals(measurands: Iterable[str]) -> frozenset[str]:
    """Return what can be reported of a meter: what it gives, and the energy per interval of each of its registers."""
    given = frozenset(measurands)
    return given | {interval for one in given if (interval := interval_of(one)) is not None}
