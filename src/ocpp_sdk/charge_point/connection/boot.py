"""The states of a boot, as a table. Pure.

    hardware offline ──hardware ready──▶ hardware ready ──sent──▶ boot sent ──▶ accepted, pending or rejected
           ▲                                  ▲  └───────failed──────┘                │
           └──hardware lost, until accepted───┘◀─again: reset, new address, long outage, restarted hardware

Nothing but BootNotification is sent before the state is accepted (1.5 section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["MEANWHILE", "TABLE", "BootEvent", "BootState", "after"]


class BootState(StrEnum):
    """Where a charge point stands with its central system."""

    HARDWARE_OFFLINE = "hardware offline"
    HARDWARE_READY = "hardware ready"
    BOOT_SENT = "boot sent"
    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class BootEvent(StrEnum):
    """What moves it on."""

    READY = "the hardware has started"
    LOST = "the hardware has stopped"
    FOUND = "the hardware is there again"
    SENT = "BootNotification is sent"
    FAILED = "there is no answer"
    ACCEPTED = "the answer is Accepted"
    PENDING = "the answer is Pending"
    REJECTED = "the answer is Rejected"
    AGAIN = "it has to boot again"


_ANSWERS: Final = {
    BootEvent.ACCEPTED: BootState.ACCEPTED,
    BootEvent.PENDING: BootState.PENDING,
    BootEvent.REJECTED: BootState.REJECTED,
}

TABLE: Final[Mapping[tuple[BootState, BootEvent], BootState]] = {
    (BootState.HARDWARE_OFFLINE, BootEvent.READY): BootState.HARDWARE_READY,
    (BootState.HARDWARE_OFFLINE, BootEvent.FOUND): BootState.HARDWARE_READY,
    (BootState.HARDWARE_READY, BootEvent.SENT): BootState.BOOT_SENT,
    (BootState.HARDWARE_READY, BootEvent.LOST): BootState.HARDWARE_OFFLINE,
    (BootState.BOOT_SENT, BootEvent.FAILED): BootState.HARDWARE_READY,
    **{(BootState.BOOT_SENT, answer): state for answer, state in _ANSWERS.items()},
    # A TriggerMessage asks for a boot in between; only its answer changes anything.
    **{(BootState.ACCEPTED, answer): state for answer, state in _ANSWERS.items()},
    **{(BootState.PENDING, answer): state for answer, state in _ANSWERS.items()},
    (BootState.PENDING, BootEvent.SENT): BootState.BOOT_SENT,
    (BootState.PENDING, BootEvent.LOST): BootState.HARDWARE_OFFLINE,
    (BootState.PENDING, BootEvent.AGAIN): BootState.HARDWARE_READY,
    (BootState.REJECTED, BootEvent.SENT): BootState.BOOT_SENT,
    (BootState.REJECTED, BootEvent.LOST): BootState.HARDWARE_OFFLINE,
    (BootState.REJECTED, BootEvent.AGAIN): BootState.HARDWARE_READY,
    # Once it is accepted, what is queued still goes out while the hardware is away.
    (BootState.ACCEPTED, BootEvent.READY): BootState.HARDWARE_READY,
    (BootState.ACCEPTED, BootEvent.AGAIN): BootState.HARDWARE_READY,
}
"""The state that follows; a pair that is not in it leaves the state as it is."""

MEANWHILE: Final = frozenset({BootEvent.READY, BootEvent.LOST, BootEvent.FOUND, BootEvent.AGAIN})
"""What happens while a BootNotification is under way counts after its answer."""


def after(state: BootState, event: BootEvent) -> BootState:
    """Return the state that follows on an event."""
    return TABLE.get((state, event), state)
