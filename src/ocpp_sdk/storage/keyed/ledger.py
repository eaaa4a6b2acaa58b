"""What keeps the changes of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from ocpp_sdk.storage.keyed.draft import Change
from ocpp_sdk.storage.keyed.numbered import Numbered

__all__ = ["Ledger"]

R = TypeVar("R")


class Ledger(Protocol):
    """Makes changes, and makes them durable."""

    @property
    def pending(self) -> bool:
        """Whether changes were made that are not durable yet."""
        ...

    def begin(self) -> None:
        """Look whether verbs are served.

        Raises:
            StorageError: they are not: the store is closed, or cannot be trusted any more.
        """
        ...

    def keep(self, changes: Sequence[Change]) -> None:
        """Make changes, all or none, visible at once and durable some time later.

        Raises:
            StorageError: they cannot be kept; nothing changed.
        """
        ...

    async def durable(self) -> None:
        """Wait until all changes that are made by now are durable.

        Raises:
            StorageError: some could not be kept and are undone.
        """
        ...

    async def fetch(self, table: Numbered[R], numbers: Sequence[int]) -> list[R]:
        """Return the records that some numbers have, in their order; numbers without a record are passed over."""
        ...

    async def close(self) -> None:
        """Finish what was kept, then give everything back; may be called again."""
        ...
