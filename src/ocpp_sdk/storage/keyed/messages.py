"""Verbs of wire messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.messages import Direction, WireMessage

__all__ = ["MessageVerbs"]

_AT_ONCE = 500


class MessageVerbs(Verbs):
    """`MessageStore` over tables."""

    async def record_message(self, message: WireMessage) -> int:  # noqa: D102
        draft, table = self._draft(), self._tables.messages
        message = replace(message, number=draft.next_number(table), at=utc(message.at))
        found = self._charge_point(draft, message.identity, message.at)
        if message.direction is Direction.FROM_CHARGE_POINT:
            draft.put(self._tables.charge_points, _seen(found, message))
        draft.put_number(table, message)
        await self._keep(draft)
        return table.number_of(message)

    async def message(self, number: int) -> WireMessage | None:  # noqa: D102
        return await self._seen(lambda: self._tables.messages.get(number))

    async def messages(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        operation: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WireMessage]:
        owner = None if identity is None else fold(identity)
        groups = [] if owner is None else [("identity", owner)]
        if operation is not None:
            groups.append(("operation", operation))

        def fits(message: WireMessage) -> bool:
            texts = (message.request, message.reply or "", message.fault or "")
            return (
                (owner is None or fold(message.identity) == owner)
                and operation in {None, message.operation}
                and (text is None or any(text in part for part in texts))
            )

        return await self._list(
            self._tables.messages, groups, after=after, limit=limit, fits=fits, times=(since, until)
        )

    async def forget_messages(self, before: datetime, *, limit: int = 10_000) -> int:  # noqa: D102
        table, removed = self._tables.messages, 0
        numbers = await self._seen(lambda: table.before(utc(before), ())[: max(limit, 0)])
        # In small steps, so that others are served meanwhile.
        for begin in range(0, len(numbers), _AT_ONCE):
            messages = await self._ledger.fetch(table, numbers[begin : begin + _AT_ONCE])
            draft = self._draft()
            gone = [message for message in messages if table.has(message.number or 0)]
            for message in gone:
                draft.drop_number(table, message)
            await self._keep(draft)
            removed += len(gone)
        return removed


def _seen(found: ChargePointRecord, message: WireMessage) -> ChargePointRecord:
    """Return what a request tells about its charge point."""
    deviations = found.deviations
    if message.deviations:
        deviations = dict(Counter(found.deviations) + Counter(message.deviations))
    return replace(
        found,
        version=message.version or found.version,
        last_seen=max(found.last_seen, message.at),
        observed_host=message.peer_host or found.observed_host,
        advertised_address=message.callback_address or found.advertised_address,
        deviations=deviations,
    )
