"""Faults: reading them in whatever form they come, writing them as the version specifies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    EnvelopeError,
    FaultError,
    IdentityMismatchError,
    InternalError,
    MessageError,
    NotSupportedError,
    OcppError,
    ProtocolError,
    SecurityError,
    UnknownOperationError,
    WireError,
)
from ocpp_sdk.soap.excerpt import excerpt
from ocpp_sdk.soap.namespaces import SOAP, XML, split_tag, subcode_namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.operation import Service

__all__ = ["fault_for", "find_fault", "http_status_for", "read_fault", "write_fault"]

_FAULT: Final = f"{{{SOAP}}}Fault"
_CODES: Final = ("Sender", "Receiver", "MustUnderstand", "VersionMismatch", "DataEncodingUnknown")
_KNOWN_CODES: Final = {name.lower(): name for name in _CODES} | {"client": "Sender", "server": "Receiver"}
_CLASSES: Final[dict[str, type[FaultError]]] = {
    kind.default_subcode.lower(): kind
    for kind in (SecurityError, IdentityMismatchError, ProtocolError, InternalError, NotSupportedError)
}
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,100}", re.ASCII).fullmatch
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_TEXT: Final = 1000


def find_fault(body: _Element) -> _Element | None:
    """Return the first Fault element anywhere in a body, in any namespace."""
    for element in body.iter():
        if split_tag(str(element.tag))[1].lower() == "fault":
            return element
    return None


def read_fault(fault: _Element) -> FaultError:
    """Read a fault in any form; any subcode is accepted (OCPP-S 1.6 errata, section 3.3).

    Returns:
        The class that belongs to the subcode, else a plain `FaultError`; its `deviations` say what was odd.
    """
    regular = _is_regular(fault)
    if regular:
        code = _text(fault[0][0])
        subcode = _text(fault[0][1][0]) if len(fault[0]) > 1 else ""
        reason = _text(fault[1][0])
    else:
        code = _within(fault, ("code", "faultcode"), skip="subcode")
        subcode = _within(fault, ("subcode",))
        reason = _within(fault, ("reason", "faultstring", "text"))
    detail = _within(fault, ("detail",))
    code, subcode = _local(code), _local(subcode)
    kind = _CLASSES.get(subcode.lower(), FaultError)
    error = kind(
        reason or "no reason given",
        code=_KNOWN_CODES.get(code.lower(), code or "Receiver"),
        subcode=kind.default_subcode or subcode or None,
        detail=detail or None,
    )
    if not regular:
        error.deviations = (Deviation(DeviationKind.FAULT_FORM, "Fault", "not built as SOAP 1.2 says"),)
    return error


def _is_regular(fault: _Element) -> bool:
    """Whether code, subcode and reason stand where SOAP 1.2 part 1, section 5.4 puts them."""
    soap = f"{{{SOAP}}}"
    if fault.tag != _FAULT or len(fault) < 2:
        return False
    code, reason = fault[0], fault[1]
    if code.tag != soap + "Code" or reason.tag != soap + "Reason" or not len(reason) or not 1 <= len(code) <= 2:
        return False
    if code[0].tag != soap + "Value" or reason[0].tag != soap + "Text" or reason[0].get(f"{{{XML}}}lang") is None:
        return False
    if len(code) == 1:
        return True
    subcode = code[1]
    return (
        subcode.tag == soap + "Subcode"
        and bool(len(subcode))
        and subcode[0].tag == soap + "Value"
        and ":" in (subcode[0].text or "")
    )


def _text(element: _Element) -> str:
    """All text within an element, as one line of bounded length."""
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        parts.append(str(part))
        size += len(part)
        if size > 4 * _LONGEST_TEXT:
            break
    return excerpt(" ".join("".join(parts).split()), _LONGEST_TEXT)


def _within(fault: _Element, names: tuple[str, ...], skip: str | None = None) -> str:
    """Return the text of the first element below with one of the names, looked for in the order of names."""
    for name in names:
        for element in fault.iter():
            if split_tag(str(element.tag))[1].lower() != name:
                continue
            if skip is None or not len(element):
                return _text(element)
            return next((_text(child) for child in element if split_tag(str(child.tag))[1].lower() != skip), "")
    return ""


def _local(qualified: str) -> str:
    return qualified.strip().rpartition(":")[2].strip()[:100]


def fault_for(error: OcppError) -> FaultError:
    """Return the fault that answers a request after an error.

    Args:
        error: what reading the request or a handler raised. A `MessageError` is taken for one of the request; the
            caller answers `InternalError` itself when a reply cannot be written.

    Returns:
        A fault whose reason holds nothing but what the peer sent or may know.
    """
    match error:
        case FaultError():
            return error
        case UnknownOperationError(known_service=True):
            return NotSupportedError(str(error))
        case EnvelopeError(version_mismatch=True):
            return FaultError("This endpoint speaks SOAP 1.2.", code="VersionMismatch")
        case EnvelopeError(not_understood=True):
            return FaultError(str(error), code="MustUnderstand")
        case WireError() | MessageError():
            return ProtocolError(str(error))
        case _:
            return InternalError("An internal error occurred and the operation was not completed.")


def http_status_for(fault: FaultError) -> int:
    """Return the HTTP status of a fault: 400 for Sender, else 500 (SOAP 1.2 part 2, table 20)."""
    return 400 if fault.code in {"Sender", "DataEncodingUnknown"} else 500


def write_fault(fault: FaultError, service: Service | None) -> str:
    """Write the Fault element, with the prefix `soap` for the envelope's namespace; this never fails.

    Args:
        fault: what to say.
        service: decides on the namespace of the subcode; None if the request did not tell.
    """
    code = fault.code if fault.code in _CODES else "Receiver"
    namespace = _escape(subcode_namespace(service.namespace if service else None))
    subcode = ""
    if fault.subcode is not None and _NAME(fault.subcode):
        subcode = f'<soap:Subcode><soap:Value xmlns:ocpp="{namespace}">ocpp:{fault.subcode}</soap:Value></soap:Subcode>'
    detail = ""
    if fault.detail:
        # A Detail holds elements only, so the text needs one of its own.
        detail = f'<soap:Detail><text xmlns="{namespace}">{_escape(fault.detail)}</text></soap:Detail>'
    return (
        f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value>{subcode}</soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{_escape(fault.reason) or code}</soap:Text></soap:Reason>'
        f"{detail}</soap:Fault>"
    )


def _escape(text: str) -> str:
    text = _ILLEGAL.sub("\ufffd", text[:_LONGEST_TEXT])
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
