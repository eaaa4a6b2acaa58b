"""What the charge point does with each command, and answers that are true for a simulated one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ocpp_sdk.call import Call
from ocpp_sdk.charge_point.authorization import Authorization
from ocpp_sdk.charge_point.clock import Clock, sleep_until
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connectors import Connector, Connectors
from ocpp_sdk.charge_point.keeping import Keeping
from ocpp_sdk.charge_point.link import Link, Report
from ocpp_sdk.charge_point.registration import Registration
from ocpp_sdk.charge_point.reservations import Reservations
from ocpp_sdk.charge_point.sessions import Sessions
from ocpp_sdk.errors import InternalError, OcppError, SessionRefusedError
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingProfileFilter,
    CompositeSchedule,
    CompositeScheduleRequest,
    Configuration,
    DataTransfer,
    DataTransferResult,
    DiagnosticsRequest,
    FirmwareUpdate,
    LocalListResult,
    LocalListUpdate,
    RemoteStart,
    Reservation,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    ConfigurationStatus,
    DataTransferStatus,
    FirmwareStatus,
    ReservationStatus,
    ResetType,
    StopReason,
    TriggerStatus,
    UnlockStatus,
    UpdateStatus,
)

__all__ = ["Commands"]


class Commands:
    """The commands of one charge point; implements `ChargePointDomain`.

    Args:
        registration: decides whether commands are answered at all.
        configuration: read and set by commands.
        connectors: the hardware.
        authorization: local list and cache.
        sessions: started and stopped by commands.
        reservations: made and dropped by commands.
        keeping: where it is kept what commands change.
        link: for the outcome of a firmware update.
        clock: for commands that wait.
        restart: ends everything and boots again.
        trigger: sends the message that was asked for.
        spawn: runs what follows an answer.
        report: hears of each command.
    """

    def __init__(  # noqa: PLR0913 - the parts of a charge point, which all have commands
        self,
        *,
        registration: Registration,
        configuration: ConfigurationTable,
        connectors: Connectors,
        authorization: Authorization,
        sessions: Sessions,
        reservations: Reservations,
        keeping: Keeping,
        link: Link,
        clock: Clock,
        restart: Callable[[ResetType], None],
        trigger: Callable[[Trigger], TriggerStatus],
        spawn: Callable[[Coroutine[object, object, None]], None],
        report: Report,
    ) -> None:
        self._registration = registration
        self._configuration = configuration
        self._connectors = connectors
        self._authorization = authorization
        self._sessions = sessions
        self._reservations = reservations
        self._keeping = keeping
        self._link = link
        self._clock = clock
        self._restart = restart
        self._trigger = trigger
        self._spawn = spawn
        self._report = report
        self.firmware_status = FirmwareStatus.IDLE

    async def remote_start_transaction(self, call: Call, start: RemoteStart, /) -> CommandStatus:
        """Start a session if a connector is free; not before the registration (1.6 section 4.2)."""
        self._answer(call)
        if not self._registration.accepted.is_set():
            return CommandStatus.REJECTED
        known = self._authorization.known(start.id_tag)
        try:
            connector = self._sessions.claim(
                start.connector_id, start.id_tag, None if known is None else known.parent_id_tag
            )
        except SessionRefusedError as error:
            self._report(f"RemoteStartTransaction: {error}")
            return CommandStatus.REJECTED
        self._spawn(self._begin(connector, start.id_tag))
        return CommandStatus.ACCEPTED

    async def remote_stop_transaction(self, call: Call, transaction_id: int, /) -> CommandStatus:
        """Stop a transaction that runs."""
        self._answer(call)
        transaction = self._sessions.find(transaction_id)
        if transaction is None or not self._registration.accepted.is_set():
            return CommandStatus.REJECTED
        self._sessions.stop(transaction, StopReason.REMOTE)
        return CommandStatus.ACCEPTED

    async def unlock_connector(self, call: Call, connector_id: int, /) -> UnlockStatus:
        """Unlock, after ending the transaction (1.5 section 5.14)."""
        self._answer(call)
        connector = self._connectors.find(connector_id)
        if connector is None:
            return UnlockStatus.NOT_SUPPORTED
        if connector.transaction is not None:
            self._sessions.stop(connector.transaction, StopReason.UNLOCK_COMMAND)
        return UnlockStatus.UNLOCKED

    async def reset(self, call: Call, reset_type: ResetType, /) -> CommandStatus:
        """End every transaction, then boot again."""
        self._answer(call)
        self._restart(reset_type)
        return CommandStatus.ACCEPTED

    async def change_availability(
        self, call: Call, connector_id: int, availability: AvailabilityType, /
    ) -> AvailabilityStatus:
        """Change at once, or when the transaction has ended (1.5 section 5.2)."""
        self._answer(call)
        operative = availability is AvailabilityType.OPERATIVE
        connector = self._connectors.find(connector_id)
        if connector is None and connector_id != 0:
            return AvailabilityStatus.REJECTED
        if connector_id == 0:
            self._connectors.show_whole(operative=operative)
        scheduled = False
        for one in [connector] if connector is not None else list(self._connectors):
            one.becomes_operative = operative
            if one.busy:
                scheduled = scheduled or one.operative is not operative
            else:
                self._connectors.show_idle(one)
        await self._keeping.keep_availability(self._connectors.availability())
        return AvailabilityStatus.SCHEDULED if scheduled else AvailabilityStatus.ACCEPTED

    async def change_configuration(self, call: Call, key: str, value: str, /) -> ConfigurationStatus:
        """Set a key."""
        self._answer(call)
        status = self._configuration.change(key, value)
        if status in {ConfigurationStatus.ACCEPTED, ConfigurationStatus.REBOOT_REQUIRED}:
            await self._keeping.keep_configuration(*self._configuration.chosen(key))
        return status

    async def get_configuration(self, call: Call, keys: tuple[str, ...], /) -> Configuration:
        """Read keys."""
        self._answer(call)
        return self._configuration.read(keys)

    async def clear_cache(self, call: Call, /) -> CommandStatus:
        """Forget what the central system said of idTags."""
        self._answer(call)
        await self._authorization.clear_cache()
        return CommandStatus.ACCEPTED

    async def get_diagnostics(self, call: Call, request: DiagnosticsRequest, /) -> str | None:
        """There are no diagnostics, hence no name of a file (1.5 section 5.7)."""
        self._answer(call)
        return None

    async def update_firmware(self, call: Call, update: FirmwareUpdate, /) -> None:
        """A simulated charge point cannot download, and says so when the time has come."""
        self._answer(call)
        self._spawn(self._fail_update(update))

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        """No vendor is known."""
        self._answer(call)
        return DataTransferResult(status=DataTransferStatus.UNKNOWN_VENDOR_ID)

    async def get_local_list_version(self, call: Call, /) -> int:
        """0 is an empty list, -1 none at all (1.5 section 5.8)."""
        self._answer(call)
        return self._authorization.local_list.version if self._authorization.lists_locally else -1

    async def send_local_list(self, call: Call, update: LocalListUpdate, /) -> LocalListResult:
        """Take over a list; a hash has no defined algorithm and is not looked at."""
        self._answer(call)
        if not self._authorization.lists_locally:
            return LocalListResult(status=UpdateStatus.NOT_SUPPORTED)
        return LocalListResult(status=await self._authorization.update_local_list(update))

    async def reserve_now(self, call: Call, reservation: Reservation, /) -> ReservationStatus:
        """Keep a connector."""
        self._answer(call)
        return self._reservations.reserve(reservation)

    async def cancel_reservation(self, call: Call, reservation_id: int, /) -> CommandStatus:
        """Drop a reservation."""
        self._answer(call)
        known = self._reservations.cancel(reservation_id)
        return CommandStatus.ACCEPTED if known else CommandStatus.REJECTED

    async def trigger_message(self, call: Call, trigger: Trigger, /) -> TriggerStatus:
        """Send a message now."""
        self._answer(call)
        return self._trigger(trigger)

    async def set_charging_profile(
        self, call: Call, connector_id: int, profile: ChargingProfile, /
    ) -> ChargingProfileStatus:
        """The simulated charge point cannot limit what a vehicle draws."""
        self._answer(call)
        return ChargingProfileStatus.NOT_SUPPORTED

    async def clear_charging_profile(self, call: Call, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """There is no profile that could match."""
        self._answer(call)
        return ClearChargingProfileStatus.UNKNOWN

    async def get_composite_schedule(self, call: Call, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """There is no profile to compose."""
        self._answer(call)
        return CompositeSchedule(status=CommandStatus.REJECTED)

    def _answer(self, call: Call) -> None:
        self._report(f"received {call.operation.name}")
        if self._registration.silent:
            raise InternalError("the registration of this charge point was rejected, so it takes no commands")

    async def _begin(self, connector: Connector, id_tag: str) -> None:
        ask = self._configuration.boolean("AuthorizeRemoteTxRequests")
        try:
            await self._sessions.begin(connector, id_tag, ask=ask)
        except SessionRefusedError as error:
            self._report(f"RemoteStartTransaction: {error}")

    async def _fail_update(self, update: FirmwareUpdate) -> None:
        await sleep_until(self._clock, update.retrieve_date)
        await self._registration.accepted.wait()
        self.firmware_status = FirmwareStatus.DOWNLOAD_FAILED
        try:
            await self._link.send(
                lambda central_system: central_system.firmware_status_notification(self.firmware_status)
            )
        except OcppError as error:
            self._report(f"FirmwareStatusNotification: {error}")
        else:
            self._report(f"FirmwareStatusNotification: {self.firmware_status}")
