"""What a connector is allowed to do, and for whom it is kept: pure.

At connect all is allowed and nothing is reserved, unless this side knows better: what it has told before holds on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp_sdk.modbus.handshake.exchange import CommandDecided, Event, Exchange, RecordMoved
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.storage.plc import ExchangeState

__all__ = ["UNLOCK_S", "Control", "Reserving"]

UNLOCK_S: Final = 1.0
_UNLOCK_WITHIN_S: Final = 15.0


@dataclass(slots=True)
class _Unlock:
    record_id: str
    since: float
    written_at: float | None = None


class Control:
    """Lock, authorization and charging of one connector: CONTROL_CONn."""

    def __init__(self, connector_id: int) -> None:
        self._connector_id = connector_id
        self._prefix = f"CONTROL_CON{connector_id}"
        self._unlock: _Unlock | None = None
        self.available = True

    def unlock(self, record_id: str, now: float) -> list[Event]:
        """Let the connector go for a second."""
        if self._unlock is not None:
            return [self._decided(record_id, accepted=False, reason="it is being unlocked")]
        self._unlock = _Unlock(record_id, now)
        return []

    def wanted(self) -> dict[str, Value]:
        """Return what the registers shall hold now."""
        return {
            f"{self._prefix}_LOCK_ALLOW": self.available and self._unlock is None,
            f"{self._prefix}_AUTH_ALLOW": self.available,
            f"{self._prefix}_CHARGING_ALLOW": self.available,
        }

    def step(self, now: float) -> list[Event]:
        """Lock again when the second is over; it begins when the PLC was told."""
        unlock = self._unlock
        if unlock is None:
            return []
        if unlock.written_at is None:
            if now - unlock.since < _UNLOCK_WITHIN_S:
                return []
            self._unlock = None
            return [self._decided(unlock.record_id, accepted=False, reason="the PLC could not be told")]
        if now - unlock.written_at < UNLOCK_S:
            return []
        self._unlock = None
        return [self._decided(unlock.record_id, accepted=True)]

    def written(self, values: Mapping[str, Value], now: float) -> list[Event]:
        """Take note of what the device holds now."""
        unlock = self._unlock
        name = f"{self._prefix}_LOCK_ALLOW"
        if unlock is None or unlock.written_at is not None or values.get(name) is not False:
            return []
        unlock.written_at = now
        return [
            RecordMoved(
                record_id=unlock.record_id,
                kind=Exchange.LOCK,
                connector_id=self._connector_id,
                state=ExchangeState.TRANSMITTED_TO_MODBUS,
            )
        ]

    def _decided(self, record_id: str, *, accepted: bool, reason: str = "") -> CommandDecided:
        return CommandDecided(
            record_id=record_id,
            kind=Exchange.LOCK,
            connector_id=self._connector_id,
            accepted=accepted,
            reason=reason,
        )


@dataclass(slots=True)
class _Reservation:
    record_id: str
    id_tag: str
    reservation_id: int
    expires_at: datetime
    until: float
    told: bool = False


class Reserving:
    """For whom one connector is kept: RESERV_CONn."""

    def __init__(self, connector_id: int) -> None:
        self._connector_id = connector_id
        self._prefix = f"RESERV_CON{connector_id}"
        self._reservation: _Reservation | None = None

    def reserve(
        self, record_id: str, *, id_tag: str, reservation_id: int, expires_at: datetime, until: float
    ) -> list[Event]:
        """Keep the connector, in place of any other reservation.

        Args:
            record_id: of the record.
            id_tag: for whom.
            reservation_id: as the central system gave it.
            expires_at: time of day, aware, as the PLC is told it.
            until: the same moment on the clock that drives the handshake.
        """
        events = self.end()
        self._reservation = _Reservation(record_id, id_tag, reservation_id, expires_at, until)
        return events

    def end(self) -> list[Event]:
        """Give the connector free, since the reservation was cancelled or used."""
        reservation, self._reservation = self._reservation, None
        if reservation is None:
            return []
        state = ExchangeState.ACCEPTED_TO_MODBUS if reservation.told else ExchangeState.EXPIRED_TO_MODBUS
        return [self._moved(reservation.record_id, state)]

    def wanted(self) -> dict[str, Value]:
        """Return what the registers shall hold now."""
        kept = self._reservation
        return {
            f"{self._prefix}_IDTAG": kept.id_tag if kept else "",
            f"{self._prefix}_RESID": kept.reservation_id if kept else 0,
            f"{self._prefix}_DATETIME": kept.expires_at if kept else None,
            f"{self._prefix}_CMD": kept is not None,
        }

    def step(self, now: float) -> list[Event]:
        """End the reservation when its time is over."""
        return self.end() if self._reservation is not None and now >= self._reservation.until else []

    def written(self, values: Mapping[str, Value]) -> list[Event]:
        """Take note of what the device holds now."""
        kept = self._reservation
        if kept is None or kept.told or any(values.get(name) != value for name, value in self.wanted().items()):
            return []
        kept.told = True
        return [self._moved(kept.record_id, ExchangeState.TRANSMITTED_TO_MODBUS)]

    def _moved(self, record_id: str, state: ExchangeState) -> RecordMoved:
        return RecordMoved(record_id=record_id, kind=Exchange.RESERVATION, connector_id=self._connector_id, state=state)
