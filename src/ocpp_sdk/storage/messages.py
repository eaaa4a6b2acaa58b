"""Requests and replies as they went over the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, cast

from ocpp_sdk.storage.metering import MeterSample

__all__ = ["Direction", "MessageDraft", "MessageStore", "SampledMessageStore", "WireMessage"]


class Direction(StrEnum):
    """Who asked."""

    FROM_CHARGE_POINT = "FromChargePoint"
    TO_CHARGE_POINT = "ToChargePoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMessage:
    """One request, and what it was answered.

    Attributes:
        number: position in the store, from 1, greater than that of any before; None before it is stored.
        at: when the request came or was sent.
        direction: who asked.
        identity: of the charge point, spelled as in the message.
        version: of OCPP, as `1.5`; None for an operation that is not OCPP's own.
        operation: as `BootNotification`.
        request: JSON text.
        reply: JSON text; None if there is none.
        fault: the fault or error in one line; None if there was none.
        message_id: wsa:MessageID of the request.
        deviations: kinds of the oddities of the request, each as often as it occurred.
        peer_host: address of the other end of the connection.
        callback_address: URL at which the charge point can be called, as far as the request told.
    """

    number: int | None = None
    at: datetime
    direction: Direction = Direction.FROM_CHARGE_POINT
    identity: str
    version: str | None = None
    operation: str
    request: str
    reply: str | None = None
    fault: str | None = None
    message_id: str | None = None
    deviations: tuple[str, ...] = ()
    peer_host: str | None = None
    callback_address: str | None = None


class MessageDraft:
    """A message that is being filled: to give a frozen record its attributes takes a call for each."""

    __slots__ = WireMessage.__slots__

    number: int | None
    at: datetime
    direction: Direction
    identity: str
    version: str | None
    operation: str
    request: str
    reply: str | None
    fault: str | None
    message_id: str | None
    deviations: tuple[str, ...]
    peer_host: str | None
    callback_address: str | None

    def freeze(self) -> WireMessage:
        """Become the message; all attributes must be set, and none can be any more."""
        self.__class__ = WireMessage  # type: ignore[assignment]  # the slots are the same
        return cast("WireMessage", self)


class MessageStore(Protocol):
    """Requests and replies, kept for some time."""

    async def record_message(self, message: WireMessage) -> int:
        """Keep a message; each call adds one.

        Atomic. Of a request from a charge point, the charge point's record takes over version (unless None), last seen
        (never earlier than it was), observed host and advertised address (each unless None), and counts the deviations.

        Returns:
            Its number.
        """
        ...

    async def message(self, number: int) -> WireMessage | None:
        """Return one message, None if there is none."""
        ...

    async def messages(
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
        """List messages by number.

        Args:
            identity: of one charge point only.
            operation: of one operation only, spelled as OCPP does.
            text: only those whose request, reply or fault has this text, in just this spelling.
            since: only those of this time or later.
            until: only those before this time.
            after: only those with a greater number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...

    async def forget_messages(self, before: datetime, *, limit: int = 10_000) -> int:
        """Remove messages of before a time, the oldest first, at most so many.

        Numbers are not given again.

        Returns:
            How many were removed; fewer than `limit` if none is left.
        """
        ...


class SampledMessageStore(Protocol):
    """What a store may have besides: one write for a message and the samples in it, where that takes less than two."""

    def record_with_samples(self, message: Callable[[], WireMessage], samples: Sequence[MeterSample]) -> Awaitable[int]:
        """Keep a message as `MessageStore.record_message` does, and samples as `MeterStore.add_samples`, or neither.

        The write begins at once; what is returned tells how it ends.

        Args:
            message: makes the message when it is written, in whatever thread that is, and perhaps more than once.
            samples: looked at then.

        Returns:
            The number of the message, which is added also if the samples are known.
        """
        ...
