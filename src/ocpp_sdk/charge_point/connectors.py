"""The simulated hardware: connectors with a meter each, and the status they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ocpp_sdk.charge_point.clock import Clock
from ocpp_sdk.charge_point.messages import Message, StatusMessage, Transaction
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.versions.domain import Reservation, StatusReport
from ocpp_sdk.versions.enumerations import ConnectorStatus
from ocpp_sdk.versions.rules import rules_of

__all__ = ["Connector", "Connectors", "Meter"]


class Meter:
    """Counts energy while power flows.

    Args:
        clock: tells how long it flowed.
        power_w: what a vehicle draws, in W.
    """

    def __init__(self, clock: Clock, power_w: float) -> None:
        self._clock = clock
        self._draws_w = power_w
        self._counted_wh = 0.0
        self._since: float | None = None

    @property
    def power_w(self) -> float:
        """What flows now, in W."""
        return 0.0 if self._since is None else self._draws_w

    @property
    def energy_wh(self) -> int:
        """The register, in whole Wh; it never goes back."""
        running = 0.0 if self._since is None else self._clock.monotonic() - self._since
        return int(self._counted_wh + self._draws_w * running / 3600)

    def switch_on(self) -> None:
        """Let power flow."""
        if self._since is None:
            self._since = self._clock.monotonic()

    def switch_off(self) -> None:
        """Stop the flow."""
        if self._since is not None:
            self._counted_wh += self._draws_w * (self._clock.monotonic() - self._since) / 3600
            self._since = None


@dataclass(slots=True, kw_only=True, eq=False)
class Connector:
    """One connector.

    Attributes:
        number: from 1.
        meter: its meter.
        operative: whether it may be used.
        becomes_operative: what it is to become when its transaction ends; None for no change.
        claimed: whether a session is about to begin.
        transaction: the one that runs.
        reservation: for whom it is kept.
        status: what it shows.
    """

    number: int
    meter: Meter
    operative: bool = True
    becomes_operative: bool | None = None
    claimed: bool = False
    transaction: Transaction | None = None
    reservation: Reservation | None = None
    status: ConnectorStatus = ConnectorStatus.AVAILABLE

    @property
    def busy(self) -> bool:
        """Whether somebody uses it."""
        return self.claimed or self.transaction is not None


class Connectors:
    """All connectors of a charge point; connector 0 is the charge point itself.

    Args:
        settings: how many there are.
        clock: for meters and times.
        send: takes the status notifications.
    """

    def __init__(self, settings: ChargePointSettings, clock: Clock, send: Callable[[Message], None]) -> None:
        self._clock = clock
        self._send = send
        self._word = rules_of(settings.version).status_word
        self._whole = ConnectorStatus.AVAILABLE
        self._by_number = {
            number: Connector(number=number, meter=Meter(clock, settings.power_w))
            for number in range(1, settings.connectors + 1)
        }

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._by_number.values())

    def find(self, number: int) -> Connector | None:
        """Return a connector, None if there is no such one."""
        return self._by_number.get(number)

    def show(self, connector: Connector, status: ConnectorStatus) -> None:
        """Show a status, and notify it where the version has another word for it than for the one before."""
        changed = self._word(status) is not self._word(connector.status)
        connector.status = status
        if changed:
            self._send(StatusMessage(report=self.report(connector.number)))

    def show_idle(self, connector: Connector) -> None:
        """Show what a connector is that nobody uses."""
        if connector.becomes_operative is not None:
            connector.operative = connector.becomes_operative
            connector.becomes_operative = None
        if not connector.operative:
            self.show(connector, ConnectorStatus.UNAVAILABLE)
        elif connector.reservation is not None:
            self.show(connector, ConnectorStatus.RESERVED)
        else:
            self.show(connector, ConnectorStatus.AVAILABLE)

    def show_whole(self, *, operative: bool) -> None:
        """Show the status of the charge point as a whole."""
        status = ConnectorStatus.AVAILABLE if operative else ConnectorStatus.UNAVAILABLE
        if status is not self._whole:
            self._whole = status
            self._send(StatusMessage(report=self.report(0)))

    def availability(self) -> dict[int, bool]:
        """Return by connector whether it is operative, or is to be when its transaction ends; 0 is the whole."""
        chosen = {one.number: one.operative if one.becomes_operative is None else one.becomes_operative for one in self}
        return {0: self._whole is ConnectorStatus.AVAILABLE, **chosen}

    def restore(self, availability: Mapping[int, bool]) -> None:
        """Be as a command said before the restart; nothing is notified."""
        for number, operative in availability.items():
            status = ConnectorStatus.AVAILABLE if operative else ConnectorStatus.UNAVAILABLE
            connector = self._by_number.get(number)
            if number == 0:
                self._whole = status
            elif connector is not None:
                connector.operative, connector.status = operative, status

    def report(self, number: int) -> StatusReport:
        """Return the present status of a connector, or with 0 of the charge point, in the word of the version."""
        status = self._by_number[number].status if number else self._whole
        return StatusReport(connector_id=number, status=self._word(status), timestamp=self._clock.now())

    def reports(self) -> list[StatusReport]:
        """Return the present status of the charge point and of each connector."""
        return [self.report(number) for number in (0, *self._by_number)]
