"""Every failure of the SDK has one name here.

    OcppError
    ├── ConfigurationError           an option, a file or an address that cannot work
    ├── WireError                    bytes that are no OCPP message
    │   ├── MalformedXmlError        not well-formed, or not in a known encoding
    │   ├── UnsafeXmlError           a document type or entity declaration
    │   ├── LimitExceededError       too large, too deep, too many attributes, inflates too far
    │   ├── EnvelopeError            XML, but no SOAP 1.2 envelope with one payload
    │   ├── UnknownOperationError    a payload that no known service defines
    │   └── UnexpectedPayloadError   a reply with the payload of something else
    ├── MessageError                 a payload that does not fit its schema; `path` names the field
    │   ├── MissingFieldError        a required field is absent or empty
    │   ├── InvalidNumberError       no number, or outside the range of its type
    │   ├── InvalidTimeError         no point in time
    │   ├── InvalidBooleanError      neither true, false, 1 nor 0
    │   ├── UnknownValueError        outside of its enumeration
    │   ├── InvalidTextError         text that the schema or XML forbids
    │   ├── InvalidTypeError         a Python value of the wrong type
    │   ├── RepeatedFieldError       a single field given twice with different values
    │   └── DeviationError           strict mode: readable, but not as specified
    ├── FaultError                   a SOAP fault, received from a peer or raised by a handler
    │   ├── SecurityError
    │   ├── IdentityMismatchError
    │   ├── ProtocolError
    │   ├── InternalError
    │   └── NotSupportedError
    ├── CallError                    a request that got no usable reply
    │   ├── ConnectError             no connection was made; nothing was sent
    │   │   └── TlsError             the TLS handshake failed
    │   ├── ConnectionLostError      the connection broke before the reply was complete
    │   ├── CallTimeoutError         connect, read or total time is over
    │   ├── HttpStatusError          an HTTP status that carries no SOAP
    │   ├── RedirectError            3xx; a call is never redirected
    │   ├── EmptyReplyError          no bytes
    │   ├── NotSoapError             a reply that is no SOAP, such as an HTML login page
    │   ├── WrongReplyError          SOAP, but the reply to another operation
    │   └── ReplyTooLargeError       more bytes than allowed
    ├── AddressRefusedError          the callback policy forbids to call this address
    ├── RegistrationError            a charge point that the central system does not accept
    ├── SessionRefusedError          a charging session that did not begin
    ├── GivenUpError                 a message that cannot be sent, since the one before it was given up
    ├── ModbusError                  a request to a PLC that was not done
    │   ├── ModbusConnectError       no connection was made; nothing was sent
    │   ├── ModbusLostError          the connection broke before the answer was complete
    │   ├── ModbusTimeoutError       no answer in time
    │   ├── ModbusUnitError          no such unit at this address, or another one answered
    │   ├── ShortReadError           an answer with fewer registers than asked for
    │   ├── ModbusExceptionError     the PLC refused the request with an exception code
    │   └── RegisterValueError       a value that a register cannot hold
    ├── AnnouncementError            a datagram that announces no PLC
    ├── TransferError                a file that was not uploaded or downloaded
    │   ├── TransferRefusedError     to try again does not help: address, credentials, certificate, size, redirect
    │   └── SpoolError               the disk did not take the file, or give it
    ├── FirmwareError                a firmware that is not what it should be, or was not installed
    └── StorageError                 a storage that did not do what was asked; nothing was stored
        └── StorageUnavailableError  it cannot be reached now; whether the last write happened is not known

`retry_safe` says whether sending the same request again can do no harm: it is true where the peer
cannot have acted on the request, or acts once however often it comes.
"""

from __future__ import annotations

from typing import ClassVar

from ocpp_sdk.deviation import Deviation

__all__ = [
    "AddressRefusedError",
    "AnnouncementError",
    "CallError",
    "CallTimeoutError",
    "ConfigurationError",
    "ConnectError",
    "ConnectionLostError",
    "DeviationError",
    "EmptyReplyError",
    "EnvelopeError",
    "FaultError",
    "FirmwareError",
    "GivenUpError",
    "HttpStatusError",
    "IdentityMismatchError",
    "InternalError",
    "InvalidBooleanError",
    "InvalidNumberError",
    "InvalidTextError",
    "InvalidTimeError",
    "InvalidTypeError",
    "LimitExceededError",
    "MalformedXmlError",
    "MessageError",
    "MissingFieldError",
    "ModbusConnectError",
    "ModbusError",
    "ModbusExceptionError",
    "ModbusLostError",
    "ModbusTimeoutError",
    "ModbusUnitError",
    "NotSoapError",
    "NotSupportedError",
    "OcppError",
    "ProtocolError",
    "RedirectError",
    "RegisterValueError",
    "RegistrationError",
    "RepeatedFieldError",
    "ReplyTooLargeError",
    "SecurityError",
    "SessionRefusedError",
    "ShortReadError",
    "SpoolError",
    "StorageError",
    "StorageUnavailableError",
    "TlsError",
    "TransferError",
    "TransferRefusedError",
    "UnexpectedPayloadError",
    "UnknownOperationError",
    "UnknownValueError",
    "UnsafeXmlError",
    "WireError",
    "WrongReplyError",
]


class OcppError(Exception):
    """Base of every error of the SDK; `str()` is one line that names what, where and what to do."""

    retry_safe: bool = False


class ConfigurationError(OcppError):
    """An option, a file or an address that cannot work."""


class WireError(OcppError):
    """Bytes that are no OCPP message."""


class MalformedXmlError(WireError):
    """XML that is not well-formed, or not in a known encoding."""


class UnsafeXmlError(WireError):
    """XML with a document type or an entity declaration, which is never expanded."""


class LimitExceededError(WireError):
    """A message that is too large, too deep, has too many attributes or inflates too far."""


class EnvelopeError(WireError):
    """XML that is no SOAP 1.2 envelope with one payload.

    Attributes:
        version_mismatch: whether the envelope is one of another SOAP version.
        not_understood: whether a header that must be understood is not.
    """

    def __init__(self, message: str, *, version_mismatch: bool = False, not_understood: bool = False) -> None:
        super().__init__(message)
        self.version_mismatch = version_mismatch
        self.not_understood = not_understood


class UnknownOperationError(WireError):
    """A payload element that none of the known services defines.

    Attributes:
        known_service: whether the namespace is known, so that only the operation is not.
    """

    def __init__(self, message: str, *, known_service: bool = False) -> None:
        super().__init__(message)
        self.known_service = known_service


class UnexpectedPayloadError(WireError):
    """A reply whose payload is not the one of the operation that was called.

    Attributes:
        tag: the payload element that came, as `{namespace}name`.
    """

    def __init__(self, message: str, *, tag: str) -> None:
        super().__init__(message)
        self.tag = tag


class MessageError(OcppError):
    """A payload that does not fit its schema.

    Attributes:
        path: the field, as `startTransactionRequest/meterStart` or `…/values[2]/timestamp`, indexes from 1.
        detail: what is wrong with it, without the path.
    """

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path
        self.detail = detail


class MissingFieldError(MessageError):
    """A required field is absent, or empty where its type has no empty value."""


class InvalidNumberError(MessageError):
    """Text that is no number, or a number outside the range of its type."""


class InvalidTimeError(MessageError):
    """Text that is no point in time, or a `datetime` without a zone that is to be written."""


class InvalidBooleanError(MessageError):
    """Text that is neither `true`, `false`, `1` nor `0`."""


class UnknownValueError(MessageError):
    """A value outside of its enumeration."""


class InvalidTextError(MessageError):
    """Text longer than its schema allows, or with characters that XML cannot carry."""


class InvalidTypeError(MessageError):
    """A Python value of another type than the field's."""


class RepeatedFieldError(MessageError):
    """A field is given more often than its schema allows, and which value counts cannot be told."""


class DeviationError(MessageError):
    """Strict mode: the message can be read, but is not as specified."""


class FaultError(OcppError):
    """A SOAP fault: raised by the client for one received, or by a handler to answer with one.

    Attributes:
        code: local name of the SOAP code, `Sender` or `Receiver` (also `MustUnderstand`, `VersionMismatch`).
        subcode: local name of the subcode, whatever its namespace; None if there is none.
        reason: the text for people.
        detail: text content of the detail element, None if there is none.
        deviations: what was odd about a received fault.
    """

    default_code: ClassVar[str] = "Receiver"
    default_subcode: ClassVar[str | None] = None

    def __init__(
        self,
        reason: str,
        *,
        code: str | None = None,
        subcode: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.code = code or self.default_code
        self.subcode = subcode or self.default_subcode
        self.reason = reason
        self.detail = detail
        self.deviations: tuple[Deviation, ...] = ()
        name = f"{self.code}/{self.subcode}" if self.subcode else self.code
        super().__init__(f"fault {name}: {reason}")


class SecurityError(FaultError):
    """The sender failed authentication or may not use the operation."""

    default_code = "Sender"
    default_subcode = "SecurityError"


class IdentityMismatchError(FaultError):
    """The chargeBoxIdentity is not the expected one."""

    default_code = "Sender"
    default_subcode = "IdentityMismatch"


class ProtocolError(FaultError):
    """The message does not comply with the protocol."""

    default_code = "Sender"
    default_subcode = "ProtocolError"


class InternalError(FaultError):
    """The receiver could not complete the operation."""

    default_code = "Receiver"
    default_subcode = "InternalError"


class NotSupportedError(FaultError):
    """The receiver does not support the operation."""

    default_code = "Receiver"
    default_subcode = "NotSupported"


class CallError(OcppError):
    """A request that got no usable reply.

    Attributes:
        url: the address that was called, without credentials.
        status: the HTTP status, None if no reply began.
        excerpt: the first bytes of the reply, for diagnosis; empty if there are none.
    """

    def __init__(self, message: str, *, url: str, status: int | None = None, excerpt: bytes = b"") -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.excerpt = excerpt


class ConnectError(CallError):
    """No connection was made, so that nothing was sent."""

    retry_safe = True


class TlsError(ConnectError):
    """The TLS handshake failed; to try again helps only after a change of certificates."""

    retry_safe = False


class ConnectionLostError(CallError):
    """The connection broke before the reply was complete; the peer may have acted."""


class CallTimeoutError(CallError):
    """The time for the call is over.

    Attributes:
        phase: `connect`, `read` or `total`; only after `connect` a retry is safe.
    """

    def __init__(self, message: str, *, url: str, phase: str) -> None:
        super().__init__(message, url=url)
        self.phase = phase
        self.retry_safe = phase == "connect"


class HttpStatusError(CallError):
    """An HTTP status that carries no SOAP reply; 429 and 503 are safe to retry."""

    def __init__(self, message: str, *, url: str, status: int, excerpt: bytes = b"") -> None:
        super().__init__(message, url=url, status=status, excerpt=excerpt)
        self.retry_safe = status in {429, 503}


class RedirectError(CallError):
    """A redirect, which is never followed.

    Attributes:
        location: where the peer points to.
    """

    def __init__(self, message: str, *, url: str, status: int, location: str) -> None:
        super().__init__(message, url=url, status=status)
        self.location = location


class EmptyReplyError(CallError):
    """A reply without a byte of content."""


class NotSoapError(CallError):
    """A reply that is no SOAP, such as the HTML page of a login or of a proxy."""


class WrongReplyError(CallError):
    """A SOAP reply, but not the one to the operation that was called."""


class ReplyTooLargeError(CallError):
    """A reply with more bytes than allowed."""


class AddressRefusedError(OcppError):
    """The callback policy forbids to call this address."""


class RegistrationError(OcppError):
    """The central system did not accept the charge point within the number of attempts that were allowed."""


class SessionRefusedError(OcppError):
    """A charging session did not begin."""


class GivenUpError(OcppError):
    """A message that cannot be sent, since the one that it stands on was given up."""


class ModbusError(OcppError):
    """A request to a PLC that was not done.

    Reading may always be repeated, and so may writing: a register that holds the same value again tells nothing new.
    """

    retry_safe = True


class ModbusConnectError(ModbusError):
    """No connection was made, so that nothing was sent."""


class ModbusLostError(ModbusError):
    """The connection broke before the answer was complete."""


class ModbusTimeoutError(ModbusError):
    """No answer in time: the PLC is dead, hangs, or ignores requests for a unit that it does not have."""


class ModbusUnitError(ModbusError):
    """There is no such unit behind the address, or another unit answered; a matter of configuration."""

    retry_safe = False


class ShortReadError(ModbusError):
    """An answer with fewer registers than asked for, or one that ends too early."""


class ModbusExceptionError(ModbusError):
    """The PLC refused the request.

    Attributes:
        code: the exception code of Modbus; 5 and 6 say that the PLC is busy and are safe to retry.
    """

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code
        self.retry_safe = code in {5, 6}


class RegisterValueError(ModbusError):
    """A value that a register cannot hold, or words that make no value."""

    retry_safe = False


class AnnouncementError(OcppError):
    """A datagram that announces no PLC, or nothing that can be used."""


class TransferError(OcppError):
    """A file was not uploaded or downloaded; what came of it is kept, and a retry goes on from there if it can."""

    retry_safe = True


class TransferRefusedError(TransferError):
    """A file cannot be transferred like this: wrong address, credentials or certificate, too large, or a redirect."""

    retry_safe = False


class SpoolError(TransferError):
    """The disk did not take a file, or could not give it."""

    retry_safe = False


class FirmwareError(OcppError):
    """A firmware that is not what it should be, or that was not installed."""


class StorageError(OcppError):
    """A storage did not do what was asked, and stored nothing: no space, no right to write, a value it cannot hold."""


class StorageUnavailableError(StorageError):
    """A storage cannot be reached now; whether the write happened is not known, and most verbs may be repeated."""

    retry_safe = True
