"""What keeps a charge point in order beside its charging: diagnostics, firmware, and forgetting what is done."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Callable, Coroutine, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.equipment import Equipment
from ocpp_sdk.charge_point.maintenance import (
    Diagnostics,
    DiagnosticsSettings,
    FirmwareSettings,
    FirmwareUpdates,
    Journal,
    NetworkFiles,
)
from ocpp_sdk.charge_point.requests.messages import DiagnosticsMessage, FirmwareMessage
from ocpp_sdk.charge_point.requests.outbox import Outbox
from ocpp_sdk.charge_point.requests.retention import Retention
from ocpp_sdk.charge_point.requests.transactions import Transactions
from ocpp_sdk.charge_point.sessions.connectors import Connectors
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.clock import Clock
from ocpp_sdk.storage import Store
from ocpp_sdk.versions.enumerations import DiagnosticsStatus, FirmwareStatus

__all__ = ["Upkeep"]

_STATUS_EXPIRES_S: Final = 86_400.0


class Upkeep:
    """Sends diagnostics, updates firmware, and removes requests that were answered long ago.

    Args:
        settings: what the charge point is like.
        equipment: folders and the installer.
        store: where an update is kept that is under way.
        journal: the lines that were reported.
        registration: nothing is installed before it is accepted.
        configuration: goes into diagnostics.
        connectors: likewise.
        transactions: likewise; nothing is installed while one runs.
        outbox: takes the statuses.
        clock: of the charge point.
        machine: the clock that the queue goes by.
        spawn: runs something besides.
        report: hears of what happens.
    """

    def __init__(  # noqa: PLR0913 - the parts of a charge point that diagnostics tell of
        self,
        settings: ChargePointSettings,
        equipment: Equipment,
        store: Store,
        *,
        journal: Journal,
        registration: Registration,
        configuration: ConfigurationTable,
        connectors: Connectors,
        transactions: Transactions,
        outbox: Outbox,
        clock: Clock,
        machine: Clock,
        spawn: Callable[[Coroutine[object, object, None]], None],
        report: Report,
    ) -> None:
        self._registration = registration
        self._connectors = connectors
        self._transactions = transactions
        self._outbox = outbox
        self._retention = Retention(
            store,
            settings.identity,
            outbox=outbox,
            transactions=transactions,
            clock=machine,
            keep_answered_s=settings.keep_answered_s,
            report=report,
        )
        folder = Path(tempfile.mkdtemp(prefix="ocpp-sdk-"))
        # Also for a charge point that is made and never run.
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        files = NetworkFiles(equipment.transfers, clock)
        self.diagnostics = Diagnostics(
            equipment.diagnostics or DiagnosticsSettings(folder=folder),
            identity=settings.identity,
            version=version("ocpp-sdk"),
            files=files,
            journal=journal,
            clock=clock,
            configuration=lambda: configuration.read(()).keys,
            state=self._state,
            notify=self._notify_diagnostics,
            spawn=spawn,
            report=report,
        )
        self.firmware = FirmwareUpdates(
            equipment.firmware or FirmwareSettings(folder=folder),
            identity=settings.identity,
            files=files,
            store=store,
            clock=clock,
            installer=equipment.installer,
            version=lambda: registration.firmware_version,
            idle=self._idle,
            notify=self._notify_firmware,
            report=report,
        )

    async def restore(self) -> None:
        """Know again which update was under way."""
        await self.firmware.recall()

    async def run(self) -> None:
        """Look after everything until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._retention.run())
            await self._registration.accepted.wait()
            group.create_task(self.firmware.run())

    def close(self) -> None:
        """Remove the files that nobody needs any more."""
        self._remove()

    async def _idle(self) -> None:
        while running := self._transactions.running():
            await running[0].ended.wait()

    async def _state(self) -> Mapping[str, object]:
        given_up = await self._outbox.queue.given_up()
        return {
            "registration": self._registration.state,
            "connectors": [
                {
                    "connector_id": one.number,
                    "status": one.status,
                    "operative": one.operative,
                    "plugged": one.facts.plugged,
                    "error": one.facts.error,
                }
                for one in self._connectors
            ],
            "transactions": [
                {
                    "connector_id": one.connector_id,
                    "transaction_id": one.transaction_id,
                    "started_at": one.started_at.isoformat(),
                    "meter_start_wh": one.meter_start_wh,
                }
                for one in self._transactions.running()
            ],
            "queue": {
                "waiting": self._outbox.queue.waiting,
                "given_up": [
                    {"number": call.number, "operation": call.operation, "error": call.error} for call in given_up
                ],
            },
        }

    async def _notify_diagnostics(self, status: DiagnosticsStatus) -> None:
        await self._outbox.add(DiagnosticsMessage(status=status), ordered=False, expires_s=_STATUS_EXPIRES_S)

    async def _notify_firmware(self, status: FirmwareStatus) -> None:
        await self._outbox.add(FirmwareMessage(status=status), ordered=False, expires_s=_STATUS_EXPIRES_S)
