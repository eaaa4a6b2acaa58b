"""From what HTTP brought to a reply, a fault or a named error. No I/O."""

from __future__ import annotations

from typing import TypeVar

from ocpp_sdk.client.address import PeerAddress, without_secrets, without_userinfo
from ocpp_sdk.client.transport import EXCERPT_BYTES, HttpReply
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    CallError,
    DeviationError,
    EmptyReplyError,
    FaultError,
    HttpStatusError,
    LimitExceededError,
    NotSoapError,
    RedirectError,
    ReplyTooLargeError,
    UnexpectedPayloadError,
    WireError,
    WrongReplyError,
)
from ocpp_sdk.operation import Operation
from ocpp_sdk.soap.exchange import Reply, decode_reply
from ocpp_sdk.soap.inflate import inflate
from ocpp_sdk.soap.limits import Limits

__all__ = ["read_reply"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

_XML_TYPES = frozenset({"application/soap+xml", "application/xml", "text/xml"})


def read_reply(
    http: HttpReply,
    operation: Operation[Req, Resp],
    *,
    message_id: str,
    address: PeerAddress,
    limits: Limits,
    strict: bool,
) -> Reply[Resp]:
    """Read the reply to a request.

    A fault, and the reply itself, are found whatever the HTTP status; an odd status is a deviation.

    Args:
        http: what came.
        operation: what was asked.
        message_id: MessageID of the request.
        address: who was asked.
        limits: bounds of the reply.
        strict: whether any deviation is an error.

    Raises:
        FaultError: the peer answered with a fault.
        CallError: what came is no reply to this request; its class says why.
        MessageError: the reply does not fit its schema; in strict mode, any deviation.
    """
    if 300 <= http.status < 400:
        raise _redirect(http, address)
    deviations: list[Deviation] = []
    body = http.body
    try:
        if coding := http.header(b"content-encoding"):
            body = inflate(body, coding, limits, deviations)
        if not body or body.isspace():
            raise _empty(http, address)
        _check_http(http, deviations)
        if strict and deviations:
            raise DeviationError(deviations[0].path, f"{deviations[0].kind}: {deviations[0].detail}")
        reply = decode_reply(
            body, operation, message_id=message_id, limits=limits, strict=strict, inflated=body is not http.body
        )
    except FaultError as fault:
        fault.deviations = (*_for_fault(http, deviations), *fault.deviations)
        _hide(fault, address.secrets)
        raise
    except WireError as error:
        raise _no_reply(error, http, body, address) from error
    if deviations:
        reply.deviations[:0] = deviations
    return reply


def _check_http(http: HttpReply, deviations: list[Deviation]) -> None:
    if not 200 <= http.status < 300:
        deviations.append(Deviation(DeviationKind.FAULT_STATUS, "HTTP status", f"{http.status}, but no fault"))
    media = http.header(b"content-type")
    kind = media.partition(";")[0].strip().lower()
    if kind != "application/soap+xml":
        deviations.append(Deviation(DeviationKind.CONTENT_TYPE, "Content-Type", media[:80] or "absent"))


def _for_fault(http: HttpReply, deviations: list[Deviation]) -> list[Deviation]:
    """Return the same deviations as they are for a fault, which a status of success does not fit."""
    found = [item for item in deviations if item.kind is not DeviationKind.FAULT_STATUS]
    if http.status < 300:
        found.append(Deviation(DeviationKind.FAULT_STATUS, "HTTP status", f"{http.status} with a fault"))
    return found


def _hide(fault: FaultError, secrets: tuple[bytes, ...]) -> None:
    """Take credentials out of a fault whose peer prints what it got."""
    said = f"{fault.reason} {fault.detail} {fault.subcode}".encode()
    if any(secret in said for secret in secrets):
        fault.reason, fault.detail, fault.subcode = "hidden, since it holds the credentials of the request", None, None
        fault.args = (f"fault {fault.code}: {fault.reason}",)


def _redirect(http: HttpReply, address: PeerAddress) -> RedirectError:
    target = http.header(b"location").encode()
    location = without_userinfo(without_secrets(target, address.secrets, EXCERPT_BYTES).decode(errors="replace"))
    where = f"to {location!r}" if location else "to nowhere"
    return RedirectError(
        f"{address.shown}: redirected {where} with status {http.status}; never followed, set the final address instead",
        url=address.shown,
        status=http.status,
        location=location,
    )


def _empty(http: HttpReply, address: PeerAddress) -> CallError:
    if 200 <= http.status < 300:
        return EmptyReplyError(
            f"{address.shown}: status {http.status} without content; is this the address of the SOAP service?",
            url=address.shown,
            status=http.status,
        )
    return HttpStatusError(
        f"{address.shown}: HTTP status {http.status} without content{_advice(http.status)}",
        url=address.shown,
        status=http.status,
    )


def _no_reply(error: WireError, http: HttpReply, body: bytes, address: PeerAddress) -> CallError:
    excerpt = without_secrets(body, address.secrets, EXCERPT_BYTES)
    said = without_secrets(str(error).encode(), address.secrets, 400).decode(errors="replace")
    kind: type[CallError] = NotSoapError
    text = f"the reply is no SOAP: {said}"
    if isinstance(error, UnexpectedPayloadError):
        kind, text = WrongReplyError, said
    elif not 200 <= http.status < 300:
        kind, text = HttpStatusError, f"HTTP status {http.status} without SOAP{_advice(http.status)}"
    elif isinstance(error, LimitExceededError):
        kind, text = ReplyTooLargeError, f"the reply is not read: {said}"
    elif _is_html(http, body):
        text = "the reply is an HTML page, not SOAP; is a login or a proxy in between, or the path wrong?"
    if kind is HttpStatusError:
        return HttpStatusError(f"{address.shown}: {text}", url=address.shown, status=http.status, excerpt=excerpt)
    return kind(f"{address.shown}: {text}", url=address.shown, status=http.status, excerpt=excerpt)


def _is_html(http: HttpReply, body: bytes) -> bool:
    start = body[:1024].lstrip().lower()
    kind = http.header(b"content-type").partition(";")[0].strip().lower()
    return kind not in _XML_TYPES and (kind == "text/html" or start.startswith((b"<!doctype html", b"<html")))


def _advice(status: int) -> str:
    """Return what to do about a status, where that can be known."""
    return {
        401: "; set username and password",
        403: "; the peer refuses this client, does it demand a certificate?",
        404: "; is the path right?",
        405: "; is the path right?",
        407: "; a proxy demands credentials",
        415: "; the peer does not take this content type or coding, is compress_requests on?",
    }.get(status, "")
