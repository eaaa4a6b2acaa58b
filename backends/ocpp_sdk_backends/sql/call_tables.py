"""The tables of queues of calls."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from ocpp_sdk_backends.sql.columns import EXACT, LONG, NAME, UtcTime, charge_point, number, table

__all__ = ["call_lanes", "commands", "requests"]


def _calls(name: str) -> Table:
    return table(
        name,
        number(),
        charge_point(),
        Column("key", EXACT, nullable=False),
        Column("operation", NAME, nullable=False),
        Column("request", LONG, nullable=False),
        Column("ordered", Boolean, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime),
        Column("state", NAME, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("not_before", UtcTime),
        Column("worker", NAME),
        Column("lease_until", UtcTime),
        Column("reply", LONG),
        Column("error", LONG),
        Column("ended_at", UtcTime),
        UniqueConstraint("charge_point_id", "key"),
        Index(None, "charge_point_id", "state", "number"),
        Index(None, "charge_point_id", "number"),
        Index(None, "state", "number"),
    )


commands: Final = _calls("commands")
requests: Final = _calls("requests")

call_lanes: Final = table(
    "call_lanes",
    Column("queue", EXACT, nullable=False),
    charge_point(),
    PrimaryKeyConstraint("queue", "charge_point_id"),
)
"""What is locked while a call of a charge point is claimed, so that one is in flight."""
