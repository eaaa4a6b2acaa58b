"""What waits to be sent, as it is kept: each message is the JSON text of a request in the queue.

A stop and a reading name the start that they belong to by its place in the queue, since the number that the central
system gives is not known before the start was answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ocpp_sdk.errors import GivenUpError
from ocpp_sdk.versions.domain import MeterReading, StartTransaction, StatusReport
from ocpp_sdk.versions.enumerations import AuthorizationStatus, DiagnosticsStatus, FirmwareStatus, StopReason

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "OPERATION_OF",
    "DiagnosticsMessage",
    "FirmwareMessage",
    "Message",
    "ReadingMessage",
    "StartMessage",
    "StartReply",
    "StatusMessage",
    "StopMessage",
    "StopReply",
    "read_json",
    "write_json",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMessage:
    """A transaction began."""

    start: StartTransaction
    parent_id_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMessage:
    """A transaction ended.

    Attributes:
        start_number: place of its start in the queue.
        transaction_id: None if the start was not answered by then.
        connector_id: where it was.
        timestamp: when it ended.
        meter_stop_wh: the register, in Wh.
        reason: why.
        id_tag: who ended it; None if nobody did.
        readings: transactionData.
    """

    start_number: int
    transaction_id: int | None = None
    connector_id: int
    timestamp: datetime
    meter_stop_wh: int
    reason: StopReason
    id_tag: str | None = None
    readings: tuple[MeterReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMessage:
    """A meter was read.

    Attributes:
        connector_id: where; 0 is the main meter.
        reading: what it said.
        start_number: place of the start of its transaction in the queue; None if it belongs to none.
        transaction_id: None if the start was not answered by then.
    """

    connector_id: int
    reading: MeterReading
    start_number: int | None = None
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMessage:
    """The state of a connector changed."""

    report: StatusReport


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareMessage:
    """An update went on."""

    status: FirmwareStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsMessage:
    """An upload went on."""

    status: DiagnosticsStatus


Message: TypeAlias = StartMessage | StopMessage | ReadingMessage | StatusMessage | FirmwareMessage | DiagnosticsMessage

OPERATION_OF: Final[dict[type[Message], str]] = {
    StartMessage: "StartTransaction",
    StopMessage: "StopTransaction",
    ReadingMessage: "MeterValues",
    StatusMessage: "StatusNotification",
    FirmwareMessage: "FirmwareStatusNotification",
    DiagnosticsMessage: "DiagnosticsStatusNotification",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartReply:
    """What the central system answered to a start."""

    transaction_id: int
    status: AuthorizationStatus
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReply:
    """What the central system answered to a stop; without a status if it said nothing of the idTag."""

    transaction_id: int
    status: AuthorizationStatus | None = None
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None


def write_json(value: Message | StartReply | StopReply) -> str:
    """Return a message or a reply as it is kept."""
    adapter: TypeAdapter[object] = _adapter(type(value))
    return adapter.dump_json(value, exclude_defaults=True).decode()


def read_json(kind: type[T], text: str) -> T:
    """Read a message or a reply that was kept.

    Raises:
        GivenUpError: it is not one, and never will be.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - only who keeps something loads it

    try:
        found: T = _adapter(kind).validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise GivenUpError(f"a {kind.__name__} in the queue cannot be read: {where}: {problem['msg']}") from error
    return found


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    # Made when first used: a charge point of 1.2 never reads most of them.
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter  # noqa: PLC0415 - likewise

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
