"""One simulated connector: its plug, its tag reader and its meter, and its half of the handshake. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ocpp_sdk.modbus.registers import Value

__all__ = ["SimulatedConnector"]

_VOLTAGE_V: Final = 230
_UNAVAILABLE, _AVAILABLE, _OCCUPIED, _RESERVED = 0, 1, 2, 3
Held = Mapping[str, Value]
"""What the other side has written, by name."""


@dataclass(slots=True)
class _Asking:
    """A request of the PLC: raised when the one before is reset, dropped when it is answered."""

    prefix: str
    waiting: dict[str, Value] | None = None
    held: dict[str, Value] | None = None

    def raise_with(self, **data: Value) -> None:
        """Ask as soon as that is possible."""
        self.waiting = dict(data)

    @property
    def idle(self) -> bool:
        """Whether nothing is asked."""
        return self.waiting is None and self.held is None

    def step(self, held: Held) -> dict[str, Value] | None:
        """Go on; returns the data of the request in the moment when it is answered."""
        complete = bool(held.get(f"{self.prefix}_COMPLETE"))
        if self.held is not None and complete:
            answered, self.held = self.held, None
            return answered
        if self.held is None and self.waiting is not None and not complete:
            self.held, self.waiting = self.waiting, None
        return None

    def values(self) -> dict[str, Value]:
        """Return what its registers hold."""
        found: dict[str, Value] = {f"{self.prefix}_CMD": self.held is not None}
        found.update({f"{self.prefix}_{name}": value for name, value in (self.held or {}).items()})
        return found


@dataclass(slots=True)
class SimulatedConnector:
    """A connector that people and vehicles use.

    Attributes:
        number: from 1.
        plugged: whether a vehicle is connected.
        power_w: what a vehicle draws while it charges.
        fault: number of the fault, 0 for none.
        transaction_id: of the transaction that runs, 0 if there is none.
        energy_wh: of the meter, with its fraction.
        remote_accepts: whether remote starts and stops are accepted when they can be done.
    """

    number: int
    plugged: bool = False
    power_w: int = 11_000
    fault: int = 0
    transaction_id: int = 0
    energy_wh: float = 0.0
    remote_accepts: bool = True
    _asking: dict[str, _Asking] = field(default_factory=dict)
    _told: tuple[int, int] | None = None
    _decided: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for group in ("AUTH", "START", "STOP", "SN"):
            self._asking[group] = _Asking(f"{group}_CON{self.number}")

    @property
    def charging(self) -> bool:
        """Whether a transaction runs."""
        return self.transaction_id != 0

    @property
    def _free(self) -> bool:
        """Whether a transaction can begin; not before the one before has been told."""
        return not self.charging and not self.fault and self._asking["START"].idle and self._asking["STOP"].idle

    def plug(self) -> None:
        """Connect a vehicle."""
        self.plugged = True

    def unplug(self) -> None:
        """Take the vehicle away, which ends a transaction."""
        self.plugged = False
        self._stop("")

    def swipe(self, id_tag: str) -> None:
        """Show a tag: it begins a transaction, or ends the one that runs."""
        if self.charging:
            self._stop(id_tag)
        elif self._free and self._asking["AUTH"].idle:
            self._asking["AUTH"].raise_with(IDTAG=id_tag)

    def step(self, held: Held, seconds: float) -> None:
        """Go on by so many seconds, with what the other side has written."""
        if self.charging and self.plugged and not self.fault:
            self.energy_wh += self.power_w * seconds / 3600
        if self.charging and (self.fault or not self._allowed(held, "CHARGING") or not self._allowed(held, "LOCK")):
            self._stop("")
        self._step_requests(held)
        self._step_remote(held)
        status = (self._status(held), self.fault)
        if status != self._told and self._asking["SN"].idle:
            self._told = status
            self._asking["SN"].raise_with(STATUS=status[0], FAULTCODE=status[1])

    def values(self) -> dict[str, Value]:
        """Return what its registers hold."""
        drawing = self.charging and self.plugged
        meter = f"MV_CONNECTOR{self.number}"
        found: dict[str, Value] = {
            f"{meter}_WHMETER": int(self.energy_wh),
            f"{meter}_ACTPOW": self.power_w if drawing else 0,
            f"{meter}_VOLTAGE": _VOLTAGE_V,
            f"{meter}_CURRENT": round(self.power_w / _VOLTAGE_V) if drawing else 0,
        }
        for asking in self._asking.values():
            found.update(asking.values())
        for prefix, accepted in self._decided.items():
            found.update({f"{prefix}_COMPLETE": True, f"{prefix}_ACCEPTED": accepted})
        return found

    def _step_requests(self, held: Held) -> None:
        prefix = f"_CON{self.number}_"
        answered = self._asking["AUTH"].step(held)
        accepted = answered is not None and held.get(f"AUTH{prefix}IDTAG_ACCEPTED")
        # A remote start may have come while the tag was asked about.
        if answered is not None and accepted and self.plugged and self._free:
            self._start(str(answered["IDTAG"]))
        if self._asking["START"].step(held) is not None and held.get(f"START{prefix}ACCEPTED"):
            number = held.get(f"START{prefix}TRANSACTION_ID")
            self.transaction_id = number if isinstance(number, int) else 0
            if not self.plugged:
                self._stop("")
        self._asking["STOP"].step(held)
        self._asking["SN"].step(held)

    def _step_remote(self, held: Held) -> None:
        for kind in ("START", "STOP"):
            prefix = f"RMT_{kind}_CON{self.number}"
            if not held.get(f"{prefix}_CMD"):
                self._decided.pop(prefix, None)
            elif prefix not in self._decided:
                self._decided[prefix] = self.remote_accepts and (
                    self._remote_start(held, prefix) if kind == "START" else self._remote_stop(held, prefix)
                )

    def _remote_start(self, held: Held, prefix: str) -> bool:
        tag = held.get(f"{prefix}_IDTAG")
        if not (self.plugged and self._free and isinstance(tag, str) and tag and self._allowed(held, "CHARGING")):
            return False
        self._start(tag)
        return True

    def _remote_stop(self, held: Held, prefix: str) -> bool:
        if not self.charging or held.get(f"{prefix}_TRANSACTION_ID") != self.transaction_id:
            return False
        self._stop("")
        return True

    def _start(self, id_tag: str) -> None:
        self._asking["START"].raise_with(IDTAG=id_tag, WHMETER=int(self.energy_wh), CONNECTOR_ID=self.number)

    def _stop(self, id_tag: str) -> None:
        if self.charging:
            number, self.transaction_id = self.transaction_id, 0
            self._asking["STOP"].raise_with(IDTAG=id_tag, WHMETER=int(self.energy_wh), TRANSACTION_ID=number)

    def _status(self, held: Held) -> int:
        if self.fault or not self._allowed(held, "AUTH"):
            return _UNAVAILABLE
        if self.plugged or self.charging:
            return _OCCUPIED
        return _RESERVED if held.get(f"RESERV_CON{self.number}_CMD") else _AVAILABLE

    def _allowed(self, held: Held, what: str) -> bool:
        """Whether the other side allows something; before it has said anything, nothing is forbidden."""
        return bool(held.get(f"CONTROL_CON{self.number}_{what}_ALLOW", True))
