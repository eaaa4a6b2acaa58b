"""By which number the central system knows a transaction whose start was answered, also long after that."""

from __future__ import annotations

import json
from typing import Final

from ocpp_sdk.charge_point.requests.messages import OPERATION_OF, ReadingMessage, StartReply, StopMessage, read_json
from ocpp_sdk.storage import CallState, Queue, QueuedCall, Store
from ocpp_sdk.storage.folding import fold

__all__ = ["StartNumbers"]

_PAGE: Final = 200
_NAMING_STARTS: Final = frozenset({OPERATION_OF[StopMessage], OPERATION_OF[ReadingMessage]})


class StartNumbers:
    """Reads the number from the answer to the start, and keeps it where that answer is about to be forgotten.

    Args:
        store: of the queue.
        identity: of the charge point.
    """

    def __init__(self, store: Store, identity: str) -> None:
        self._store = store
        self._identity = identity
        self._prefix = f"charge_point.start_number/{fold(identity)[:150]}/"

    async def find(self, start_number: int) -> int | None:
        """Return the number of the transaction whose start is at a place of the queue, None if it was not answered.

        Raises:
            StorageError: may be repeated.
            GivenUpError: the answer cannot be read.
        """
        call = await self._store.call(Queue.REQUESTS, start_number)
        if call is not None and call.reply is not None:
            return read_json(StartReply, call.reply).transaction_id
        kept = await self._store.setting(self._key(start_number))
        return int(kept) if kept is not None and kept.isdecimal() else None

    async def keep(self) -> None:
        """Keep the numbers that messages need which were given up, since these can be sent again at any time.

        Raises:
            StorageError: may be repeated.
        """
        after, needed = 0, set[int]()
        while page := await self._store.calls(
            Queue.REQUESTS, self._identity, state=CallState.GIVEN_UP, after=after, limit=_PAGE
        ):
            needed |= {start for start in map(_start_of, page) if start is not None}
            after = page[-1].number
        kept = await self._store.settings(self._prefix)
        for start in needed:
            if self._key(start) not in kept and (number := await self.find(start)) is not None:
                await self._store.put_setting(self._key(start), str(number))

    def _key(self, start_number: int) -> str:
        return f"{self._prefix}{start_number}"


def _start_of(call: QueuedCall) -> int | None:
    """Return the place of the start that a message names, None if it names none, or knows the number itself."""
    if call.operation not in _NAMING_STARTS:
        return None
    message = json.loads(call.request)
    start = message.get("start_number")
    return start if isinstance(start, int) and message.get("transaction_id") is None else None
