"""A store in a folder, for a small box without a database.

What is written goes to the end of a journal, and is acknowledged when it lies on the disk. The journal is text that
people can read, cut into segments:

- `segment-000007.journal`: changes in the order in which they were made. The last one grows.
- `snapshot-000007.journal`: all records with keys, such as charge points and id tags, as they were when that segment
  began; and of the records with numbers, such as samples and messages, which ones were there.
- `lock`: held by the process that has the store open.

To open a store is to read the newest snapshot, and then the segments. Of those before the snapshot only records with
numbers count: they stay where they were written and are read from there, so that no compaction has to copy them. A
segment in which little is left is written anew without the rest.

`frames` is the format of the files, `lines` that of what is in them, `journal` and `ledger` are the way of a write,
`snapshots` and `compaction` keep the folder small, `recovery` opens it.
"""

from __future__ import annotations

from ocpp_sdk_backends.file.opening import open_file

__all__ = ["open_file"]
