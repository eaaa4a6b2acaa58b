"""Messages that the central system asks for (1.6 section 5.17)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ocpp_sdk.charge_point.clock import Clock
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connectors import Connector, Connectors
from ocpp_sdk.charge_point.heartbeat import Heartbeat
from ocpp_sdk.charge_point.keys import ENERGY
from ocpp_sdk.charge_point.link import Link, Report
from ocpp_sdk.charge_point.messages import Message, ReadingMessage, StatusMessage
from ocpp_sdk.charge_point.registration import Registration
from ocpp_sdk.charge_point.sessions import read_meter
from ocpp_sdk.errors import OcppError
from ocpp_sdk.versions.domain import Trigger
from ocpp_sdk.versions.enumerations import DiagnosticsStatus, FirmwareStatus, MessageTrigger, TriggerStatus

__all__ = ["Triggers"]


class Triggers:
    """Sends what is asked for, also while the registration is pending.

    Args:
        registration: for BootNotification.
        heartbeat: for Heartbeat.
        connectors: for MeterValues and StatusNotification.
        configuration: which measurands are read.
        link: the way to the central system.
        clock: tells the time of a reading.
        spawn: sends after the trigger was answered.
        firmware_status: returns how far an update is.
        report: hears of each message.
    """

    def __init__(  # noqa: PLR0913 - the parts of a charge point that have a message to send
        self,
        *,
        registration: Registration,
        heartbeat: Heartbeat,
        connectors: Connectors,
        configuration: ConfigurationTable,
        link: Link,
        clock: Clock,
        spawn: Callable[[Coroutine[object, object, None]], None],
        firmware_status: Callable[[], FirmwareStatus],
        report: Report,
    ) -> None:
        self._registration = registration
        self._heartbeat = heartbeat
        self._connectors = connectors
        self._configuration = configuration
        self._link = link
        self._clock = clock
        self._spawn = spawn
        self._firmware_status = firmware_status
        self._report = report

    def pull(self, trigger: Trigger) -> TriggerStatus:
        """Send a message after this one is answered; Rejected if the connector does not exist."""
        number = trigger.connector_id
        connectors = list(self._connectors)
        if number:
            connectors = [connector for connector in connectors if connector.number == number]
        if not connectors:
            return TriggerStatus.REJECTED
        self._spawn(self._send(trigger, connectors))
        return TriggerStatus.ACCEPTED

    async def _send(self, trigger: Trigger, connectors: list[Connector]) -> None:
        try:
            await self._send_one(trigger, connectors)
        except OcppError as error:
            self._report(f"{trigger.message}: {error}")

    async def _send_one(self, trigger: Trigger, connectors: list[Connector]) -> None:
        match trigger.message:
            case MessageTrigger.BOOT_NOTIFICATION:
                await self._registration.notify()
            case MessageTrigger.HEARTBEAT:
                await self._heartbeat.send()
            case MessageTrigger.STATUS_NOTIFICATION:
                numbers = [connector.number for connector in connectors]
                for number in [0, *numbers] if trigger.connector_id is None else [trigger.connector_id]:
                    await self._deliver(StatusMessage(report=self._connectors.report(number)))
            case MessageTrigger.METER_VALUES:
                measurands = self._configuration.words("MeterValuesSampledData") or (ENERGY,)
                for connector in connectors:
                    await self._deliver(
                        ReadingMessage(
                            connector_id=connector.number,
                            reading=read_meter(connector, self._clock, measurands, "Trigger"),
                            transaction=connector.transaction,
                        )
                    )
            case MessageTrigger.FIRMWARE_STATUS_NOTIFICATION:
                status = self._firmware_status()
                await self._link.send(lambda central_system: central_system.firmware_status_notification(status))
                self._report(f"FirmwareStatusNotification: {status}")
            case MessageTrigger.DIAGNOSTICS_STATUS_NOTIFICATION:
                await self._link.send(
                    lambda central_system: central_system.diagnostics_status_notification(DiagnosticsStatus.IDLE)
                )
                self._report("DiagnosticsStatusNotification: Idle")

    async def _deliver(self, message: Message) -> None:
        self._report(await self._link.send(message.deliver))
