"""The four requests of a PLC at one connector: which registers they have, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpp_sdk.modbus.handshake.asking import START_ANSWER_VALID_S, RequestKind
from ocpp_sdk.modbus.handshake.exchange import Answer, Asked, Exchange, StartAsked, StatusAsked, StopAsked, TagAsked
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode

__all__ = ["authorize_kind", "start_kind", "status_kind", "stop_kind"]

_STATUSES: Final[Mapping[int, ConnectorStatus]] = {
    0: ConnectorStatus.UNAVAILABLE,
    1: ConnectorStatus.AVAILABLE,
    2: ConnectorStatus.OCCUPIED,
    3: ConnectorStatus.RESERVED,
}
_FAULTS: Final[Mapping[int, ErrorCode]] = {
    1: ErrorCode.OTHER_ERROR,
    2: ErrorCode.CONNECTOR_LOCK_FAILURE,
    3: ErrorCode.GROUND_FAILURE,
    4: ErrorCode.HIGH_TEMPERATURE,
    5: ErrorCode.MODE3_ERROR,
    6: ErrorCode.OVER_CURRENT_FAILURE,
    7: ErrorCode.POWER_METER_FAILURE,
    8: ErrorCode.POWER_SWITCH_FAILURE,
    9: ErrorCode.READER_FAILURE,
    10: ErrorCode.RESET_FAILURE,
    11: ErrorCode.UNDER_VOLTAGE,
    12: ErrorCode.WEAK_SIGNAL,
}


def authorize_kind(connector_id: int) -> RequestKind:
    """A tag was shown: AUTH_CONn."""
    prefix = f"AUTH_CON{connector_id}"

    def read(snapshot: Snapshot) -> tuple[Asked, tuple[str, ...]]:
        return TagAsked(id_tag=snapshot.text(f"{prefix}_IDTAG")), _problems(snapshot, prefix)

    def results(answer: Answer | None) -> dict[str, Value]:
        return {f"{prefix}_IDTAG_ACCEPTED": answer is not None and answer.accepted}

    return RequestKind(
        kind=Exchange.AUTHORIZE,
        command=f"{prefix}_CMD",
        complete=f"{prefix}_COMPLETE",
        read=read,
        refuse=_needs_tag,
        same=_same_tag,
        results=results,
    )


def start_kind(connector_id: int) -> RequestKind:
    """A transaction begins: START_CONn."""
    prefix = f"START_CON{connector_id}"

    def read(snapshot: Snapshot) -> tuple[Asked, tuple[str, ...]]:
        problems = _problems(snapshot, prefix)
        told = snapshot.whole(f"{prefix}_CONNECTOR_ID")
        if told not in {0, connector_id}:
            problems = (*problems, f"{prefix}_CONNECTOR_ID: {told}, but it is the request of connector {connector_id}")
        meter_wh = snapshot.whole(f"{prefix}_WHMETER")
        return StartAsked(id_tag=snapshot.text(f"{prefix}_IDTAG"), meter_wh=meter_wh), problems

    def results(answer: Answer | None) -> dict[str, Value]:
        accepted = answer is not None and answer.accepted
        number = answer.transaction_id if answer is not None and accepted else 0
        return {f"{prefix}_ACCEPTED": accepted, f"{prefix}_TRANSACTION_ID": number}

    return RequestKind(
        kind=Exchange.START,
        command=f"{prefix}_CMD",
        complete=f"{prefix}_COMPLETE",
        read=read,
        refuse=_needs_tag,
        same=_same_tag,
        results=results,
        kept=True,
        valid_s=START_ANSWER_VALID_S,
    )


def stop_kind(connector_id: int) -> RequestKind:
    """A transaction has ended: STOP_CONn. Nothing about it is refused, since the energy was drawn."""
    prefix = f"STOP_CON{connector_id}"

    def read(snapshot: Snapshot) -> tuple[Asked, tuple[str, ...]]:
        asked = StopAsked(
            id_tag=snapshot.text(f"{prefix}_IDTAG"),
            meter_wh=snapshot.whole(f"{prefix}_WHMETER"),
            transaction_id=snapshot.whole(f"{prefix}_TRANSACTION_ID"),
        )
        return asked, _problems(snapshot, prefix)

    return RequestKind(
        kind=Exchange.STOP,
        command=f"{prefix}_CMD",
        complete=f"{prefix}_COMPLETE",
        read=read,
        refuse=_never,
        same=_same_transaction,
        results=_nothing,
        kept=True,
    )


def status_kind(connector_id: int) -> RequestKind:
    """The state of a connector has changed: SN_CONn."""
    prefix = f"SN_CON{connector_id}"

    def read(snapshot: Snapshot) -> tuple[Asked, tuple[str, ...]]:
        status = _STATUSES.get(snapshot.whole(f"{prefix}_STATUS", 1), ConnectorStatus.AVAILABLE)
        fault = _FAULTS.get(snapshot.whole(f"{prefix}_FAULTCODE"), ErrorCode.NO_ERROR)
        return StatusAsked(status=status, fault=fault), _problems(snapshot, prefix)

    return RequestKind(
        kind=Exchange.STATUS,
        command=f"{prefix}_CMD",
        complete=f"{prefix}_COMPLETE",
        read=read,
        refuse=_never,
        same=_equal,
        results=_nothing,
    )


def _problems(snapshot: Snapshot, prefix: str) -> tuple[str, ...]:
    if not snapshot.problems:
        return ()
    return tuple(f"{name}: {text}" for name, text in snapshot.problems.items() if name.startswith(f"{prefix}_"))


def _needs_tag(asked: Asked, problems: tuple[str, ...]) -> str:
    if isinstance(asked, TagAsked | StartAsked) and not asked.id_tag:
        return "; ".join(problems) or "the tag is empty"
    return ""


def _same_tag(before: Asked, now: Asked) -> bool:
    """Whether the tag is the same; one that the PLC has cleared while it holds its command is no other one."""
    if not isinstance(before, TagAsked | StartAsked) or not isinstance(now, TagAsked | StartAsked):
        return False
    return before.id_tag == now.id_tag or not now.id_tag


def _same_transaction(before: Asked, now: Asked) -> bool:
    """Whether the same transaction is stopped; without a number it is known by who stops it and at which energy."""
    if not isinstance(before, StopAsked) or not isinstance(now, StopAsked):
        return False
    if before.transaction_id or now.transaction_id:
        return before.transaction_id == now.transaction_id
    return before == now


def _equal(before: Asked, now: Asked) -> bool:
    return before == now


def _never(_asked: Asked, _found: tuple[str, ...]) -> str:
    return ""


def _nothing(_answer: Answer | None) -> dict[str, Value]:
    return {}
