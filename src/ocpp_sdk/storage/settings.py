"""Texts under keys, for whatever has no place of its own."""

from __future__ import annotations

from typing import Protocol

__all__ = ["SettingStore"]


class SettingStore(Protocol):
    """Texts under keys; a key counts to the letter, and is 1 to 200 characters."""

    async def setting(self, key: str) -> str | None:
        """Return the text under a key, None if there is none."""
        ...

    async def settings(self, prefix: str = "") -> dict[str, str]:
        """Return all texts whose keys begin so, by key."""
        ...

    async def put_setting(self, key: str, value: str) -> None:
        """Put a text under a key, in place of the one before."""
        ...

    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:
        """Put a text in place of another one.

        Atomic: of any number of swaps from the same text at the same moment, one succeeds.

        Args:
            key: which one.
            expected: the text that is there; None for none.
            value: the new one; None removes the key.

        Returns:
            Whether the expected text was there; otherwise nothing changes.
        """
        ...

    async def remove_setting(self, key: str) -> bool:
        """Remove a key.

        Returns:
            Whether it was there.
        """
        ...
