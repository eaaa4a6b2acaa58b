"""Messages that the central system asks for (1.6 section 5.17)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from ocpp_sdk.charge_point.connection.heartbeat import Heartbeat
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.maintenance import Diagnostics, FirmwareUpdates
from ocpp_sdk.charge_point.metering import Metering
from ocpp_sdk.charge_point.requests.delivery import deliver
from ocpp_sdk.charge_point.requests.messages import (
    DiagnosticsMessage,
    FirmwareMessage,
    Message,
    ReadingMessage,
    StatusMessage,
)
from ocpp_sdk.charge_point.sessions.connectors import Connector, Connectors
from ocpp_sdk.errors import OcppError
from ocpp_sdk.versions.domain import Trigger
from ocpp_sdk.versions.enumerations import MessageTrigger, TriggerStatus

__all__ = ["Triggers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """Sends what is asked for past the queue, also while the registration is pending.

    Attributes:
        registration: for BootNotification.
        heartbeat: for Heartbeat.
        connectors: for StatusNotification.
        metering: for MeterValues.
        diagnostics: for DiagnosticsStatusNotification.
        firmware: for FirmwareStatusNotification.
        link: the way to the central system.
        spawn: sends after the trigger was answered.
        report: hears of each message.
    """

    registration: Registration
    heartbeat: Heartbeat
    connectors: Connectors
    metering: Metering
    diagnostics: Diagnostics
    firmware: FirmwareUpdates
    link: Link
    spawn: Callable[[Coroutine[object, object, None]], None]
    report: Report

    def pull(self, trigger: Trigger) -> TriggerStatus:
        """Send a message after this one is answered; Rejected if the connector does not exist.

        Before the first answer to a BootNotification nothing else can be asked for (1.6 section 4.2).
        """
        told = self.registration.accepted.is_set() or self.registration.refused
        if not told and trigger.message is not MessageTrigger.BOOT_NOTIFICATION:
            return TriggerStatus.REJECTED
        number = trigger.connector_id
        connectors = list(self.connectors)
        if number:
            connectors = [connector for connector in connectors if connector.number == number]
        if not connectors:
            return TriggerStatus.REJECTED
        self.spawn(self._send(trigger, connectors))
        return TriggerStatus.ACCEPTED

    async def _send(self, trigger: Trigger, connectors: list[Connector]) -> None:
        try:
            await self._send_one(trigger, connectors)
        except OcppError as error:
            self.report(f"{trigger.message}: {error}")

    async def _send_one(self, trigger: Trigger, connectors: list[Connector]) -> None:
        match trigger.message:
            case MessageTrigger.BOOT_NOTIFICATION:
                await self.registration.notify()
            case MessageTrigger.HEARTBEAT:
                await self.heartbeat.send()
            case MessageTrigger.STATUS_NOTIFICATION:
                numbers = [connector.number for connector in connectors]
                for number in [0, *numbers] if trigger.connector_id is None else [trigger.connector_id]:
                    await self._deliver(StatusMessage(report=self.connectors.report(number)))
            case MessageTrigger.METER_VALUES:
                for connector in connectors:
                    await self._read(connector)
            case MessageTrigger.FIRMWARE_STATUS_NOTIFICATION:
                await self._deliver(FirmwareMessage(status=self.firmware.status))
            case MessageTrigger.DIAGNOSTICS_STATUS_NOTIFICATION:
                await self._deliver(DiagnosticsMessage(status=self.diagnostics.status))

    async def _read(self, connector: Connector) -> None:
        reading = await self.metering.read_now(connector.number, "MeterValuesSampledData", "Trigger")
        if reading is None:
            return
        transaction = connector.transaction
        await self._deliver(
            ReadingMessage(
                connector_id=connector.number,
                reading=reading,
                # Without a number yet, the reading says nothing of the transaction.
                transaction_id=None if transaction is None else transaction.transaction_id,
            )
        )

    async def _deliver(self, message: Message) -> None:
        _, line = await self.link.send(lambda central_system: deliver(message, central_system))
        self.report(line)
