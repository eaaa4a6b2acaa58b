"""Who charges at a simulated PLC: a customer after the other at each connector, the same ones for the same seed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ocpp_sdk.modbus.simulator.connector import Held, SimulatedConnector

TAGS: Final = tuple(f"TAG{number}" for number in range(1, 9))
_ENDINGS: Final = ("swipe", "swipe", "swipe", "unplug", "unplug", "unplug", "fault")
_FAULT: Final = 6
_SWIPE_AGAIN_S: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What the meter of a PLC says of one start that it asked for.

    Attributes:
        connector_id: where.
        id_tag: who.
        meter_start_wh: as the start said.
        meter_stop_wh: as the stop said; None for a start that the PLC was refused, so that nothing flowed.
    """

    connector_id: int
    id_tag: str
    meter_start_wh: int
    meter_stop_wh: int | None


class MeteredConnector(SimulatedConnector):
    """A connector that keeps what it has delivered, and all it knows over the end of its program.

    Attributes:
        delivered: in the order in which it ended.
        asked: tag and register of the last start.
    """

    __slots__ = ("asked", "delivered")

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.delivered: list[Delivered] = []
        self.asked: tuple[str, int] | None = None

    @property
    def quiet(self) -> bool:
        """Whether no request is under way."""
        return all(asking.idle for asking in self._asking.values())

    def kept(self) -> dict[str, object]:
        """Return all that a restart must not lose, for JSON."""
        return {
            "plugged": self.plugged,
            "power_w": self.power_w,
            "fault": self.fault,
            "transaction_id": self.transaction_id,
            "energy_wh": self.energy_wh,
            "asking": {name: [one.waiting, one.held] for name, one in self._asking.items()},
            "told": self._told,
            "decided": self._decided,
            "asked": self.asked,
            "delivered": [asdict(one) for one in self.delivered],
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take over what `kept` has returned."""
        for name in ("plugged", "power_w", "fault", "transaction_id", "energy_wh"):
            setattr(self, name, kept[name])
        for name, (waiting, held) in kept["asking"].items():
            self._asking[name].waiting, self._asking[name].held = waiting, held
        self._told = tuple(kept["told"]) if kept["told"] else None
        self._decided = dict(kept["decided"])
        self.asked = tuple(kept["asked"]) if kept["asked"] else None
        self.delivered = [Delivered(**one) for one in kept["delivered"]]

    def step(self, held: Held, seconds: float) -> None:
        """Go on, and note a start that was refused."""
        start = self._asking["START"]
        asked_before = start.held is not None
        ended_before = len(self.delivered)
        super().step(held, seconds)
        refused = asked_before and start.held is None and not self.charging and len(self.delivered) == ended_before
        if refused:
            self._deliver(None)

    def _start(self, id_tag: str) -> None:
        self.asked = id_tag, int(self.energy_wh)
        super()._start(id_tag)

    def _stop(self, id_tag: str) -> None:
        if self.charging:
            self._deliver(int(self.energy_wh))
        super()._stop(id_tag)

    def _deliver(self, meter_stop_wh: int | None) -> None:
        assert self.asked is not None
        id_tag, meter_start_wh = self.asked
        self.delivered.append(
            Delivered(
                connector_id=self.number, id_tag=id_tag, meter_start_wh=meter_start_wh, meter_stop_wh=meter_stop_wh
            )
        )


@dataclass(slots=True)
class Customers:
    """The customers of one connector.

    Attributes:
        seed: what decides who comes, how long they charge and how they end.
        sessions: how many come.
        done: how many have gone.
        phase: of the present one.
        left_s: until the next thing happens.
    """

    seed: str
    sessions: int
    done: int = 0
    phase: str = "away"
    left_s: float = field(default=0.5)

    @property
    def over(self) -> bool:
        """Whether the last one has gone."""
        return self.done >= self.sessions

    def step(self, connector: MeteredConnector, seconds: float) -> None:
        """Let so many seconds pass."""
        self.left_s -= seconds
        if not self.over:
            getattr(self, f"_{self.phase}")(connector)

    def _away(self, connector: MeteredConnector) -> None:
        if self.left_s <= 0 and connector.quiet:
            connector.power_w = self._choices().randrange(50_000, 300_000)
            connector.plug()
            self._enter("plugged", 0.3)

    def _plugged(self, connector: MeteredConnector) -> None:
        if connector.charging:
            self._enter("charging", self._choices("time").uniform(1.0, 3.0))
        elif self.left_s <= 0 and connector.quiet:
            connector.swipe(self._choices("tag").choice(TAGS))
            self.left_s = _SWIPE_AGAIN_S

    def _charging(self, connector: MeteredConnector) -> None:
        if self.left_s > 0 and connector.charging:
            return
        ending = self._choices("ending").choice(_ENDINGS)
        if ending == "swipe" and connector.charging:
            connector.swipe(self._choices("tag").choice(TAGS))
        elif ending == "unplug":
            connector.unplug()
        elif ending == "fault":
            connector.fault = _FAULT
        self._enter("ending", 0.4)

    def _ending(self, connector: MeteredConnector) -> None:
        if self.left_s > 0 or connector.charging or not connector.quiet:
            return
        connector.fault = 0
        connector.unplug()
        self.done += 1
        self._enter("away", self._choices("gap").uniform(0.2, 1.0))

    def _enter(self, phase: str, left_s: float) -> None:
        self.phase, self.left_s = phase, left_s

    def _choices(self, what: str = "") -> random.Random:
        """Return what decides about the present customer, the same after a restart."""
        return random.Random(f"{self.seed}/{self.done}/{what}")
