"""A simulated PLC over a real socket as the hardware of a charge point, in one process."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from ocpp_sdk.charge_point.hardware import ENERGY, Hardware
from ocpp_sdk.errors import ModbusConnectError, StorageUnavailableError
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.modbus.station import SeamStore, run_bridge
from ocpp_sdk.modbus.station.numbers import TransactionNumbers
from ocpp_sdk.modbus.station.records import OPEN
from ocpp_sdk.storage import open_store
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import ErrorCode, StopReason, UnlockStatus
from tests.integration.modbus.plc import raw_server
from tests.integration.modbus.station import (
    MAP,
    Chain,
    RecordingStation,
    chain,
    eventually,
    open_chain,
    running,
    settings_of,
)

PROVISIONAL = TransactionNumbers.of(MAP).first_provisional
pytestmark = pytest.mark.anyio


async def test_session_reaches_the_station_once_with_its_meter_and_its_records_end() -> None:
    """Tag, start, meter and stop: what a driver does is what the charge point hears."""
    async with chain() as chained:
        hardware: Hardware = chained.hardware
        assert hardware.connectors == 2
        box, station = chained.plc.connectors[1], chained.station
        box.power_w = 3_600_000
        await chained.begin()
        assert box.transaction_id == 100

        async def drawn() -> bool:
            return await chained.energy_wh() >= 50

        await eventually(drawn)
        values = {one.measurand: one.unit for one in await hardware.read_meter(1)}
        assert values == {ENERGY: "Wh", "Power.Active.Import": "W", "Voltage": "V", "Current.Import": "A"}
        assert await hardware.read_meter(0) == ()
        box.swipe("TAG1")
        await station.until(lambda: len(station.ended) == 1)
        ended, by = station.ended[0]
        assert (by, ended.meter_start_wh, ended.meter_stop_wh) == ("TAG1", 0, int(box.energy_wh))
        assert [one.key for one in station.begun] == [ended.key]
        for kind in ("authorize", "start", "stop"):
            assert await chained.until_ended(kind) == ["AcceptedToModbus"]
        await chained.until_ended("status", 2)
        assert await chained.store.exchanges("CP1", states=OPEN) == []
        assert station.infos[0].model == "Simulator"
        assert station.infos[0].measurands == set(values)
        assert chained.hardware.counters.cycles > 0
        assert chained.hardware.counters.records["AcceptedToModbus"] >= 4


async def test_refused_tag_does_not_charge_and_leaves_no_open_transaction() -> None:
    """Whether the tag is unknown at once, or refused in the answer to its start."""
    async with chain() as chained:
        box, station = chained.plc.connectors[1], chained.station
        box.plug()
        box.swipe("STRANGER")
        await chained.until_ended("authorize")
        assert station.begun == []
        station.refuses.add("TAG2")
        box.swipe("TAG2")
        await station.until(lambda: len(station.ended) == 1)
        await chained.until_ended("start")
        assert not box.charging
        (ended, _) = station.ended[0]
        assert (ended.stop_reason, ended.meter_stop_wh) == (StopReason.DE_AUTHORIZED, ended.meter_start_wh)


async def test_start_without_central_system_is_accepted_and_known_by_a_provisional_number() -> None:
    """A known tag charges offline; remote stop and stop find the transaction by what the PLC was told."""
    async with chain() as chained:
        box, station = chained.plc.connectors[1], chained.station
        station.online.clear()
        await chained.begin()
        assert box.transaction_id >= PROVISIONAL
        station.online.set()
        (transaction,) = station.begun
        await transaction.answered.wait()
        assert transaction.transaction_id == 100
        assert await chained.hardware.stop(transaction, StopReason.REMOTE)
        await station.until(lambda: len(station.ended) == 1)
        assert station.ended[0][0] is transaction
        await chained.begin()
        assert box.transaction_id == 101


async def test_number_that_the_plc_cannot_hold_is_replaced() -> None:
    """A central system that says -1 still gets its transaction."""
    async with chain() as chained:
        chained.station.numbers = iter([-1])  # type: ignore[assignment] # all that is needed of it
        await chained.begin()
        assert chained.plc.connectors[1].transaction_id >= PROVISIONAL


async def test_unknown_tag_of_a_remote_start_charges_offline_since_the_central_system_asked_for_it() -> None:
    """What the central system has asked for is acceptable."""
    async with chain() as chained:
        box, station = chained.plc.connectors[1], chained.station
        assert not await chained.hardware.remote_start(1, "TAG9")
        box.plug()
        station.online.clear()
        assert await chained.hardware.remote_start(1, "TAG9")
        await station.until(lambda: box.charging)
        assert station.asked == []
        assert [one.id_tag for one in station.begun] == ["TAG9"]
        assert not await chained.hardware.stop(station.begun[0], StopReason.REMOTE) or not box.charging


async def test_start_that_the_plc_gives_up_before_its_answer_is_ended_at_the_station() -> None:
    """The central system keeps no transaction that no vehicle has."""
    async with chain(offline_start_s=10) as chained:
        box, station = chained.plc.connectors[1], chained.station
        station.online.clear()
        box.plug()
        box.swipe("TAG1")
        await station.until(lambda: len(station.begun) == 1)
        box._asking["START"].held = None
        box._asking["START"].raise_with(IDTAG="TAG2", WHMETER=7, CONNECTOR_ID=1)
        await station.until(lambda: len(station.begun) == 2)
        station.online.set()
        await station.until(lambda: box.charging)
        first, second = station.begun
        assert first.stop_reason is StopReason.OTHER
        assert second.stop_reason is None
        assert sorted(await chained.until_ended("start", 2)) == ["AcceptedToModbus", "ExpiredToModbus"]
        assert len(station.ended) == 1


async def test_answer_that_could_not_be_given_ends_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PLC that has withdrawn its start for good leaves nothing open at the central system."""
    monkeypatch.setattr("ocpp_sdk.modbus.handshake.kinds.START_ANSWER_VALID_S", 0.2)
    async with chain(offline_start_s=10) as chained:
        box, station = chained.plc.connectors[1], chained.station
        station.online.clear()
        box.plug()
        box.swipe("TAG1")
        await station.until(lambda: len(station.begun) == 1)
        box._asking["START"].held = None
        await asyncio.sleep(0.2)
        station.online.set()
        await station.until(lambda: len(station.ended) == 1)
        assert station.ended[0][0].meter_stop_wh == station.begun[0].meter_start_wh
        assert await chained.until_ended("start") == ["ExpiredToModbus"]
        assert await chained.until_ended("start_undone") == ["AcceptedToModbus"]
        assert any("is void" in line for line in chained.lines)


async def test_status_of_the_plc_becomes_facts_that_outlive_a_restart() -> None:
    """Plugged, unusable, faulty; a charge point that starts again knows it before the PLC tells."""
    async with chain() as chained:
        box, station = chained.plc.connectors[2], chained.station
        await station.until(lambda: 2 in station.facts)
        box.plug()
        await station.until(lambda: station.facts[2][-1].plugged)
        box.fault = 3
        await station.until(lambda: station.facts[2][-1].error is ErrorCode.GROUND_FAILURE)
        assert station.facts[2][-1].plugged
        assert not station.facts[2][-1].usable
        await chained.until_ended("status", 4)
        again = RecordingStation()
        async with running(chained.address, chained.store, again, []):
            await again.until(lambda: 2 in again.facts)
            assert again.facts[2] == station.facts[2][-1:]


async def test_commands_hold_at_the_plc() -> None:
    """Unlock, availability and reservation are what the PLC sees."""
    async with chain() as chained:
        hardware, station = chained.hardware, chained.station
        await station.until(lambda: 2 in station.facts)
        assert await hardware.unlock(2) is UnlockStatus.UNLOCKED
        expiry = station.now() + timedelta(minutes=5)
        await hardware.set_reservation(
            2, Reservation(reservation_id=7, connector_id=2, id_tag="TAG1", expiry_date=expiry)
        )
        await station.until(lambda: chained.plc._held().get("RESERV_CON2_CMD") == 1)
        assert chained.plc._held()["RESERV_CON2_IDTAG"] == "TAG1"
        await hardware.set_reservation(2, None)
        await station.until(lambda: chained.plc._held().get("RESERV_CON2_CMD") == 0)
        assert await chained.until_ended("reservation", 2) == ["AcceptedToModbus"] * 2
        await hardware.set_available(2, available=False)
        await station.until(lambda: not station.facts[2][-1].usable)
        await hardware.told(station.now(), accepted=True)
        for _ in range(2):
            await hardware.told(station.now())
        await station.until(lambda: chained.plc._held().get("BN_EVCHST_ACCEPTED") == 1)
        assert await chained.until_ended("heartbeat") == ["AcceptedToModbus"]
        assert chained.plc._held()["HB_CS_DATETIME"] is not None
        # A bridge that starts again tells the same to a PLC that has forgotten it.
        chained.plc._touched.clear()
        again = RecordingStation()
        async with running(chained.address, chained.store, again, []):
            await again.until(lambda: chained.plc._held().get("CONTROL_CON2_AUTH_ALLOW") == 0)
            await again.until(lambda: chained.plc._held().get("BN_EVCHST_ACCEPTED") == 1)


async def test_dead_plc_is_one_line_and_counted_and_charging_goes_on_afterwards() -> None:
    """An outage is told once at its begin and once at its end; the stop comes late but comes."""
    async with chain() as chained:
        box, station = chained.plc.connectors[1], chained.station
        await chained.begin()
        chained.plc.answers.clear()
        await station.until(lambda: any(one.startswith("lost: ") for one in station.said))
        box.unplug()
        await station.until(lambda: chained.hardware.counters.failures["ModbusTimeoutError"] >= 2)
        with pytest.raises(ModbusConnectError, match=r"cannot be read: .*no answer within"):
            await chained.hardware.read_meter(1)
        chained.plc.answers.set()
        await station.until(lambda: len(station.ended) == 1)
        await station.until(lambda: "found" in station.said)
        assert station.said.count("ready") == 1
        assert len([one for one in chained.lines if "no answer within" in one]) == 1
        assert len(station.begun) == 1


async def test_meter_of_a_plc_that_starts_again_is_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its registers are zeros until it runs, and a transaction must not end with them."""
    async with chain() as chained:
        chained.plc.connectors[1].energy_wh = 500

        async def is_read() -> bool:
            return await chained.energy_wh() == 500

        await eventually(is_read)
        with monkeypatch.context() as stopped:
            stopped.setattr(chained.plc, "step", lambda _: None)
            chained.plc._tables[True] = dict.fromkeys(chained.plc._tables[True], 0)
            await chained.station.until(lambda: "lost: the PLC says that it does not run" in chained.station.said)
            cycles = chained.hardware.counters.cycles
            await chained.station.until(lambda: chained.hardware.counters.cycles > cycles + 1)
            assert await chained.energy_wh() == 500


async def test_meter_that_goes_back_is_told_and_kept() -> None:
    """Nobody knows better than the meter, but somebody should look at it."""
    async with chain() as chained:
        box = chained.plc.connectors[1]
        box.energy_wh = 5_000_000
        await chained.station.until(lambda: chained.hardware.counters.meter_anomalies == 1)
        assert any("jumped from 0 to 5000000 Wh" in one for one in chained.lines)
        assert (await chained.hardware.read_meter(1))[0].value == "5000000"


async def test_restart_of_the_charge_point_in_a_transaction_goes_on_with_it() -> None:
    """The PLC charges on; the transaction resumes, its number is known, and its stop is told once."""
    async with open_chain() as opened:
        plc, address, store, station = opened
        async with running(address, store, station, []) as hardware:
            await Chain(plc, address, hardware, station, store, []).begin()
            (transaction,) = station.begun
        async with running(address, store, station, []) as hardware:
            assert await hardware.resumes(transaction)
            assert not await hardware.resumes(replace(transaction, key="of another hardware"))
            assert await hardware.stop(transaction, StopReason.REMOTE)
            await station.until(lambda: len(station.ended) == 1)
            assert len(station.begun) == 1


async def test_transaction_of_this_run_resumes_after_a_restart_of_the_plc() -> None:
    """A PLC that says again that it has started charges on, as one that started before the charge point did."""
    async with chain() as chained:
        await chained.begin()
        assert await chained.hardware.resumes(chained.station.begun[0])


async def test_bridge_that_ends_before_it_reached_the_plc_takes_nothing_for_a_restart_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is stored about the PLC stays until more is known: a state without it would end what runs."""
    lines: list[str] = []
    async with open_chain() as (plc, address, store, _):

        async def bridge(seconds: float) -> dict[str, object]:
            with suppress(TimeoutError):
                await asyncio.wait_for(run_bridge(settings_of(address), store, "CP1", report=lines.append), seconds)
            found = json.loads(await store.setting("plc/cp1/state") or "{}")
            return {**found["state"], "meters": found["meters"]}

        plc.connectors[1].energy_wh = 500
        first = await bridge(1)
        assert (first["running"], first["starts"]) == (True, 1)
        plc.answers.clear()
        assert await bridge(0.1) == first
        plc.answers.set()
        with monkeypatch.context() as starting:
            starting.setattr(plc, "step", lambda _: None)
            plc._tables[True] = dict.fromkeys(plc._tables[True], 0)
            assert (await bridge(1))["meters"] == first["meters"]
        assert await bridge(1) == first


async def test_stop_by_another_tag_asks_whether_it_may() -> None:
    """A tag shown while a transaction runs is about its end."""
    async with chain() as chained:
        box, station = chained.plc.connectors[1], chained.station
        await chained.begin()
        box._asking["AUTH"].raise_with(IDTAG="TAG2")
        await station.until(lambda: "may_stop" in station.said)
        await chained.until_ended("authorize", 2)
        assert station.asked == [(1, "TAG1")]


async def test_start_that_is_answered_after_a_restart_is_accepted_offline_as_before() -> None:
    """Who was allowed to charge is not forgotten with the process; the number is the same one."""
    async with open_chain() as (plc, address, store, station):
        box = plc.connectors[1]
        station.online.clear()
        async with running(address, store, station, [], offline_start_s=60):
            box.plug()
            await station.until(lambda: all(asking.idle for asking in box._asking.values()))
            box.swipe("TAG1")
            await station.until(lambda: len(station.begun) == 1)
        async with running(address, store, station, []):
            await station.until(lambda: box.charging)
            assert box.transaction_id >= PROVISIONAL
            assert station.asked == [(1, "TAG1")]
            assert len(station.begun) == 1


@pytest.mark.parametrize(
    ("unit_id", "error", "said"),
    [(7, "ModbusUnitError", "there is no unit 1 (exception 11"), (1, "ShortReadError", "only 2 bytes")],
    ids=["wrong unit", "short reads"],
)
async def test_plc_that_cannot_be_read_is_one_line_and_counted(unit_id: int, error: str, said: str) -> None:
    """However often it is tried, people are told once; the charge point does not boot without its hardware."""
    lines: list[str] = []
    async with AsyncExitStack() as stack:
        if unit_id == 1:
            address = await stack.enter_async_context(raw_server(lambda request: request[:2]))
        else:
            address = await stack.enter_async_context(serve_plc(SimulatedPlc(MAP, unit_id=unit_id)))
        station, store = RecordingStation(), await open_store("memory:")
        hardware = await stack.enter_async_context(running(address, store, station, lines))
        await station.until(lambda: hardware.counters.failures[error] >= 3)
        assert len(lines) == 1
        assert said in lines[0]
        assert station.said == []
        with pytest.raises(ModbusConnectError, match="cannot be read"):
            await hardware.read_meter(1)


class FailingStore:
    """A store that cannot be reached while it is told so."""

    def __init__(self, store: SeamStore) -> None:
        self._store = store
        self.fails = False

    def __getattr__(self, name: str) -> object:
        verb = getattr(self._store, name)

        async def ask(*arguments: object, **named: object) -> object:
            if self.fails:
                raise StorageUnavailableError("the storage cannot be reached")
            return await verb(*arguments, **named)

        return ask


async def test_storage_that_is_gone_for_a_while_loses_no_request_and_is_told_once() -> None:
    """The PLC waits for its answers, and gets them."""
    async with open_chain() as (plc, address, store, station):
        failing, lines = FailingStore(store), list[str]()
        async with running(address, cast("SeamStore", failing), station, lines) as hardware:
            chained = Chain(plc, address, hardware, station, store, lines)
            await station.until(lambda: "ready" in station.said)
            await chained.until_ended("status", 2)
            failing.fails = True
            box = plc.connectors[1]
            box.plug()
            box.swipe("TAG1")
            await station.until(lambda: any("storage cannot be reached" in line for line in lines))
            await asyncio.sleep(0.3)
            assert station.asked == []
            failing.fails = False
            await station.until(lambda: box.charging)
            assert len([line for line in lines if "storage" in line]) == 2
