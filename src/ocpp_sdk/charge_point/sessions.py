"""Charging sessions: authorize, start, meter, stop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ocpp_sdk.charge_point.authorization import Authorization, same_tag
from ocpp_sdk.charge_point.clock import Clock, wait_within
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connectors import Connector, Connectors
from ocpp_sdk.charge_point.keys import ENERGY
from ocpp_sdk.charge_point.messages import Message, ReadingMessage, StartMessage, StopMessage, Transaction
from ocpp_sdk.errors import SessionRefusedError
from ocpp_sdk.versions.domain import IdTagInfo, MeterReading, SampledValue
from ocpp_sdk.versions.enumerations import AuthorizationStatus, ConnectorStatus, StopReason
from ocpp_sdk.versions.rules import ChargePointRules

__all__ = ["Sessions", "read_meter"]


def read_meter(connector: Connector, clock: Clock, measurands: tuple[str, ...], context: str) -> MeterReading:
    """Read a meter; what is not the energy is the power."""
    values = tuple(
        SampledValue(value=str(connector.meter.energy_wh), context=context, measurand=measurand, unit="Wh")
        if measurand == ENERGY
        else SampledValue(value=f"{connector.meter.power_w:.0f}", context=context, measurand=measurand, unit="W")
        for measurand in measurands
    )
    return MeterReading(timestamp=clock.now(), values=values)


class Sessions:
    """The transactions of a charge point.

    Args:
        rules: of the version.
        configuration: the sampling, and what 1.6 lets decide by keys.
        connectors: the hardware.
        authorization: who may charge.
        clock: times and waits.
        send: takes what the central system shall hear.
        spawn: runs something besides.
    """

    def __init__(
        self,
        rules: ChargePointRules,
        configuration: ConfigurationTable,
        connectors: Connectors,
        authorization: Authorization,
        clock: Clock,
        send: Callable[[Message], None],
        spawn: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._rules = rules
        self._configuration = configuration
        self._connectors = connectors
        self._authorization = authorization
        self._clock = clock
        self._send = send
        self._spawn = spawn

    def claim(self, connector_id: int | None, id_tag: str, parent_id_tag: str | None = None) -> Connector:
        """Keep a connector for a session that is about to begin, any free one if none is named.

        Raises:
            SessionRefusedError: none can be used.
        """
        wanted = list(self._connectors) if connector_id is None else [self._connectors.find(connector_id)]
        reason = f"there is no connector {connector_id}"
        for connector in wanted:
            if connector is None:
                continue
            reason = _why_not(connector, id_tag, parent_id_tag)
            if not reason:
                connector.claimed = True
                self._connectors.show(connector, ConnectorStatus.PREPARING)
                return connector
        raise SessionRefusedError(reason)

    def release(self, connector: Connector) -> None:
        """Give a connector back whose session did not begin."""
        connector.claimed = False
        self._connectors.show_idle(connector)

    async def begin(self, connector: Connector, id_tag: str, *, ask: bool) -> Transaction:
        """Begin a session on a claimed connector: the vehicle is plugged in and power flows.

        Args:
            connector: claimed before.
            id_tag: who charges.
            ask: whether the idTag is authorized first.

        Raises:
            SessionRefusedError: the idTag may not charge.
        """
        info = await self._authorization.authorize(id_tag) if ask else self._authorization.known(id_tag)
        if ask and info is not None and info.status is not AuthorizationStatus.ACCEPTED:
            self.release(connector)
            raise SessionRefusedError(f"{id_tag} is {info.status}")
        return self._start(connector, id_tag, None if info is None else info.parent_id_tag)

    def _start(self, connector: Connector, id_tag: str, parent_id_tag: str | None) -> Transaction:
        reservation, connector.reservation = connector.reservation, None
        transaction = Transaction(
            connector_id=connector.number,
            id_tag=id_tag,
            parent_id_tag=parent_id_tag,
            started_at=self._clock.now(),
            meter_start_wh=connector.meter.energy_wh,
            reservation_id=None if reservation is None else reservation.reservation_id,
        )
        connector.transaction = transaction
        connector.claimed = False
        connector.meter.switch_on()
        self._send(StartMessage(transaction=transaction, answered=self._start_answered))
        self._connectors.show(connector, ConnectorStatus.CHARGING)
        self._spawn(self._sample(connector, transaction))
        return transaction

    def stop(self, transaction: Transaction, reason: StopReason, id_tag: str | None = None) -> None:
        """End a transaction; the vehicle leaves."""
        connector = self._connectors.find(transaction.connector_id)
        if connector is None or connector.transaction is not transaction:
            return
        connector.meter.switch_off()
        connector.transaction = None
        transaction.stop_reason = reason
        transaction.meter_stop_wh = connector.meter.energy_wh
        self._send(
            StopMessage(
                transaction=transaction,
                stopped_at=self._clock.now(),
                meter_stop_wh=transaction.meter_stop_wh,
                reason=reason,
                id_tag=id_tag,
                answered=self._authorization.learn,
            )
        )
        transaction.ended.set()
        self._connectors.show(connector, ConnectorStatus.FINISHING)
        self._connectors.show_idle(connector)

    def stop_all(self, reason: StopReason) -> None:
        """End every transaction."""
        for transaction in self.running():
            self.stop(transaction, reason)

    def running(self) -> list[Transaction]:
        """Return the transactions that run."""
        return [connector.transaction for connector in self._connectors if connector.transaction is not None]

    def find(self, transaction_id: int) -> Transaction | None:
        """Return a running transaction by the number that the central system gave it."""
        return next((one for one in self.running() if one.transaction_id == transaction_id), None)

    def may_stop(self, transaction: Transaction, id_tag: str) -> bool:
        """Tell whether an idTag may end a transaction: its own does, and one of the same group (1.5 section 3.4)."""
        known = self._authorization.known(id_tag)
        return same_tag(id_tag, transaction.id_tag) or (
            known is not None and same_tag(known.parent_id_tag, transaction.parent_id_tag)
        )

    def _start_answered(self, transaction: Transaction, info: IdTagInfo) -> None:
        self._authorization.learn(transaction.id_tag, info)
        transaction.parent_id_tag = info.parent_id_tag or transaction.parent_id_tag
        stops = self._rules.stops_on_invalid_id
        if stops is None:
            stops = self._configuration.boolean("StopTransactionOnInvalidId")
        if stops and info.status is not AuthorizationStatus.ACCEPTED:
            self.stop(transaction, StopReason.DE_AUTHORIZED)

    async def _sample(self, connector: Connector, transaction: Transaction) -> None:
        """Send readings until the transaction ends; an interval of 0 ends the sampling of this transaction."""
        while (interval := self._configuration.integer("MeterValueSampleInterval")) > 0:
            if await wait_within(self._clock, transaction.ended, interval):
                return
            measurands = self._configuration.words("MeterValuesSampledData", (ENERGY,))
            if measurands:
                reading = read_meter(connector, self._clock, measurands, "Sample.Periodic")
                self._send(ReadingMessage(connector_id=connector.number, reading=reading, transaction=transaction))


def _why_not(connector: Connector, id_tag: str, parent_id_tag: str | None) -> str:
    """Say why a connector cannot be used by an idTag; empty if it can."""
    reservation = connector.reservation
    if not connector.operative:
        return f"connector {connector.number} is not available"
    if connector.busy:
        return f"connector {connector.number} is in use"
    if reservation is not None and not (
        same_tag(reservation.id_tag, id_tag) or same_tag(reservation.parent_id_tag, parent_id_tag)
    ):
        return f"connector {connector.number} is reserved"
    return ""
