"""What the charge point offers to its hardware: who may charge, what begins and ends, what is seen.

Each connector takes one thing at a time. What the hardware is told has been stored before.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Final

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.hardware import ConnectorFacts, HardwareInfo, Transaction
from ocpp_sdk.charge_point.metering import Metering
from ocpp_sdk.charge_point.requests.persisting import surely
from ocpp_sdk.charge_point.requests.transactions import Restored, Transactions
from ocpp_sdk.charge_point.sessions.answers import TransactionAnswers
from ocpp_sdk.charge_point.sessions.authorization import Authorization, same_tag
from ocpp_sdk.charge_point.sessions.connectors import Claim, Connector, Connectors
from ocpp_sdk.charge_point.sessions.decisions import Decisions
from ocpp_sdk.charge_point.sessions.reservations import Reservations
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.charge_point.smart_charging import SmartCharging
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import SessionRefusedError
from ocpp_sdk.versions.domain import IdTagInfo
from ocpp_sdk.versions.enumerations import AuthorizationStatus, StopReason
from ocpp_sdk.versions.rules import rules_of

__all__ = ["Sessions"]

_CONNECTION_TIMEOUT_S: Final = 60
_BOOT_S: Final = 10.0


class Sessions:
    """The sessions of a charge point; implements `Station`.

    Attributes:
        answers: what follows from the answers of the central system.
    """

    def __init__(  # noqa: PLR0913 - the parts of a charge point that a session goes through
        self,
        *,
        settings: ChargePointSettings,
        decisions: Decisions,
        configuration: ConfigurationTable,
        registration: Registration,
        connectors: Connectors,
        reservations: Reservations,
        authorization: Authorization,
        transactions: Transactions,
        metering: Metering,
        smart_charging: SmartCharging,
        clock: Clock,
        spawn: Callable[[Coroutine[object, object, None]], None],
        report: Report,
    ) -> None:
        self._decisions = decisions
        self._configuration = configuration
        self._registration = registration
        self._connectors = connectors
        self._reservations = reservations
        self._authorization = authorization
        self._transactions = transactions
        self._metering = metering
        self._smart_charging = smart_charging
        self._clock = clock
        self._spawn = spawn
        self._report = report
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.answers = TransactionAnswers(
            rules=rules_of(settings.version),
            configuration=configuration,
            transactions=transactions,
            authorization=authorization,
            decisions=decisions,
            clock=clock,
            spawn=spawn,
            stop=self.stop,
        )
        self._least_meter_wh: dict[str, int] = {}

    async def restore(self) -> None:
        """Know again the transactions that run."""
        restored: list[Restored] = await self._transactions.restore()
        for one in restored:
            transaction = one.transaction
            self._least_meter_wh[transaction.key] = one.meter_wh
            connector = self._connectors.find(transaction.connector_id)
            if connector is not None:
                connector.transaction = transaction
                if not connector.operative:
                    # Somebody has asked for that while it ran.
                    connector.operative, connector.becomes_operative = True, False
            self._report(
                f"connector {transaction.connector_id}: the transaction of {transaction.id_tag} is known again"
            )
        await self._metering.restore([one.transaction for one in restored])
        for one in restored:
            await self._smart_charging.transaction_started(one.transaction)

    async def ready(self, info: HardwareInfo) -> None:
        """Let the charge point boot; what ran before the hardware stopped goes on or is ended."""
        self._configuration.set_measurands(info.measurands)
        for connector in self._connectors:
            connector.reachable = True
        await self._tell_hardware()
        self._smart_charging.hardware_restarted()
        await asyncio.gather(*(self._go_on(transaction) for transaction in self.all_running()))
        self._registration.hardware_ready(info)
        for connector in self._connectors:
            await self._connectors.show(connector)

    async def lost(self, reason: str) -> None:
        """Show every connector as Faulted; the boot waits, if it was not accepted yet."""
        self._report(f"the hardware is away: {reason}")
        self._registration.hardware_lost()
        await self._reach(reachable=False)

    async def found(self) -> None:
        """Show every connector as what it is, and tell the hardware what it may have missed."""
        self._report("the hardware is back")
        self._registration.hardware_found()
        await self._tell_hardware()
        await self._reach(reachable=True)

    async def observe(self, connector_id: int, facts: ConnectorFacts) -> None:
        """Show the status that follows; a connector that fails loses its reservation."""
        connector = self._found(connector_id)
        connector.facts = facts
        if not facts.plugged:
            connector.has_charged = False
        if connector.faulted or not facts.usable:
            await self._reservations.lose(connector)
        await self._connectors.show(connector)

    def refusal(self, connector_id: int, id_tag: str) -> str:
        """Say what of a connector or of the registration keeps an idTag from charging."""
        if self._registration.refused:
            return "the charge point is not registered"
        connector, known = self._found(connector_id), self._authorization.known(id_tag)
        if known is None or known.parent_id_tag is None:
            # Who asks the central system may hear that it is one of the group that a connector is kept for.
            return _refusal(connector) or self._reservations.refusal_of_any(connector, id_tag)
        return _refusal(connector) or self._reservations.refusal(connector, id_tag, known.parent_id_tag)

    async def authorize(self, connector_id: int, id_tag: str) -> bool:
        """Ask, and keep the connector until ConnectionTimeOut is over."""
        connector = self._found(connector_id)
        if connector.claim is not None and same_tag(connector.claim.id_tag, id_tag):
            return True
        if self._registration.booting:
            # Whoever comes while the charge point boots need not be told what it does not know yet.
            await wait_within(self._clock, self._registration.accepted, _BOOT_S)
        if self._registration.refused:
            self._report(f"{id_tag} cannot charge yet: the charge point is not registered")
            return False
        info = await self._authorization.authorize(id_tag)
        if info.status is not AuthorizationStatus.ACCEPTED:
            self._report(f"connector {connector_id}: {id_tag} is {info.status}")
            return False
        try:
            await self.claim(connector, id_tag, info.parent_id_tag)
        except SessionRefusedError as error:
            self._report(str(error))
            return False
        return True

    async def may_stop(self, connector_id: int, id_tag: str) -> bool:
        """Tell: the idTag of the start may, and one of the same group (1.5 section 3.4)."""
        transaction = self.running(connector_id)
        if transaction is None:
            return False
        if same_tag(id_tag, transaction.id_tag) or _same_group(transaction, self._authorization.known(id_tag)):
            return True
        return _same_group(transaction, await self._authorization.authorize(id_tag))

    async def claim(self, connector: Connector, id_tag: str, parent_id_tag: str | None) -> None:
        """Keep a connector for an idTag that may charge.

        Raises:
            SessionRefusedError: it cannot be used.
        """
        if refusal := _refusal(connector) or self._reservations.refusal(connector, id_tag, parent_id_tag):
            raise SessionRefusedError(refusal)
        claim = connector.claim = Claim(id_tag, parent_id_tag)
        self._spawn(self._expire(connector, claim))
        await self._connectors.show(connector)

    def authorized(self, connector_id: int) -> str | None:
        """Return the idTag that may charge here and has not begun."""
        claim = self._found(connector_id).claim
        return None if claim is None else claim.id_tag

    async def release(self, connector_id: int) -> None:
        """Let others use the connector."""
        connector = self._found(connector_id)
        self._abandon_starts(connector_id)
        if connector.claim is not None:
            connector.claim = None
            self._smart_charging.forget(connector_id)
            await self.settle(connector)

    async def settle(self, connector: Connector) -> None:
        """Show what a connector is, after a change of availability that it waited for has been made."""
        if connector.becomes_operative is not None and not connector.busy:
            connector.operative, connector.becomes_operative = connector.becomes_operative, None
            await self._decisions.set_available(connector.number, available=connector.operative)
        await self._connectors.show(connector)

    async def start(
        self, connector_id: int, id_tag: str, meter_wh: int, *, key: str, at: datetime | None = None
    ) -> Transaction:
        """Keep the start; readings and limits begin with it."""
        connector = self._found(connector_id)
        async with self._turns[connector_id]:
            known = self._transactions.known(key)
            if known is not None:
                return known
            if connector.transaction is not None:
                raise SessionRefusedError(
                    f"connector {connector_id}: the transaction of {connector.transaction.id_tag} runs"
                )
            self._abandon_starts(connector_id, but=key)
            transaction = await self._begin(connector, id_tag, meter_wh, key, at or self._clock.now())
            await self._metering.transaction_started(transaction, meter_wh)
        await self._smart_charging.transaction_started(transaction)
        return transaction

    async def stop(
        self,
        connector_id: int,
        meter_wh: int,
        *,
        transaction: Transaction | None = None,
        id_tag: str | None = None,
        reason: StopReason | None = None,
        at: datetime | None = None,
    ) -> Transaction | None:
        """Keep the end, whatever the meter says: the energy was drawn."""
        connector = self._connectors.find(connector_id)
        if connector is None and transaction is None:
            raise SessionRefusedError(f"there is no connector {connector_id}")
        async with self._turns[connector_id]:
            ended = transaction or self.running(connector_id)
            if ended is None or ended.stop_reason is not None:
                return ended
            meter_wh = max(meter_wh, self._least_meter_wh.get(ended.key, meter_wh))
            if meter_wh < ended.meter_start_wh:
                self._report(f"connector {connector_id}: the meter went back to {meter_wh} Wh in a transaction")
            # It may be of hardware that had more connectors.
            readings = () if connector is None else await self._metering.transaction_ended(ended, meter_wh, at=at)
            stopped_at = max(at or self._clock.now(), ended.started_at)
            why = reason or ended.stopping or StopReason.LOCAL
            await self._transactions.stop(ended, stopped_at, meter_wh, why, id_tag, readings)
            await self._metering.forget(ended)
            self._least_meter_wh.pop(ended.key, None)
            if connector is not None and connector.transaction is ended:
                connector.transaction = None
                connector.has_charged = connector.facts.plugged
        await self._smart_charging.transaction_ended(ended)
        if connector is not None:
            await self.settle(connector)
        return ended

    def running(self, connector_id: int) -> Transaction | None:
        """Return the transaction that runs on a connector."""
        connector = self._connectors.find(connector_id)
        return None if connector is None else connector.transaction

    def all_running(self) -> list[Transaction]:
        """Return the transactions that run."""
        return self._transactions.running()

    def now(self) -> datetime:
        """Return the time of day as the central system told it."""
        return self._clock.now()

    def setting(self, key: str) -> str | None:
        """Return the value of a configuration key, None if the version has none of this name."""
        found = self._configuration.read((key,)).keys
        return found[0].value if found else None

    def find(self, transaction_id: int) -> Transaction | None:
        """Return a running transaction by the number that the central system gave it."""
        return next((one for one in self.all_running() if one.transaction_id == transaction_id), None)

    async def ask_to_start(self, connector: Connector, id_tag: str, *, until: float | None = None) -> bool:
        """Let the hardware decide about a start, until a deadline; a no gives the connector back."""
        accepted = await self._decisions.start(connector.number, id_tag, until=until)
        if not accepted and connector.transaction is None:
            await self.release(connector.number)
        return accepted

    async def stop_all(self, reason: StopReason) -> None:
        """End every transaction, and let nobody begin who has not."""
        for connector in self._connectors:
            await self.release(connector.number)
        await self._decisions.end_all(self.all_running(), reason, self.stop)

    def _found(self, connector_id: int) -> Connector:
        connector = self._connectors.find(connector_id)
        if connector is None:
            raise SessionRefusedError(f"there is no connector {connector_id}")
        return connector

    async def _tell_hardware(self) -> None:
        await asyncio.gather(
            *(self._decisions.set_available(one.number, available=one.operative) for one in self._connectors)
        )
        await self._reservations.show_all()

    async def _reach(self, *, reachable: bool) -> None:
        for connector in self._connectors:
            connector.reachable = reachable
            await self._connectors.show(connector)

    async def _begin(self, connector: Connector, id_tag: str, meter_wh: int, key: str, at: datetime) -> Transaction:
        claim = connector.claim
        parent = claim.parent_id_tag if claim is not None and same_tag(claim.id_tag, id_tag) else None
        if parent is None and (known := self._authorization.known(id_tag)) is not None:
            parent = known.parent_id_tag
        at = self._transactions.moment_of_start(connector.number, id_tag, meter_wh, at)
        reservation = self._reservations.used_by(connector, id_tag, parent)
        transaction = Transaction(
            key=key,
            connector_id=connector.number,
            id_tag=id_tag,
            parent_id_tag=parent,
            started_at=at,
            meter_start_wh=meter_wh,
            reservation_id=None if reservation is None else reservation.reservation_id,
        )
        await self._transactions.start(transaction)
        connector.transaction, connector.claim, connector.has_charged = transaction, None, False
        if reservation is not None:
            await self._reservations.use(reservation)
        await self._connectors.show(connector)
        return transaction

    async def _go_on(self, transaction: Transaction) -> None:
        """Ask the hardware about a transaction from before it restarted."""
        if self._connectors.find(transaction.connector_id) is None:
            await self._decisions.stop_as_it_is(transaction, StopReason.POWER_LOSS, self.stop)
        else:
            await self._decisions.go_on(transaction, self.stop)
        self.answers.refuse(transaction)

    def _abandon_starts(self, connector_id: int, *, but: str | None = None) -> None:
        """End what was started here in vain, since the storage had failed and may have kept it all the same."""
        for key in self._transactions.doubtful(connector_id, but=but):
            self._spawn(self._abandon(connector_id, key))

    async def _abandon(self, connector_id: int, key: str) -> None:
        what = f"connector {connector_id}: the end of a transaction that did not begin"
        await surely(self._clock, what, lambda: self._transactions.abandon(key), self._report)

    async def _expire(self, connector: Connector, claim: Claim) -> None:
        seconds = self._configuration.integer("ConnectionTimeOut", _CONNECTION_TIMEOUT_S)
        if seconds == 0:
            return
        await self._clock.sleep(seconds)
        if connector.claim is claim:
            self._report(f"connector {connector.number}: {claim.id_tag} did not come to charge")
            await self.release(connector.number)


def _same_group(transaction: Transaction, info: IdTagInfo | None) -> bool:
    return (
        info is not None
        and info.status is AuthorizationStatus.ACCEPTED
        and same_tag(info.parent_id_tag, transaction.parent_id_tag)
    )


def _refusal(connector: Connector) -> str:
    if connector.faulted:
        return f"connector {connector.number} is faulted"
    if not connector.operative or not connector.facts.usable:
        return f"connector {connector.number} is not available"
    return f"connector {connector.number} is in use" if connector.busy else ""
