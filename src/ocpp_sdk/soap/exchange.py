"""What client and server need: requests and replies, from bytes and to bytes.

A server reads with `decode_request` and answers with `encode_reply`; after an error, `fault_for` and `salvage` say what
`encode_fault` and `http_status_for` need. A client writes with `encode_request` and reads with `decode_reply`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ocpp_sdk.call import Addressing
from ocpp_sdk.codec.exact import EXACT_ERRORS, NotExact, new
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import DeviationError, EnvelopeError, FaultError, UnexpectedPayloadError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.soap.addressing import is_identity, read_headers, settle
from ocpp_sdk.soap.envelope import body_of, open_envelope
from ocpp_sdk.soap.excerpt import excerpt
from ocpp_sdk.soap.fault import fault_for, find_fault, http_status_for, read_fault, write_fault
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.namespaces import ANONYMOUS, FAULT_ACTION, UNSPECIFIED, fold, split_tag
from ocpp_sdk.soap.parsing import check_depth, parse
from ocpp_sdk.soap.repeated import Kept
from ocpp_sdk.soap.salvage import Salvaged, salvage
from ocpp_sdk.soap.scanning import Scanned, scan_envelope, scan_payload
from ocpp_sdk.soap.writing import party, upgrade, write_identity, write_message

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.operation import AnyOperation, Operation, Service
    from ocpp_sdk.soap.dispatch import OperationIndex
    from ocpp_sdk.soap.headers import Values
    from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = [
    "Incoming",
    "Reply",
    "Salvaged",
    "decode_reply",
    "decode_request",
    "encode_fault",
    "encode_reply",
    "encode_request",
    "fault_for",
    "http_status_for",
    "salvage",
]

T = TypeVar("T")
Req = TypeVar("Req")
Resp = TypeVar("Resp")

_DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Incoming:
    """A request that was read.

    Attributes:
        operation: what is asked.
        message: the request, an instance of `operation.request.type`.
        charge_box_identity: trimmed; empty if the header is missing, which is then among the deviations.
        addressing: the WS-Addressing headers.
        deviations: what was odd, payload included.
    """

    operation: AnyOperation
    message: object
    charge_box_identity: str
    addressing: Addressing
    deviations: list[Deviation]


@dataclass(slots=True)
class Reply(Generic[Resp]):
    """A reply that was read.

    Attributes:
        message: the reply.
        addressing: the WS-Addressing headers.
        charge_box_identity: what the peer put into its reply, which no version demands; often empty.
        deviations: what was odd, payload included.
    """

    message: Resp
    addressing: Addressing = field(default_factory=Addressing)
    charge_box_identity: str = ""
    deviations: list[Deviation] = field(default_factory=list)


def decode_request(
    data: bytes,
    index: OperationIndex,
    *,
    limits: Limits = _DEFAULT_LIMITS,
    strict: bool = False,
    inflated: bool = False,
) -> Incoming:
    """Read a request.

    Args:
        data: the message, not compressed.
        index: the operations that are served.
        limits: what is refused.
        strict: whether the first deviation is an error.
        inflated: whether the message was compressed, so that `limits.max_inflated_bytes` holds.

    Raises:
        WireError: no message of an operation that is served.
        MessageError: the payload does not fit its schema; in strict mode, any deviation.
    """
    if not strict and len(data) <= (limits.max_inflated_bytes if inflated else limits.max_bytes):
        try:
            return _scan_request(data, index, limits)
        except EXACT_ERRORS:
            pass
    deviations: list[Deviation] = []
    root = parse(data, limits, deviations, inflated)
    header, payload = open_envelope(root, deviations)
    operation = index.find(payload, deviations)
    values = read_headers(header, operation.service, deviations, strict=strict)
    identity, addressing = _judge_request(values, operation, deviations)
    if strict:
        _refuse(deviations)
    message = operation.request.decode(payload, deviations, strict=strict)
    check_depth(root, limits.max_depth)
    return Incoming(operation, message, identity, addressing, deviations)


def _scan_request(data: bytes, index: OperationIndex, limits: Limits) -> Incoming:
    found = index.repeated.find(data, limits)
    if found is None:
        scanned, incoming = _scan_unknown(data, index, limits)
        if index.repeated.is_due():
            _keep(data, index, limits, scanned, incoming)
        return incoming
    kept, message, message_id = found
    addressing = new(Addressing)
    (
        addressing.action,
        addressing.relates_to,
        addressing.to,
        addressing.from_address,
        addressing.reply_to,
        addressing.fault_to,
    ) = kept.addressing
    addressing.message_id = message_id
    return Incoming(kept.operation, message, kept.identity, addressing, [*kept.deviations])


def _scan_unknown(data: bytes, index: OperationIndex, limits: Limits) -> tuple[Scanned, Incoming]:
    scanned = scan_envelope(data, limits)
    operation = index.exact(scanned.tag)
    if operation is None or not is_identity(scanned.identity_tag, operation.service):
        raise NotExact
    message: object = scan_payload(operation.request, scanned)
    deviations: list[Deviation] = []
    identity, addressing = _judge_request(scanned.values, operation, deviations)
    return scanned, Incoming(operation, message, identity, addressing, deviations)


def _keep(data: bytes, index: OperationIndex, limits: Limits, scanned: Scanned, incoming: Incoming) -> None:
    read = incoming.addressing
    addressing = (read.action, read.relates_to, read.to, read.from_address, read.reply_to, read.fault_to)
    codec = incoming.operation.request
    scan, rows = codec.scanner(scanned.prefix), codec.reader_of_rows(scanned.prefix)
    identity, deviations = incoming.charge_box_identity, tuple(incoming.deviations)
    kept = Kept(incoming.operation, identity, addressing, deviations, scan, rows, scanned.ending, limits)

    def read_id(probed: bytes) -> str | None:
        return _scan_unknown(probed, index, limits)[1].addressing.message_id

    index.repeated.keep(data, scanned, kept, read_id)


def _judge_request(values: Values, operation: AnyOperation, deviations: list[Deviation]) -> tuple[str, Addressing]:
    identity, addressing = settle(values, operation.service, deviations, reply=False)
    action = addressing.action
    if action and action != operation.request_action:
        _check_action(action, operation, operation.request_action, operation.name, deviations)
    return identity, addressing


def decode_reply(
    data: bytes,
    operation: Operation[Req, Resp],
    *,
    message_id: str,
    limits: Limits = _DEFAULT_LIMITS,
    strict: bool = False,
    inflated: bool = False,
) -> Reply[Resp]:
    """Read the reply to a request.

    Args:
        data: the message, not compressed.
        operation: what was asked.
        message_id: MessageID of the request.
        limits: what is refused.
        strict: whether the first deviation is an error.
        inflated: whether the message was compressed, so that `limits.max_inflated_bytes` holds.

    Raises:
        FaultError: the peer answered with a fault, whatever its form; its class goes by the subcode.
        UnexpectedPayloadError: the payload is not the one of the reply.
        WireError: no SOAP message.
        MessageError: the payload does not fit its schema; in strict mode, any deviation.
    """
    if not strict and len(data) <= (limits.max_inflated_bytes if inflated else limits.max_bytes):
        try:
            return _scan_reply(data, operation, message_id, limits)
        except EXACT_ERRORS:
            pass
    deviations: list[Deviation] = []
    root = parse(data, limits, deviations, inflated)
    try:
        header, payload = open_envelope(root, deviations)
    except EnvelopeError:
        _raise_fault(body_of(root), deviations, misplaced=True)
        raise
    if payload.tag != operation.response.tag:
        _raise_fault(payload.getparent(), deviations, misplaced=False)
        _check_payload(str(payload.tag), operation, deviations)
    values = read_headers(header, operation.service, deviations, strict=strict)
    identity, addressing = _judge_reply(values, operation, message_id, deviations)
    if strict:
        _refuse(deviations)
    message = operation.response.decode(payload, deviations, strict=strict)
    check_depth(root, limits.max_depth)
    return Reply(message, addressing, identity, deviations)


def _scan_reply(data: bytes, operation: Operation[Req, Resp], message_id: str, limits: Limits) -> Reply[Resp]:
    scanned = scan_envelope(data, limits)
    if scanned.tag != operation.response.tag or not is_identity(scanned.identity_tag, operation.service):
        raise NotExact
    message = scan_payload(operation.response, scanned)
    deviations: list[Deviation] = []
    identity, addressing = _judge_reply(scanned.values, operation, message_id, deviations)
    return Reply(message, addressing, identity, deviations)


def _judge_reply(
    values: Values, operation: Operation[Req, Resp], message_id: str, deviations: list[Deviation]
) -> tuple[str, Addressing]:
    identity, addressing = settle(values, operation.service, deviations, reply=True)
    action = addressing.action
    if action and action != operation.response_action:
        _check_action(action, operation, operation.response_action, f"{operation.name}Response", deviations)
    related = addressing.relates_to
    if related and related != message_id:
        odd = f"{excerpt(related)} instead of {message_id}"
        deviations.append(Deviation(DeviationKind.RELATES_TO_MISMATCH, "RelatesTo", odd))
    return identity, addressing


def _refuse(deviations: list[Deviation]) -> None:
    if deviations:
        first = deviations[0]
        raise DeviationError(first.path, f"{first.kind}: {first.detail}")


def _raise_fault(body: _Element | None, deviations: list[Deviation], *, misplaced: bool) -> None:
    fault = None if body is None else find_fault(body)
    if fault is None:
        return
    error = read_fault(fault)
    if (misplaced or fault.getparent() is not body) and not error.deviations:
        error.deviations = (Deviation(DeviationKind.FAULT_FORM, "Fault", "not the child of a SOAP 1.2 body"),)
    error.deviations = (*deviations, *error.deviations)
    raise error


def _check_payload(tag: str, operation: Operation[Req, Resp], deviations: list[Deviation]) -> None:
    """Accept a payload that is the reply in another spelling.

    The HTTP exchange says what is answered, so a namespace is free to be wrong; a name may be misspelt in the right
    namespace, as long as it is not the reply to something else.
    """
    namespace, local = split_tag(tag)
    expected = operation.response
    name = local.lower()
    others = {other.response.element.lower() for other in operation.service.operations.values()}
    others.discard(expected.element.lower())
    misspelt = name.endswith("response") and name not in others and fold(namespace) == fold(expected.namespace)
    if name != expected.element.lower() and not misspelt:
        text = f"the reply to {operation.name} holds {excerpt(local)} in namespace {excerpt(namespace)!r}"
        raise UnexpectedPayloadError(f"{text}, not {expected.element}", tag=tag)
    if namespace != expected.namespace:
        deviations.append(Deviation(DeviationKind.BODY_NAMESPACE, expected.element, excerpt(namespace) or "none"))
    if local != expected.element:
        deviations.append(Deviation(DeviationKind.BODY_ELEMENT_NAME, expected.element, excerpt(local)))


def _check_action(
    action: str, operation: Operation[Req, Resp], expected: str, name: str, deviations: list[Deviation]
) -> None:
    """Name what is odd about an action; the payload alone decides what is called."""
    last = action.rpartition("/")[2].rpartition(":")[2]
    if last.lower() == name.lower():
        # The WSDL of 1.2 gives no action to replies, where tools then derive a long one, joined by slashes or colons.
        if last == name and operation.service.version is OcppVersion.V12 and name != operation.name:
            return
        kind = DeviationKind.ACTION_FORM
    else:
        kind = DeviationKind.ACTION_MISMATCH
    deviations.append(Deviation(kind, "Action", f"{excerpt(action, 120)} instead of {expected}"))


def encode_request(
    operation: Operation[Req, Resp],
    message: Req,
    *,
    charge_box_identity: str,
    message_id: str,
    to: str,
    from_address: str | None = None,
    reply_to: str | None = ANONYMOUS,
    style: PrefixStyle | None = None,
) -> bytes:
    """Write a request.

    Args:
        operation: what is asked.
        message: the request.
        charge_box_identity: the charge point that speaks or is meant.
        message_id: wsa:MessageID, such as `urn:uuid:…`.
        to: the URL that is called.
        from_address: where the sender can be called; OCPP-S 1.6 demands it.
        reply_to: None leaves the header out.
        style: fixed prefixes, if the peer needs them.

    Raises:
        MessageError: the request, or a header, cannot be written; `path` names the field.
    """
    service = operation.service
    headers = write_identity(service, charge_box_identity) + party("From", from_address) + party("ReplyTo", reply_to)
    payload = operation.request.encode(message)
    return write_message(operation.request_action, message_id, to, None, headers, payload, service.namespace, style)


def encode_reply(
    operation: Operation[Req, Resp],
    message: Resp,
    *,
    message_id: str,
    relates_to: str | None,
    to: str = ANONYMOUS,
    style: PrefixStyle | None = None,
) -> bytes:
    """Write a reply.

    Args:
        operation: what was asked.
        message: the reply.
        message_id: wsa:MessageID, such as `urn:uuid:…`.
        relates_to: MessageID of the request; None if it had none.
        to: wsa:To.
        style: fixed prefixes, if the peer needs them.

    Raises:
        MessageError: the reply cannot be written; `path` names the field.
    """
    payload = operation.response.encode(message)
    namespace = operation.service.namespace
    related = relates_to or UNSPECIFIED
    return write_message(operation.response_action, message_id, to, related, "", payload, namespace, style)


def encode_fault(
    fault: FaultError,
    *,
    service: Service | None,
    message_id: str,
    relates_to: str | None,
    to: str = ANONYMOUS,
    style: PrefixStyle | None = None,
) -> bytes:
    """Write a fault.

    Args:
        fault: what to say.
        service: decides on the namespace of the subcode; None if the request did not tell.
        message_id: wsa:MessageID, such as `urn:uuid:…`.
        relates_to: MessageID of the request; None if it had none.
        to: wsa:To.
        style: fixed prefixes, if the peer needs them.

    Raises:
        InvalidTextError: `message_id`, `relates_to` or `to` has a character that XML cannot carry.
    """
    extra = upgrade() if fault.code == "VersionMismatch" else ""
    payload = write_fault(fault, service)
    related = relates_to or UNSPECIFIED
    namespace = service.namespace if service else None
    return write_message(FAULT_ACTION, message_id, to, related, extra, payload, namespace, style)
