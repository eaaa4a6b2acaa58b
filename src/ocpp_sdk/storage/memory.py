"""A store that ends with its process, for tests and trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ocpp_sdk.errors import ConfigurationError, StorageError
from ocpp_sdk.storage.keyed import Change, KeyedStore, Numbered, Tables, apply
from ocpp_sdk.storage.store import Store

__all__ = ["open_memory"]

R = TypeVar("R")


async def open_memory(url: str) -> Store:
    """Open an empty store.

    Args:
        url: `memory:`; each call opens another store.

    Raises:
        ConfigurationError: the URL has more to it.
    """
    if url not in {"memory:", "memory://"}:
        raise ConfigurationError("storage 'memory' has no name and no options; use memory:")
    return KeyedStore(Tables(), _MemoryLedger())


class _MemoryLedger:
    """Makes changes, and forgets them with the process."""

    pending = False

    def __init__(self) -> None:
        self._closed = False

    def begin(self) -> None:
        """Refuse everything once it is closed."""
        if self._closed:
            raise StorageError("the store memory: is closed")

    def keep(self, changes: Sequence[Change]) -> None:
        """Make changes."""
        apply(changes)

    async def durable(self) -> None:
        """Return at once: there is nothing to wait for."""

    async def fetch(self, table: Numbered[R], numbers: Sequence[int]) -> list[R]:
        """Return records."""
        return [record for number in numbers if (record := table.objects.get(number)) is not None]

    async def close(self) -> None:
        """Serve nothing any more."""
        self._closed = True
