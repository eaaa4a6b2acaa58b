"""How the tables came to be, one revision after the other; applied by Alembic, which the store needs only then.

A change of `tables.py` comes with a new module in `versions/`, and its revision at the end of `REVISIONS`. A revision
that was released is never changed.
"""

from __future__ import annotations

from typing import Final

__all__ = ["REVISIONS", "VERSION_TABLE"]

VERSION_TABLE: Final = "ocpp_schema"
"""Holds the revision of the tables beside it."""

REVISIONS: Final = ("0001",)
"""All revisions in order; the tables of this version are those of the last."""
