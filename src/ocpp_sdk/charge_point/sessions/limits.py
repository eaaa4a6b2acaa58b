"""Limits on their way to the hardware: where an idTag charges that may not, nothing flows meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final

from ocpp_sdk.charge_point.hardware import Limit

__all__ = ["Limits"]

_NOTHING: Final = Limit(rate=Decimal(0), unit="W")


class Limits:
    """Hands limits over, and remembers those that do not count for a while.

    Args:
        set_limit: `Hardware.set_limit`; what it raises is raised by all verbs here.
    """

    def __init__(self, set_limit: Callable[[int, Limit | None], Awaitable[None]]) -> None:
        self._set_limit = set_limit
        self._wanted: dict[int, Limit | None] = {}
        self._held: set[int] = set()

    async def set(self, connector_id: int, limit: Limit | None) -> None:
        """Limit a connector, at the latest when it is let go."""
        self._wanted[connector_id] = limit
        await self._set_limit(connector_id, _NOTHING if connector_id in self._held else limit)

    async def hold(self, connector_id: int) -> None:
        """Let nothing flow until the connector is let go."""
        self._held.add(connector_id)
        await self._set_limit(connector_id, _NOTHING)

    async def let_go(self, connector_id: int) -> None:
        """Let the limit count that was set last, also if it was set meanwhile."""
        if connector_id in self._held:
            self._held.remove(connector_id)
            await self._set_limit(connector_id, self._wanted.get(connector_id))
