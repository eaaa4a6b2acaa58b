"""What a central system does with each request, in the words of the domain.

Every answer leaves after the commit of what it acknowledges: where an answer depends on what is written, the write
comes first; otherwise it is left to `PendingWrites`, whose taker waits for it (see `recording`). A request that makes
no sense is answered all the same, since a charge point repeats what is not answered (OCPP 1.6 sections 4.7, 4.8 and
4.10); what was odd is kept in the storage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import structlog

from ocpp_sdk import storage
from ocpp_sdk.call import Call
from ocpp_sdk.central_system.notifying import notify_of_stop
from ocpp_sdk.central_system.policies import AcceptAll
from ocpp_sdk.central_system.recording import PendingWrites
from ocpp_sdk.central_system.settings import CentralSystemSettings
from ocpp_sdk.errors import SecurityError
from ocpp_sdk.storage import IdTagRecord, Store, TransactionStart, TransactionStop
from ocpp_sdk.storage.metering import SentSamples
from ocpp_sdk.versions.domain import (
    BootData,
    BootResult,
    DataTransfer,
    DataTransferResult,
    IdTagInfo,
    MeterReading,
    MeterValues,
    StartResult,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    DataTransferStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
)
from ocpp_sdk.versions.readings import samples_of

__all__ = ["CentralSystemAnswers"]

_log = structlog.get_logger("ocpp_sdk.central_system")


class CentralSystemAnswers:
    """Implements `CentralSystemDomain` over a storage.

    Args:
        store: asked for at each request, since it may be opened after this object is made.
        settings: policies, intervals and the clock.
        writes: takes what no answer depends on.
    """

    def __init__(self, store: Callable[[], Store], settings: CentralSystemSettings, writes: PendingWrites) -> None:
        self._store = store
        self._settings = settings
        self._writes = writes
        self._admits_all = type(settings.registration) is AcceptAll

    async def boot_notification(self, call: Call, boot: BootData, /) -> BootResult:
        """Answer as the registration policy says."""
        settings = self._settings
        now = settings.clock()
        status = await settings.registration.register(call, boot)
        data = storage.BootData(**asdict(boot))
        self._writes.add(call, self._store().register(call.charge_box_identity, data, registration=status, at=now))
        accepted = status is RegistrationStatus.ACCEPTED
        interval_s = settings.heartbeat_interval_s if accepted else settings.retry_interval_s
        return BootResult(status=status, current_time=_whole_second(now), interval_s=interval_s)

    async def heartbeat(self, call: Call, /) -> datetime:
        """Answer with the time."""
        await self._admit(call)
        return _whole_second(self._settings.clock())

    async def authorize(self, call: Call, id_tag: str, /) -> IdTagInfo:
        """Answer as the authorization policy says, and ConcurrentTx where no other transaction may begin.

        At a charge point where one of the tag's transactions runs, it is told nothing of that: there the tag may have
        been presented to end it.
        """
        await self._admit(call)
        info, known = await self._look_up(call, id_tag)
        most = None if known is None else known.max_active_transactions
        if most is not None and info.status is AuthorizationStatus.ACCEPTED:
            store = self._store()
            running = await store.transactions(id_tag=id_tag, open_only=True, limit=most)
            if len(running) >= most and not await store.transactions(
                call.charge_box_identity, id_tag=id_tag, open_only=True, limit=1
            ):
                return _concurrent(info)
        return info

    async def start_transaction(self, call: Call, start: StartTransaction, /) -> StartResult:
        """Begin a transaction whatever the id tag's status, since the charging has begun already."""
        await self._admit(call)
        info, known = await self._look_up(call, start.id_tag)
        outcome = await self._store().start_transaction(
            TransactionStart(
                identity=call.charge_box_identity,
                connector_id=start.connector_id,
                id_tag=start.id_tag,
                started_at=start.timestamp,
                meter_start_wh=start.meter_start_wh,
                reservation_id=start.reservation_id,
            )
        )
        most = None if known is None else known.max_active_transactions
        if most is not None and info.status is AuthorizationStatus.ACCEPTED and outcome.others_active >= most:
            info = _concurrent(info)
        return StartResult(transaction_id=outcome.transaction.transaction_id, id_tag_info=info)

    async def stop_transaction(self, call: Call, stop: StopTransaction, /) -> IdTagInfo | None:
        """End a transaction, or keep the stop that ends none; the answer is the same."""
        await self._admit(call)
        info = None if stop.id_tag is None else (await self._look_up(call, stop.id_tag))[0]
        self._writes.add(call, self._stop(call, stop))
        return info

    async def meter_values(self, call: Call, meter_values: MeterValues, /) -> None:
        """Keep each value; those of a request that comes again are not kept twice."""
        await self._admit(call)
        if meter_values.readings:
            samples = _samples(call, meter_values.connector_id, meter_values.transaction_id, meter_values.readings)
            self._writes.add(call, samples)

    async def status_notification(self, call: Call, report: StatusReport, /) -> None:
        """Keep the status of the connector."""
        await self._admit(call)
        status = storage.ConnectorStatus(
            identity=call.charge_box_identity,
            connector_id=report.connector_id,
            status=report.status,
            error_code=report.error_code,
            info=report.info,
            vendor_id=report.vendor_id,
            vendor_error_code=report.vendor_error_code,
            changed_at=report.timestamp or self._settings.clock(),
        )
        self._writes.add(call, self._store().set_connector_status(status))

    async def firmware_status_notification(self, call: Call, status: FirmwareStatus, /) -> None:
        """Keep the state."""
        await self._admit(call)
        at = self._settings.clock()
        self._writes.add(call, self._store().set_firmware_status(call.charge_box_identity, status, at))

    async def diagnostics_status_notification(self, call: Call, status: DiagnosticsStatus, /) -> None:
        """Keep the state."""
        await self._admit(call)
        at = self._settings.clock()
        self._writes.add(call, self._store().set_diagnostics_status(call.charge_box_identity, status, at))

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        """Answer that the vendor is not known, as OCPP 1.5 section 4.3 says for what has no implementation."""
        await self._admit(call)
        return DataTransferResult(status=DataTransferStatus.UNKNOWN_VENDOR_ID)

    async def _admit(self, call: Call) -> None:
        if not self._admits_all and not await self._settings.registration.admits(call):
            raise SecurityError("this charge point is not registered here")

    async def _look_up(self, call: Call, id_tag: str) -> tuple[IdTagInfo, IdTagRecord | None]:
        known = await self._store().id_tag(id_tag)
        info = await self._settings.authorization.authorize(call, id_tag, known, self._settings.clock())
        return info, known

    async def _stop(self, call: Call, stop: StopTransaction) -> None:
        now = self._settings.clock()
        store = self._store()
        ending = TransactionStop(
            identity=call.charge_box_identity,
            transaction_id=stop.transaction_id,
            stopped_at=stop.timestamp,
            meter_stop_wh=stop.meter_stop_wh,
            id_tag=stop.id_tag,
            reason=stop.reason,
        )
        outcome = await store.stop_transaction(ending, _samples(call, 0, stop.transaction_id, stop.readings), now)
        if outcome.refused is not None:
            _log.warning("stop kept", charge_box_identity=call.charge_box_identity, why=outcome.refused)
        await notify_of_stop(store, ending, outcome, now)


def _concurrent(info: IdTagInfo) -> IdTagInfo:
    """Say that the tag is good, but runs all the transactions that it may (OCPP 1.5 section 4.8)."""
    return replace(info, status=AuthorizationStatus.CONCURRENT_TX)


def _samples(
    call: Call, connector_id: int, transaction_id: int | None, readings: Sequence[MeterReading]
) -> SentSamples:
    return SentSamples(call.charge_box_identity, connector_id, transaction_id, samples_of(readings))


def _whole_second(time: datetime) -> datetime:
    """Cut the fraction off, which some charge points cannot read."""
    return time.replace(microsecond=0)
