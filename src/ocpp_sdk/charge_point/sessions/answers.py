"""What follows from the answers to starts and stops (1.5 sections 4.8 and 4.10, 1.6 sections 3.5.4 and 4.8)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Final

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.requests.messages import StartReply, StopMessage, StopReply
from ocpp_sdk.charge_point.requests.transactions import Transactions
from ocpp_sdk.charge_point.sessions.authorization import Authorization
from ocpp_sdk.charge_point.sessions.decisions import Decisions, StopVerb
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.versions.domain import IdTagInfo
from ocpp_sdk.versions.enumerations import AuthorizationStatus, StopReason
from ocpp_sdk.versions.rules import ChargePointRules

__all__ = ["TransactionAnswers"]

_LOOK_S: Final = 5.0


class TransactionAnswers:
    """Takes over what the central system answers; implements `Answers`.

    Args:
        rules: of the version.
        configuration: the keys that 1.6 decides by.
        transactions: which the answers are about.
        authorization: learns what is said of idTags.
        decisions: ends or limits what may not go on.
        clock: drives the looks at the meter.
        spawn: runs something besides.
        stop: keeps an end, as `Station.stop`.
    """

    def __init__(
        self,
        *,
        rules: ChargePointRules,
        configuration: ConfigurationTable,
        transactions: Transactions,
        authorization: Authorization,
        decisions: Decisions,
        clock: Clock,
        spawn: Callable[[Coroutine[object, object, None]], None],
        stop: StopVerb,
    ) -> None:
        self._rules = rules
        self._configuration = configuration
        self._transactions = transactions
        self._authorization = authorization
        self._decisions = decisions
        self._clock = clock
        self._spawn = spawn
        self._stop = stop
        self._refused: set[str] = set()

    async def start_answered(self, number: int, reply: StartReply) -> None:
        """Take over the number, and what is said of the idTag."""
        transaction = self._transactions.at(number)
        if transaction is None:
            return
        transaction.transaction_id = reply.transaction_id
        transaction.parent_id_tag = reply.parent_id_tag or transaction.parent_id_tag
        info = IdTagInfo(status=reply.status, expiry_date=reply.expiry_date, parent_id_tag=reply.parent_id_tag)
        self._authorization.learn(transaction.id_tag, info)
        transaction.refused = reply.status is not AuthorizationStatus.ACCEPTED
        transaction.answered.set()
        self.refuse(transaction)

    async def start_given_up(self, number: int) -> None:
        """Let the transaction go on: its start is kept and can be sent again."""
        transaction = self._transactions.at(number)
        if transaction is not None:
            transaction.answered.set()

    async def stop_answered(self, stop: StopMessage, reply: StopReply) -> None:
        """Take over what is said of the idTag that stopped."""
        if stop.id_tag is not None and reply.status is not None:
            info = IdTagInfo(status=reply.status, expiry_date=reply.expiry_date, parent_id_tag=reply.parent_id_tag)
            self._authorization.learn(stop.id_tag, info)
        await self.stop_given_up(stop)

    async def stop_given_up(self, stop: StopMessage) -> None:
        """Let nobody wait any longer for the answer to a stop."""
        transaction = self._transactions.at(stop.start_number)
        if transaction is not None:
            transaction.stop_answered.set()

    def refuse(self, transaction: Transaction) -> None:
        """End or limit a transaction that runs, if the central system has said no to its idTag."""
        if transaction.refused and transaction.stop_reason is None and transaction.key not in self._refused:
            self._refused.add(transaction.key)
            self._spawn(self._refuse(transaction))

    async def _refuse(self, transaction: Transaction) -> None:
        try:
            stops = self._rules.stops_on_invalid_id
            if stops is None:
                stops = self._configuration.boolean("StopTransactionOnInvalidId")
            if stops:
                await self._decisions.end(transaction, StopReason.DE_AUTHORIZED, self._stop)
            else:
                await self._let_little_flow(transaction)
        finally:
            self._refused.discard(transaction.key)

    async def _let_little_flow(self, transaction: Transaction) -> None:
        """Give no more than MaxEnergyOnInvalidId, until the transaction ends."""
        number, held = transaction.connector_id, False
        while transaction.stop_reason is None and not held:
            most_wh = transaction.meter_start_wh + self._configuration.integer("MaxEnergyOnInvalidId")
            if await self._decisions.energy_wh(transaction) >= most_wh:
                held = await self._decisions.let_nothing_flow(number)
            if not held:
                await wait_within(self._clock, transaction.ended, _LOOK_S)
        await transaction.ended.wait()
        await self._decisions.let_flow(number)
