"""Connectors: what is known of each, the status that follows from it, and whether that is told.

The status is made of what the hardware sees and of what the charge point knows, in this order (1.6 section 4.9):

    an error                         Faulted
    not to be used, and not in use   Unavailable
    a transaction                    Charging, SuspendedEV or SuspendedEVSE, as the hardware says
    a vehicle that has charged       Finishing
    an idTag or a vehicle            Preparing
    a reservation                    Reserved
    else                             Available
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.hardware import ConnectorFacts, Transaction
from ocpp_sdk.clock import Clock
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import Reservation, StatusReport
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode
from ocpp_sdk.versions.rules import rules_of

__all__ = ["Claim", "Connector", "Connectors"]

_UNREACHABLE = "the hardware does not answer"


@dataclass(slots=True, eq=False)
class Claim:
    """An idTag that may charge, and has not begun yet."""

    id_tag: str
    parent_id_tag: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Connector:
    """One connector.

    Attributes:
        number: from 1.
        facts: what the hardware saw last.
        reachable: whether the hardware answers.
        operative: whether it may be used.
        becomes_operative: what it is to become when its transaction ends; None for no change.
        claim: for whom it is kept a moment.
        transaction: the one that runs.
        reservation: for whom it is kept.
        has_charged: whether the vehicle that is connected has had its transaction.
        shown: the status that was told last, or will be if it stays.
        said: the status that was told last.
    """

    number: int
    facts: ConnectorFacts = field(default_factory=ConnectorFacts)
    reachable: bool = True
    operative: bool = True
    becomes_operative: bool | None = None
    claim: Claim | None = None
    transaction: Transaction | None = None
    reservation: Reservation | None = None
    has_charged: bool = False
    shown: StatusReport | None = None
    said: StatusReport | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody uses it."""
        return self.claim is not None or self.transaction is not None

    @property
    def faulted(self) -> bool:
        """Whether something is wrong that keeps it from being used."""
        return not self.reachable or (self.facts.error is not ErrorCode.NO_ERROR and not self.facts.warning)

    @property
    def status(self) -> ConnectorStatus:
        """The status that follows from all that is known."""
        facts = self.facts
        if self.faulted:
            return ConnectorStatus.FAULTED
        if not (self.operative and facts.usable) and not self.busy:
            return ConnectorStatus.UNAVAILABLE
        if self.transaction is not None:
            return facts.flow
        if facts.plugged and self.has_charged:
            return ConnectorStatus.FINISHING
        if facts.plugged or self.claim is not None:
            return ConnectorStatus.PREPARING
        return ConnectorStatus.AVAILABLE if self.reservation is None else ConnectorStatus.RESERVED


class Connectors:
    """All connectors of a charge point; connector 0 is the charge point itself.

    Args:
        version: whose words are told.
        count: how many there are.
        configuration: MinimumStatusDuration of 1.6.
        clock: for times and waits.
        tell: takes a status that is to be told.
        spawn: runs something besides.
    """

    def __init__(
        self,
        version: OcppVersion,
        count: int,
        configuration: ConfigurationTable,
        clock: Clock,
        tell: Callable[[StatusReport], Awaitable[None]],
        spawn: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._configuration = configuration
        self._clock = clock
        self._tell = tell
        self._spawn = spawn
        self._word = rules_of(version).status_word
        self._whole_operative = True
        self._whole_error = ErrorCode.NO_ERROR
        self._by_number = {number: Connector(number=number) for number in range(1, count + 1)}

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._by_number.values())

    def __len__(self) -> int:
        return len(self._by_number)

    @property
    def numbers(self) -> list[int]:
        """All numbers, 0 for the charge point included."""
        return [0, *self._by_number]

    def find(self, number: int) -> Connector | None:
        """Return a connector, None if there is no such one."""
        return self._by_number.get(number)

    async def show(self, connector: Connector) -> None:
        """Tell the status of a connector, if the version has another word for it than for the one before."""
        report, before = self.report(connector.number), connector.shown
        if before is not None and _same(before, report):
            return
        connector.shown = report
        least_s = self._configuration.integer("MinimumStatusDuration")
        if least_s > 0 and report.status is not ConnectorStatus.FAULTED:
            self._spawn(self._tell_later(connector, report, least_s))
        else:
            await self._say(connector, report)

    async def show_whole(self, *, operative: bool) -> None:
        """Tell the status of the charge point as a whole, if it is another one than before."""
        if operative is not self._whole_operative:
            self._whole_operative = operative
            await self._tell(self.report(0))

    async def tell_error(self, error: ErrorCode, info: str) -> None:
        """Tell of an error of the charge point as a whole, which does not change its status."""
        report = self.report(0)
        await self._tell(
            StatusReport(
                connector_id=0, status=report.status, error_code=error, info=info[:50], timestamp=self._clock.now()
            )
        )

    def availability_after(self, chosen: Collection[Connector], *, operative: bool, whole: bool) -> dict[int, bool]:
        """Return by connector whether it is to be operative after a change of some, or of the whole, which is 0."""
        now = {one.number: one.operative if one.becomes_operative is None else one.becomes_operative for one in self}
        return {0: operative if whole else self._whole_operative, **now, **{one.number: operative for one in chosen}}

    def restore(self, availability: Mapping[int, bool]) -> None:
        """Be as a command said before the restart; nothing is told."""
        for number, operative in availability.items():
            connector = self._by_number.get(number)
            if number == 0:
                self._whole_operative = operative
            elif connector is not None:
                connector.operative = operative

    def report(self, number: int) -> StatusReport:
        """Return the present status of a connector, or with 0 of the charge point, in the word of the version."""
        connector = self._by_number.get(number)
        if connector is None:
            status = ConnectorStatus.AVAILABLE if self._whole_operative else ConnectorStatus.UNAVAILABLE
            return StatusReport(connector_id=0, status=self._word(status), timestamp=self._clock.now())
        facts = connector.facts
        error, info = facts.error, facts.info
        if not connector.reachable:
            error, info = ErrorCode.OTHER_ERROR, _UNREACHABLE
        return StatusReport(
            connector_id=number,
            status=self._word(connector.status),
            error_code=error,
            info=info,
            timestamp=self._clock.now(),
            vendor_id=facts.vendor_id,
            vendor_error_code=facts.vendor_error_code,
        )

    def told(self, number: int) -> StatusReport:
        """Return the present status of a connector, or with 0 of the charge point, and take it for told."""
        report, connector = self.report(number), self._by_number.get(number)
        if connector is not None:
            connector.shown = connector.said = report
        return report

    async def _tell_later(self, connector: Connector, report: StatusReport, seconds: float) -> None:
        await self._clock.sleep(seconds)
        if connector.shown is report:
            await self._say(connector, report)

    async def _say(self, connector: Connector, report: StatusReport) -> None:
        if connector.said is None or not _same(connector.said, report):
            connector.said = report
            await self._tell(report)


def _same(one: StatusReport, other: StatusReport) -> bool:
    return (one.status, one.error_code, one.info, one.vendor_error_code) == (
        other.status,
        other.error_code,
        other.info,
        other.vendor_error_code,
    )
