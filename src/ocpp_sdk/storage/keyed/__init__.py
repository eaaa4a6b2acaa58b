"""The verbs of a store, written once over tables with keys that one process holds.

`tables` are ordered tables in memory, or with their records elsewhere and only the indexes in memory. `schema` lists
those of a store. `draft` collects what a verb changes, and a `Ledger` keeps it: at once in memory, or in a journal. A
verb decides and hands over its changes without awaiting anything, which makes it atomic; then it waits until they are
durable. What reads waits as well, so that nothing is seen that a crash could take back.
"""

from __future__ import annotations

from ocpp_sdk.storage.keyed.draft import Change, DropKeyed, DropNumbered, PutKeyed, PutNumbered, apply, revert
from ocpp_sdk.storage.keyed.ledger import Ledger
from ocpp_sdk.storage.keyed.numbered import Archive, Facts, Group, Numbered
from ocpp_sdk.storage.keyed.numbers import ranges
from ocpp_sdk.storage.keyed.schema import Tables
from ocpp_sdk.storage.keyed.store import KeyedStore
from ocpp_sdk.storage.keyed.tables import Key, Keyed
from ocpp_sdk.storage.keyed.times import RecordTimes, times_of

__all__ = [
    "Archive",
    "Change",
    "DropKeyed",
    "DropNumbered",
    "Facts",
    "Group",
    "Key",
    "Keyed",
    "KeyedStore",
    "Ledger",
    "Numbered",
    "PutKeyed",
    "PutNumbered",
    "RecordTimes",
    "Tables",
    "apply",
    "ranges",
    "revert",
    "times_of",
]
