"""Smart charging with everything around it in the hands of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from ocpp_sdk.charge_point.hardware import Limit, Transaction
from ocpp_sdk.charge_point.smart_charging import SmartCharging, SmartChargingSettings
from ocpp_sdk.storage import Store, open_store
from tests.unit.charge_point.fakes import FakeClock
from tests.unit.charge_point.smart_charging.examples import transaction


def amperes(rate: str) -> Limit:
    """Return a limit as the hardware hears it."""
    return Limit(rate=Decimal(rate), unit="A")


@dataclass
class Bench:
    """Smart charging with its hardware and time in the hands of the test.

    Attributes:
        heard: what the hardware was told, with the seconds since noon.
        broken: what the hardware raises instead.
        hangs: connectors that never answer.
    """

    store: Store | None = None
    settings: SmartChargingSettings = field(default_factory=SmartChargingSettings)
    identity: str = "CP1"
    clock: FakeClock = field(default_factory=FakeClock)
    heard: list[tuple[int, int, Limit | None]] = field(default_factory=list)
    broken: Exception | None = None
    hangs: set[int] = field(default_factory=set)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.smart = SmartCharging(
            store=self.store,
            identity=self.identity,
            connectors=2,
            clock=self.clock,
            set_limit=self.set_limit,
            running=self.transactions.get,
            settings=self.settings,
            report=self.lines.append,
        )

    async def set_limit(self, connector_id: int, limit: Limit | None) -> None:
        if connector_id in self.hangs:
            await asyncio.Event().wait()
        if self.broken is not None:
            raise self.broken
        self.heard.append((int(self.clock.monotonic()), connector_id, limit))

    def news(self) -> list[tuple[int, int, Limit | None]]:
        """Return what the hardware was told since the last time."""
        heard, self.heard = self.heard, []
        return heard

    async def start(self, connector_id: int = 1, key: str = "key", **fields: object) -> Transaction:
        """Begin a transaction now."""
        began = transaction(connector_id, key, at=self.clock.now(), **fields)  # type: ignore[arg-type]  # of it
        self.transactions[connector_id] = began
        await self.smart.transaction_started(began)
        return began

    async def stop(self, connector_id: int = 1) -> None:
        """End a transaction now."""
        await self.smart.transaction_ended(self.transactions.pop(connector_id))

    def ids(self) -> list[int]:
        """Return the numbers of the profiles that are installed."""
        return sorted(one.profile.profile_id for one in self.smart.installed)


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    """Let the hardware be told."""
    task = asyncio.ensure_future(bench.smart.run())
    try:
        await bench.clock.pass_time()
        yield bench
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def stored(url: str = "memory:") -> AsyncIterator[Store]:
    """Open a store, and close it in the end."""
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()
