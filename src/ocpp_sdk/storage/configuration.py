"""Configuration keys of charge points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ConfigurationKey", "ConfigurationStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationKey:
    """One key.

    Attributes:
        key: compared without case.
        value: as the version spells it; None for none.
        readonly: whether ChangeConfiguration is refused.
    """

    key: str
    value: str | None = None
    readonly: bool = False


class ConfigurationStore(Protocol):
    """Configuration keys: a charge point keeps its own, a central system what it learnt of each."""

    async def put_configuration(self, identity: str, keys: Sequence[ConfigurationKey]) -> None:
        """Add keys, or replace those that are equal but for case; all or none, others stay.

        Where one key is given twice, the last one counts.
        """
        ...

    async def remove_configuration(self, identity: str, keys: Sequence[str]) -> int:
        """Forget keys, all or none.

        Returns:
            How many there were.
        """
        ...

    async def configuration(self, identity: str) -> list[ConfigurationKey]:
        """List the keys of a charge point in the order of their folded texts."""
        ...
