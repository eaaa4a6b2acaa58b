"""What metering counts, for people and metrics."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MeteringCounters"]


@dataclass(slots=True)
class MeteringCounters:
    """Counts since the start of the program; they only grow.

    Attributes:
        read: how often a meter was read.
        failed: how often it could not be.
        sent: readings that were handed over.
        unsent: readings that were not taken.
        missed_samples: samples that were due while a meter was still being read.
        skipped_slots: slots of the clock that nobody measured.
        absurd: registers that went back or jumped.
    """

    read: int = 0
    failed: int = 0
    sent: int = 0
    unsent: int = 0
    missed_samples: int = 0
    skipped_slots: int = 0
    absurd: int = 0
