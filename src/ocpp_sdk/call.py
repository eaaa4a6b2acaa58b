"""The context of one request, as a handler sees it."""

from __future__ import annotations

from dataclasses import dataclass

from ocpp_sdk.deviation import Deviation
from ocpp_sdk.operation import AnyOperation

__all__ = ["Addressing", "Call"]


@dataclass(slots=True, kw_only=True)
class Addressing:
    """The WS-Addressing headers of a message, trimmed; None where a header is absent.

    Attributes:
        action: wsa:Action.
        message_id: wsa:MessageID, an opaque text.
        relates_to: wsa:RelatesTo, only in replies.
        to: wsa:To.
        from_address: the address within wsa:From.
        reply_to: the address within wsa:ReplyTo.
        fault_to: the address within wsa:FaultTo.
    """

    action: str | None = None
    message_id: str | None = None
    relates_to: str | None = None
    to: str | None = None
    from_address: str | None = None
    reply_to: str | None = None
    fault_to: str | None = None


@dataclass(slots=True, kw_only=True)
class Call:
    """One request in the hands of a handler.

    Attributes:
        operation: what is asked; its `service` holds version and role.
        charge_box_identity: who speaks (to a central system) or who is meant (at a charge point), trimmed; empty
            if the header is missing and the server tolerates that.
        addressing: the WS-Addressing headers.
        deviations: what was odd about the message.
        peer_host: address of the other end of the connection, as the server saw it; None if unknown.
        callback_address: the URL at which the peer says it can be called, if the callback policy allows it.
    """

    operation: AnyOperation
    charge_box_identity: str
    addressing: Addressing
    deviations: tuple[Deviation, ...] = ()
    peer_host: str | None = None
    callback_address: str | None = None
