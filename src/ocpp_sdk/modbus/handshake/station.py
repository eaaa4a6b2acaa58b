"""The whole handshake with a PLC: every connector, the boot and the clock. Pure, and the one thing to be driven.

    events = handshake.step(snapshot, now)      after each read; with None while there is none
    values = handshake.wanted()
    handshake.writing(values)                   then write them to the device, and if that was done:
    events += handshake.written(values, now)

`wanted` is all that the PLC shall hold, so that nothing is lost with a connection; the device writes what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ocpp_sdk.errors import ConfigurationError, RegisterValueError
from ocpp_sdk.modbus.handshake.asking import Asking
from ocpp_sdk.modbus.handshake.commanding import Commanding
from ocpp_sdk.modbus.handshake.control import Control, Reserving
from ocpp_sdk.modbus.handshake.exchange import (
    Answer,
    Asked,
    CommandDecided,
    Event,
    Exchange,
    PlcReady,
    PlcStopped,
)
from ocpp_sdk.modbus.handshake.kinds import authorize_kind, start_kind, status_kind, stop_kind
from ocpp_sdk.modbus.handshake.needs import check_handshake, has_group
from ocpp_sdk.modbus.registers import RegisterMap, Value
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.modbus.words import encode

__all__ = ["StationHandshake"]

_TIME_VALID_S: Final = 3.0
_ASKING: Final = {
    Exchange.AUTHORIZE: ("AUTH_CON", authorize_kind),
    Exchange.START: ("START_CON", start_kind),
    Exchange.STOP: ("STOP_CON", stop_kind),
    Exchange.STATUS: ("SN_CON", status_kind),
}


class StationHandshake:
    """The handshake with the PLC of a charge point.

    Args:
        register_map: what the PLC has.
        new_id: makes the id of a record, unique for ever.

    Raises:
        ConfigurationError: the map lacks a register that the handshake needs.
    """

    def __init__(self, register_map: RegisterMap, new_id: Callable[[], str]) -> None:
        check_handshake(register_map)
        self._map = register_map
        self._running = self._has_run = False
        self._told: dict[str, Value] = {}
        self._times: dict[str, tuple[datetime, float]] = {}
        self._asking: dict[tuple[Exchange, int], Asking] = {}
        self._commanding: dict[tuple[Exchange, int], Commanding] = {}
        self._control: dict[int, Control] = {}
        self._reserving: dict[int, Reserving] = {}
        self.connectors = register_map.connectors
        for number in range(1, self.connectors + 1):
            for kind, (prefix, make) in _ASKING.items():
                if has_group(register_map, f"{prefix}{number}"):
                    self._asking[kind, number] = Asking(make(number), number, new_id)
            self._add_commands(number)

    @property
    def running(self) -> bool:
        """Whether the PLC said at last that it runs."""
        return self._running

    def step(self, snapshot: Snapshot | None, now: float) -> list[Event]:
        """Go on with what the PLC shows.

        Args:
            snapshot: what was read; None if it cannot be read, so that only time has passed.
            now: seconds of the clock that the snapshots are read by.
        """
        self._times = {name: told for name, told in self._times.items() if now - told[1] < _TIME_VALID_S}
        events = [] if snapshot is None else self._boot(snapshot)
        # A PLC that starts again shows zeros until it runs, by which it withdraws and accepts nothing.
        shown = None if self._has_run and not self._running else snapshot
        for asking in self._asking.values():
            events += asking.step(shown, now)
        for commanding in self._commanding.values():
            events += commanding.step(shown, now)
        for control in self._control.values():
            events += control.step(now)
        for reserving in self._reserving.values():
            events += reserving.step(now)
        return events

    def wanted(self) -> dict[str, Value]:
        """Return all that the PLC shall hold now."""
        values = {**self._told, **{name: at for name, (at, _) in self._times.items()}}
        for machines in (self._asking, self._commanding, self._control, self._reserving):
            for machine in machines.values():
                values.update(machine.wanted())
        return values

    def writing(self, values: Mapping[str, Value]) -> None:
        """Take note of what is about to be written."""
        for asking in self._asking.values():
            asking.writing(values)

    def written(self, values: Mapping[str, Value], now: float) -> list[Event]:
        """Take note of what the PLC holds now."""
        self._times = {name: told for name, told in self._times.items() if values.get(name) != told[0]}
        events: list[Event] = []
        for asking in self._asking.values():
            events += asking.written(values)
        for commanding in self._commanding.values():
            events += commanding.written(values, now)
        for control in self._control.values():
            events += control.written(values, now)
        for reserving in self._reserving.values():
            events += reserving.written(values)
        return events

    def answer(self, kind: Exchange, connector_id: int, record_id: str, answer: Answer, now: float) -> list[Event]:
        """Answer a request of the PLC.

        Args:
            kind: of the record.
            connector_id: of the record.
            record_id: of the record.
            answer: what the central system said; for a status, that it is stored.
            now: when the answer came.
        """
        asking = self._asking.get((kind, connector_id))
        if asking is None:
            return []
        if kind is not Exchange.START or not answer.accepted:
            return asking.answer(record_id, answer, now)
        misfit = self._misfit({f"START_CON{connector_id}_TRANSACTION_ID": answer.transaction_id})
        if not misfit:
            return asking.answer(record_id, answer, now)
        return asking.refuse(record_id, misfit, now)

    def resume(
        self,
        kind: Exchange,
        connector_id: int,
        record_id: str,
        asked: Asked,
        answer: Answer | None,
        now: float,
        *,
        written: bool = True,
    ) -> None:
        """Go on with a record from before a restart, so that a request that is still held is not a new one.

        Args:
            kind: of the record.
            connector_id: of the record.
            record_id: of the record.
            asked: what the PLC asked.
            answer: what it was answered, None if it was not.
            now: when the answer came.
            written: whether the answer may have been written to the PLC.
        """
        asking = self._asking.get((kind, connector_id))
        self._has_run = True
        if asking is not None:
            asking.resume(record_id, asked, answer, now, written=written)

    def remote_start(self, connector_id: int, record_id: str, id_tag: str, now: float) -> list[Event]:
        """Ask the PLC to start; it decides, or is taken to refuse after 15 s."""
        data: dict[str, Value] = {f"RMT_START_CON{connector_id}_IDTAG": id_tag}
        return self._command(Exchange.REMOTE_START, connector_id, record_id, data, now)

    def remote_stop(self, connector_id: int, record_id: str, transaction_id: int, now: float) -> list[Event]:
        """Ask the PLC to stop; it decides, or is taken to refuse after 15 s."""
        data: dict[str, Value] = {f"RMT_STOP_CON{connector_id}_TRANSACTION_ID": transaction_id}
        return self._command(Exchange.REMOTE_STOP, connector_id, record_id, data, now)

    def unlock(self, connector_id: int, record_id: str, now: float) -> list[Event]:
        """Let the connector go for a second."""
        control = self._control.get(connector_id)
        if control is None:
            return [self._refused(Exchange.LOCK, connector_id, record_id, "CONTROL")]
        return control.unlock(record_id, now)

    def set_available(self, connector_id: int, available: bool) -> None:
        """Allow or forbid a connector to lock, authorize and charge.

        Raises:
            ConfigurationError: the map has no registers for it.
        """
        if connector_id not in self._control:
            raise ConfigurationError(f"{self._map.name}: has no registers CONTROL_CON{connector_id}")
        self._control[connector_id].available = available

    def reserve(
        self,
        connector_id: int,
        record_id: str,
        *,
        id_tag: str,
        reservation_id: int,
        expires_at: datetime,
        until: float,
    ) -> list[Event]:
        """Keep a connector for a tag; `until` is the moment `expires_at` on the clock that drives the handshake."""
        reserving = self._reserving.get(connector_id)
        if reserving is None:
            return [self._refused(Exchange.RESERVATION, connector_id, record_id, "RESERV")]
        prefix = f"RESERV_CON{connector_id}"
        misfit = self._misfit(
            {f"{prefix}_IDTAG": id_tag, f"{prefix}_RESID": reservation_id, f"{prefix}_DATETIME": expires_at}
        )
        if misfit:
            return [self._decided(Exchange.RESERVATION, connector_id, record_id, misfit)]
        return reserving.reserve(
            record_id, id_tag=id_tag, reservation_id=reservation_id, expires_at=expires_at, until=until
        )

    def end_reservation(self, connector_id: int) -> list[Event]:
        """Give a connector free, since the reservation was cancelled or used."""
        reserving = self._reserving.get(connector_id)
        return [] if reserving is None else reserving.end()

    def tell_boot(self, at: datetime, now: float, *, accepted: bool) -> None:
        """Tell the PLC what the central system said to the boot, and what time it is there."""
        if has_group(self._map, "BN"):
            self._told["BN_EVCHST_ACCEPTED"] = accepted
            self._times["BN_CS_DATETIME"] = (at, now)

    def tell_time(self, at: datetime, now: float) -> None:
        """Tell the PLC the time of the central system, after each heartbeat.

        A time is written once, and within a few seconds or not at all, since an old one would set its clock back.
        """
        if has_group(self._map, "HB"):
            self._times["HB_CS_DATETIME"] = (at, now)

    def _add_commands(self, number: int) -> None:
        if has_group(self._map, f"RMT_START_CON{number}"):
            prefix = f"RMT_START_CON{number}"
            self._commanding[Exchange.REMOTE_START, number] = Commanding(
                Exchange.REMOTE_START, number, prefix, {f"{prefix}_IDTAG": ""}
            )
        if has_group(self._map, f"RMT_STOP_CON{number}"):
            prefix = f"RMT_STOP_CON{number}"
            self._commanding[Exchange.REMOTE_STOP, number] = Commanding(
                Exchange.REMOTE_STOP, number, prefix, {f"{prefix}_TRANSACTION_ID": 0}
            )
        if has_group(self._map, f"CONTROL_CON{number}"):
            self._control[number] = Control(number)
        if has_group(self._map, f"RESERV_CON{number}"):
            self._reserving[number] = Reserving(number)

    def _boot(self, snapshot: Snapshot) -> list[Event]:
        running = snapshot.flag("BN_PLC_RUNNING") or "BN_PLC_RUNNING" not in self._map.registers
        if running == self._running:
            return []
        self._running = running
        self._has_run = True
        if not running:
            return [PlcStopped()]
        return [PlcReady(software_version=snapshot.text("BN_PLC_SW_VERSION"), model=snapshot.text("BN_EVCHST_MODEL"))]

    def _command(
        self, kind: Exchange, connector_id: int, record_id: str, data: Mapping[str, Value], now: float
    ) -> list[Event]:
        commanding = self._commanding.get((kind, connector_id))
        if commanding is None:
            return [self._refused(kind, connector_id, record_id, next(iter(data)).partition("_CON")[0])]
        misfit = self._misfit(data)
        if misfit:
            return [self._decided(kind, connector_id, record_id, misfit)]
        return commanding.begin(record_id, data, now)

    def _misfit(self, values: Mapping[str, Value]) -> str:
        """Say why registers cannot hold some values, since one that cannot would keep all others from being written."""
        try:
            for name, value in values.items():
                encode(self._map.registers[name], value)
        except RegisterValueError as error:
            return str(error)
        return ""

    def _refused(self, kind: Exchange, connector_id: int, record_id: str, group: str) -> Event:
        reason = f"{self._map.name} has no registers {group}_CON{connector_id}"
        return self._decided(kind, connector_id, record_id, reason)

    def _decided(self, kind: Exchange, connector_id: int, record_id: str, reason: str) -> Event:
        return CommandDecided(record_id=record_id, kind=kind, connector_id=connector_id, accepted=False, reason=reason)
