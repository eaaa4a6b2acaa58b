"""The status of each connector, and how it came to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["ConnectorStatus", "ConnectorStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatus:
    """A status that a connector had from some time on.

    Attributes:
        number: position in the store, from 1, greater than that of any before; None before it is stored.
        identity: of the charge point.
        connector_id: 0 for the charge point as a whole.
        status: as `Available`.
        error_code: as `NoError`.
        info: free text.
        vendor_id: whose error code follows.
        vendor_error_code: the vendor's own code.
        changed_at: the charge point's time, or the time of receipt if it told none.
    """

    number: int | None = None
    identity: str
    connector_id: int
    status: str
    error_code: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    changed_at: datetime


class ConnectorStore(Protocol):
    """The statuses of connectors."""

    async def set_connector_status(self, status: ConnectorStatus) -> bool:
        """Keep a status in place of the one before, which goes into the history.

        Atomic. The last to come counts, whatever its time: charge points send in order, and their clocks are set back.
        A status that equals the one in place in every field changes nothing, so a repeated request does no harm.

        Returns:
            Whether it differed from the one in place.
        """
        ...

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """List the statuses in place, by folded identity and connector.

        Args:
            identity: of one charge point only.
        """
        ...

    async def status_history(
        self, identity: str, connector_id: int | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        """List the statuses that a charge point had, those in place included, the newest first.

        Args:
            identity: of the charge point.
            connector_id: of one connector only.
            before: only those with a smaller number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...
