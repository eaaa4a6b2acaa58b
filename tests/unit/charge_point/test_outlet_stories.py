"""Outlets through random days: no watt-hour flows that no transaction tells, and none is told that did not flow."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack, suppress

import pytest

from ocpp_sdk.charge_point import SimulatedHardware
from ocpp_sdk.errors import ConnectError, OcppError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import IdTagInfo, RemoteStart, StartTransaction, StopTransaction
from ocpp_sdk.versions.enumerations import AuthorizationStatus, ErrorCode, ResetType
from tests.unit.charge_point.fakes import ACCEPTED, POWER_W, Bench, FailingStore

pytestmark = pytest.mark.anyio
STEPS = 100
STORIES = 8
INVALID = IdTagInfo(status=AuthorizationStatus.INVALID)


class Day:
    """People, failures and commands at two outlets."""

    def __init__(self, version: OcppVersion, seed: int) -> None:
        self.version = version
        self.random = random.Random(f"{version} {seed}")
        self.store = FailingStore()
        self.bench = Bench(version, None, self.store, end_transactions=False)
        self.stack = AsyncExitStack()
        self.events = [
            *[self.plug] * 6,
            *[self.unplug] * 3,
            *[self.tag] * 12,
            self.fault,
            *[self.remote] * 4,
            *[self.outage] * 2,
            *[self.broken_storage] * 2,
            self.other_answer,
            self.reset,
            *[self.restart] * 2,
            self.key,
        ]

    @property
    def hardware(self) -> SimulatedHardware:
        return self.bench.hardware

    @property
    def number(self) -> int:
        return self.random.choice([1, 2])

    async def live(self) -> None:
        await self.stack.enter_async_context(self.bench.charge_point)
        for _ in range(STEPS):
            event = asyncio.ensure_future(self.random.choice(self.events)())
            await self.bench.clock.pass_time(self.random.choice([20, 45, 100]))
            with suppress(OcppError):
                await event
        self.store.failing.clear()
        self.bench.central_system.failures.clear()
        await self.bench.clock.pass_time(700)
        for number in (1, 2):
            await self.hardware.unplugged(number)
        for transaction in self.bench.charge_point.transactions.running():
            ending = asyncio.ensure_future(self.hardware.tag(transaction.id_tag, transaction.connector_id))
            await self.bench.clock.pass_time(1)
            await ending
        await self.bench.clock.pass_time(700)
        queue = self.bench.charge_point.outbox.queue
        assert (queue.waiting, await queue.given_up()) == (0, [])
        await self.stack.aclose()

    async def plug(self) -> None:
        await self.hardware.plugged(self.number)

    async def unplug(self) -> None:
        await self.hardware.unplugged(self.number)

    async def tag(self) -> None:
        number = self.number
        await self.hardware.tag(f"TAG{number}", number)

    async def fault(self) -> None:
        number = self.number
        await self.hardware.failed(number, ErrorCode.GROUND_FAILURE)
        await self.hardware.failed(number, ErrorCode.NO_ERROR)

    async def remote(self) -> None:
        commands, call, number = self.bench.commands, self.bench.call, self.number
        running = self.bench.charge_point.sessions.running(number)
        if running is None:
            await commands.remote_start_transaction(call, RemoteStart(id_tag=f"TAG{number}", connector_id=number))
        elif running.transaction_id is not None and self.random.random() < 0.5:
            await commands.remote_stop_transaction(call, running.transaction_id)
        else:
            await commands.unlock_connector(call, number)

    async def outage(self) -> None:
        error = ConnectError("nobody", url="http://cs/")
        self.bench.central_system.fail("any", *[error] * self.random.randint(1, 10))

    async def broken_storage(self) -> None:
        for _ in range(self.random.randint(1, 5)):
            operation = self.random.choice(["StartTransaction", "StopTransaction", "MeterValues"])
            self.store.fail(operation, self.random.choice(["before", "after"]))

    async def other_answer(self) -> None:
        self.bench.central_system.start_info = self.random.choice([ACCEPTED, INVALID])

    async def reset(self) -> None:
        await self.bench.commands.reset(self.bench.call, self.random.choice(list(ResetType)))

    async def restart(self) -> None:
        await self.stack.aclose()
        before = self.bench
        self.bench = Bench(self.version, None, self.store, before=before, end_transactions=False)
        for number, outlet in self.hardware._outlets.items():
            # The register of a meter outlives the program.
            outlet._counted_wh = float(energy_of(before, number))  # type: ignore[attr-defined] # a simulated one
        await self.stack.enter_async_context(self.bench.charge_point)

    async def key(self) -> None:
        value = self.random.choice(["true", "false"])
        key = self.random.choice(["StopTransactionOnEVSideDisconnect", "StopTransactionOnInvalidId"])
        await self.bench.commands.change_configuration(self.bench.call, key, value)


def energy_of(bench: Bench, number: int) -> int:
    """Return the register of an outlet in Wh."""
    energy_wh: int = bench.hardware._outlets[number].energy_wh  # type: ignore[attr-defined] # a simulated one
    return energy_wh


@pytest.mark.parametrize("version", list(OcppVersion))
@pytest.mark.parametrize("seed", range(STORIES))
async def test_energy_of_each_outlet_is_the_sum_of_its_transactions(seed: int, version: OcppVersion) -> None:
    """To the watt-hour, and each transaction has one end."""
    day = Day(version, seed)
    await day.live()
    there = day.bench.central_system
    assert POWER_W == 3600
    starts = {one for one in there.named("StartTransaction") if isinstance(one, StartTransaction)}
    stops = {one for one in there.named("StopTransaction") if isinstance(one, StopTransaction)}
    assert len(starts) == len(stops) > 3
    assert max(Counter(one.transaction_id for one in stops).values()) == 1
    for number in (1, 2):
        begun = sorted(one.meter_start_wh for one in starts if one.connector_id == number)
        assert energy_of(day.bench, number) == told(day, number)
        assert begun[:1] in ([], [0])


def told(day: Day, number: int) -> int:
    """Return the energy that was told of an outlet, in Wh."""
    there = day.bench.central_system
    # The bench numbers starts as they come, from 101.
    all_starts = [one for one in there.named("StartTransaction") if isinstance(one, StartTransaction)]
    numbers = {101 + place: start for place, start in enumerate(all_starts)}
    stops = {one for one in there.named("StopTransaction") if isinstance(one, StopTransaction)}
    return sum(
        stop.meter_stop_wh - numbers[stop.transaction_id].meter_start_wh
        for stop in stops
        if numbers[stop.transaction_id].connector_id == number
    )
