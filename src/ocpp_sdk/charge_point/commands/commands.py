"""What the charge point does with each command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine

from ocpp_sdk.call import Call
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.keeping import Keeping
from ocpp_sdk.charge_point.maintenance import Diagnostics, FirmwareUpdates
from ocpp_sdk.charge_point.sessions.authorization import Authorization
from ocpp_sdk.charge_point.sessions.connectors import Connector, Connectors
from ocpp_sdk.charge_point.sessions.decisions import Decisions
from ocpp_sdk.charge_point.sessions.reservations import Reservations
from ocpp_sdk.charge_point.sessions.sessions import Sessions
from ocpp_sdk.charge_point.smart_charging import SmartCharging
from ocpp_sdk.errors import InternalError, SessionRefusedError
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
    AuthorizationStatus,
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    ConfigurationStatus,
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
        connectors: what commands are about.
        authorization: local list and cache.
        sessions: started and stopped by commands.
        decisions: what is asked of the hardware.
        reservations: made and dropped by commands.
        smart_charging: charging profiles.
        diagnostics: uploads.
        firmware: updates.
        vendors: what vendors add.
        keeping: where it is kept what commands change.
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
        decisions: Decisions,
        reservations: Reservations,
        smart_charging: SmartCharging,
        diagnostics: Diagnostics,
        firmware: FirmwareUpdates,
        vendors: Callable[[DataTransfer], Awaitable[DataTransferResult]],
        keeping: Keeping,
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
        self._decisions = decisions
        self._reservations = reservations
        self._smart_charging = smart_charging
        self._diagnostics = diagnostics
        self._firmware = firmware
        self._vendors = vendors
        self._keeping = keeping
        self._restart = restart
        self._trigger = trigger
        self._spawn = spawn
        self._report = report

    async def remote_start_transaction(self, call: Call, start: RemoteStart, /) -> CommandStatus:
        """Let the hardware decide; not before the registration (1.6 section 4.2).

        Where AuthorizeRemoteTxRequests asks for an authorization, the answer is that of the connector alone, since a
        central system that waits for it may not answer Authorize meanwhile.
        """
        self._answer(call)
        if not self._registration.accepted.is_set():
            return CommandStatus.REJECTED
        profile = start.charging_profile
        if profile is not None and (refusal := self._smart_charging.refusal(profile)):
            self._report(f"RemoteStartTransaction: {refusal}")
            return CommandStatus.REJECTED
        known = self._authorization.known(start.id_tag)
        parent = None if known is None else known.parent_id_tag
        ask = self._configuration.boolean("AuthorizeRemoteTxRequests")
        until = self._decisions.deadline()
        for connector in self._candidates(start.connector_id):
            try:
                await self._sessions.claim(connector, start.id_tag, parent)
            except SessionRefusedError as error:
                self._report(f"RemoteStartTransaction: {error}")
                continue
            if profile is not None:
                self._smart_charging.expect(connector.number, start.id_tag, profile)
            if ask:
                self._spawn(self._authorize_and_start(connector, start.id_tag))
                return CommandStatus.ACCEPTED
            if await self._sessions.ask_to_start(connector, start.id_tag, until=until):
                return CommandStatus.ACCEPTED
            if self._decisions.is_over(until):
                break
        return CommandStatus.REJECTED

    async def remote_stop_transaction(self, call: Call, transaction_id: int, /) -> CommandStatus:
        """Let the hardware decide about a transaction that runs."""
        self._answer(call)
        transaction = self._sessions.find(transaction_id)
        if transaction is None or not self._registration.accepted.is_set():
            return CommandStatus.REJECTED
        accepted = await self._decisions.stop(transaction, StopReason.REMOTE)
        return CommandStatus.ACCEPTED if accepted else CommandStatus.REJECTED

    async def unlock_connector(self, call: Call, connector_id: int, /) -> UnlockStatus:
        """End the transaction, then let the hardware unlock (1.5 section 5.14)."""
        self._answer(call)
        connector = self._connectors.find(connector_id)
        if connector is None:
            return UnlockStatus.NOT_SUPPORTED
        transaction = connector.transaction
        if transaction is not None and not await self._decisions.end(
            transaction, StopReason.UNLOCK_COMMAND, self._sessions.stop, by_force=False
        ):
            # Nobody lets a cable go through which power flows.
            return UnlockStatus.UNLOCK_FAILED
        return await self._decisions.unlock(connector_id)

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
        chosen = [connector] if connector is not None else list(self._connectors)
        await self._keeping.keep_availability(
            self._connectors.availability_after(chosen, operative=operative, whole=connector_id == 0)
        )
        scheduled = False
        if connector_id == 0:
            await self._connectors.show_whole(operative=operative)
        for one in chosen:
            scheduled = await self._make_available(one, operative=operative) or scheduled
        return AvailabilityStatus.SCHEDULED if scheduled else AvailabilityStatus.ACCEPTED

    async def change_configuration(self, call: Call, key: str, value: str, /) -> ConfigurationStatus:
        """Set a key; one that cannot be kept stays as it was."""
        self._answer(call)
        before = self._configuration.read((key,)).keys
        status = self._configuration.change(key, value)
        if status in {ConfigurationStatus.ACCEPTED, ConfigurationStatus.REBOOT_REQUIRED}:
            try:
                await self._keeping.keep_configuration(*self._configuration.chosen(key))
            except InternalError:
                self._configuration.change(key, before[0].value or "")
                raise
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
        """Make an archive and upload it."""
        self._answer(call)
        return await self._diagnostics.get(request)

    async def update_firmware(self, call: Call, update: FirmwareUpdate, /) -> None:
        """Fetch and install a firmware when its time has come."""
        self._answer(call)
        await self._firmware.update(update)

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        """Let the vendor's handler answer."""
        self._answer(call)
        return await self._vendors(transfer)

    async def get_local_list_version(self, call: Call, /) -> int:
        """0 is an empty list, -1 none at all (1.5 section 5.8)."""
        self._answer(call)
        return self._authorization.local_list.version if self._authorization.lists_locally else -1

    async def send_local_list(self, call: Call, update: LocalListUpdate, /) -> LocalListResult:
        """Take over a list, all of it or nothing."""
        self._answer(call)
        if not self._authorization.lists_locally:
            return LocalListResult(status=UpdateStatus.NOT_SUPPORTED)
        return await self._authorization.update_local_list(update)

    async def reserve_now(self, call: Call, reservation: Reservation, /) -> ReservationStatus:
        """Keep a connector."""
        self._answer(call)
        whole = reservation.connector_id == 0
        if whole and not self._configuration.boolean("ReserveConnectorZeroSupported", default=True):
            return ReservationStatus.REJECTED
        return await self._reservations.reserve(reservation)

    async def cancel_reservation(self, call: Call, reservation_id: int, /) -> CommandStatus:
        """Drop a reservation."""
        self._answer(call)
        known = await self._reservations.cancel(reservation_id)
        return CommandStatus.ACCEPTED if known else CommandStatus.REJECTED

    async def trigger_message(self, call: Call, trigger: Trigger, /) -> TriggerStatus:
        """Send a message now."""
        self._answer(call)
        return self._trigger(trigger)

    async def set_charging_profile(
        self, call: Call, connector_id: int, profile: ChargingProfile, /
    ) -> ChargingProfileStatus:
        """Install a profile."""
        self._answer(call)
        return await self._smart_charging.set_charging_profile(connector_id, profile)

    async def clear_charging_profile(self, call: Call, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """Remove the profiles that match."""
        self._answer(call)
        return await self._smart_charging.clear_charging_profile(which)

    async def get_composite_schedule(self, call: Call, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """Compose what the installed profiles allow."""
        self._answer(call)
        return self._smart_charging.get_composite_schedule(request)

    def _answer(self, call: Call) -> None:
        self._report(f"received {call.operation.name}")
        if self._registration.silent:
            raise InternalError("the registration of this charge point was rejected, so it takes no commands")

    def _candidates(self, connector_id: int | None) -> list[Connector]:
        """Return the connectors that may be meant; where a vehicle waits comes first."""
        if connector_id is None:
            return sorted(self._connectors, key=lambda connector: not connector.facts.plugged)
        connector = self._connectors.find(connector_id)
        if connector is None:
            self._report(f"RemoteStartTransaction: there is no connector {connector_id}")
        return [] if connector is None else [connector]

    async def _make_available(self, connector: Connector, *, operative: bool) -> bool:
        """Change the availability of a connector; returns whether that has to wait."""
        connector.becomes_operative = operative
        waits = connector.busy and connector.operative is not operative
        if not connector.busy and not operative:
            await self._reservations.lose(connector)
        await self._sessions.settle(connector)
        return waits

    async def _authorize_and_start(self, connector: Connector, id_tag: str) -> None:
        info = await self._authorization.authorize(id_tag)
        accepted = info.status is AuthorizationStatus.ACCEPTED
        if not accepted or not await self._sessions.ask_to_start(connector, id_tag):
            self._report(f"RemoteStartTransaction: {id_tag} is {info.status}, and does not charge")
            await self._sessions.release(connector.number)
