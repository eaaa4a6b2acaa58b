"""Connectors that are kept for somebody (1.5 section 5.11)."""

import asyncio
from datetime import timedelta

import pytest

from ocpp_sdk.charge_point import ConnectorFacts
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import IdTagInfo, RemoteStart, Reservation, StartTransaction
from ocpp_sdk.versions.enumerations import AuthorizationStatus, AvailabilityType, ErrorCode
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
_, V15, V16 = OcppVersion
with_reservations = pytest.mark.parametrize("version", [V15, V16])
OF_GROUP = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="G")


def keep(number: int = 1, connector_id: int = 1, tag: str = "TAG", parent: str | None = None) -> Reservation:
    """Return a reservation for ten minutes."""
    return Reservation(
        reservation_id=number,
        connector_id=connector_id,
        id_tag=tag,
        parent_id_tag=parent,
        expiry_date=NOON + timedelta(minutes=10),
    )


async def reserve(bench: Bench, reservation: Reservation) -> str:
    """Ask for a reservation."""
    return await bench.commands.reserve_now(bench.call, reservation)


def reservation_of_start(bench: Bench) -> int | None:
    """Return what the last start said of a reservation."""
    start = bench.central_system.named("StartTransaction")[-1]
    assert isinstance(start, StartTransaction)
    return start.reservation_id


@with_reservations
async def test_same_number_replaces_also_on_another_connector(version: OcppVersion) -> None:
    """The connector of before is free then, and the hardware is told of both."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        hardware.asked.clear()
        assert await reserve(bench, keep(7, 1)) == "Accepted"
        assert await reserve(bench, keep(7, 2, "OTHER")) == "Accepted"
        await bench.clock.pass_time()
        assert (bench.statuses(1)[-1], bench.statuses(2)[-1]) == ("Available", "Reserved")
        assert hardware.asked_for("set_reservation") == [(1, 7), (1, None), (2, 7)]
        assert hardware.station.refusal(2, "TAG") == "connector 2 is reserved"
        assert hardware.station.refusal(2, "other") == ""
        assert await bench.commands.cancel_reservation(bench.call, 7) == "Accepted"
        assert await bench.commands.cancel_reservation(bench.call, 7) == "Rejected"


@with_reservations
async def test_connector_that_cannot_be_kept_says_why(version: OcppVersion) -> None:
    """In use or kept already, broken, out of operation, or not there."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        await reserve(bench, keep(1, 1))
        assert await reserve(bench, keep(2, 1)) == "Occupied"
        assert await reserve(bench, keep(3, 9)) == "Rejected"
        await hardware.station.observe(2, ConnectorFacts(plugged=True))
        assert await reserve(bench, keep(3, 2)) == "Occupied"
        await hardware.station.observe(2, ConnectorFacts(error=ErrorCode.GROUND_FAILURE))
        assert await reserve(bench, keep(3, 2)) == "Faulted"
        await hardware.station.observe(2, ConnectorFacts(usable=False))
        assert await reserve(bench, keep(3, 2)) == "Unavailable"
        await hardware.station.observe(2, ConnectorFacts())
        await hardware.station.start(2, "X", 0, key="k")
        assert await reserve(bench, keep(3, 2)) == "Occupied"


@with_reservations
async def test_two_reservations_at_the_same_time_are_not_both_accepted(version: OcppVersion) -> None:
    """A central system may ask from two places."""
    async with on_bench(version) as bench:
        answers = await asyncio.gather(*(reserve(bench, keep(number, 1)) for number in (1, 2, 3)))
        assert sorted(answers) == ["Accepted", "Occupied", "Occupied"]


@with_reservations
async def test_group_that_a_connector_is_kept_for_may_use_it(version: OcppVersion) -> None:
    """Also if the group of the idTag is heard from the central system only then."""
    async with on_bench(version) as bench:
        await reserve(bench, keep(7, 1, "TAG", "g"))
        await bench.hardware.plugged(1)
        with pytest.raises(Exception, match="may not charge"):
            await bench.hardware.tag("STRANGER", 1)
        bench.central_system.info = OF_GROUP
        await bench.hardware.tag("FRIEND", 1)
        await bench.clock.pass_time()
        assert reservation_of_start(bench) == 7
        assert await bench.commands.cancel_reservation(bench.call, 7) == "Rejected"


@with_reservations
async def test_remote_start_uses_the_reservation_of_its_idtag_or_of_a_group_that_is_known(version: OcppVersion) -> None:
    """Others are rejected."""
    async with on_bench(version) as bench:
        start = bench.commands.remote_start_transaction
        await reserve(bench, keep(7, 1))
        assert await start(bench.call, RemoteStart(id_tag="OTHER", connector_id=1)) == "Rejected"
        assert await start(bench.call, RemoteStart(id_tag="tag", connector_id=1)) == "Accepted"
        await bench.clock.pass_time()
        assert reservation_of_start(bench) == 7
        bench.charge_point.authorization.learn("FRIEND", OF_GROUP)
        await reserve(bench, keep(8, 2, "BOSS", "G"))
        assert await start(bench.call, RemoteStart(id_tag="FRIEND", connector_id=2)) == "Accepted"
        await bench.clock.pass_time()
        assert reservation_of_start(bench) == 8


@with_reservations
async def test_reservation_of_the_whole_keeps_one_connector_free(version: OcppVersion) -> None:
    """Any of them; two keep both, and a third is too many."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        station = hardware.station
        assert await reserve(bench, keep(1, 0)) == "Accepted"
        assert station.refusal(1, "OTHER") == ""
        assert await station.authorize(1, "OTHER")
        assert "kept for a reservation" in station.refusal(2, "OTHER")
        assert not await station.authorize(2, "THIRD")
        assert await reserve(bench, keep(2, 0)) == "Occupied"
        assert await station.authorize(2, "TAG")
        await station.start(2, "TAG", 0, key="k")
        await bench.clock.pass_time()
        assert reservation_of_start(bench) == 1
        await station.release(1)
        assert await reserve(bench, keep(2, 0)) == "Accepted"
        assert await reserve(bench, keep(3, 0)) == "Occupied"


@with_reservations
async def test_reservation_outlives_a_restart_and_ends_in_time(version: OcppVersion) -> None:
    """One that has ended meanwhile is gone."""
    async with on_bench(version) as bench:
        await reserve(bench, keep(1, 1))
        await reserve(
            bench, Reservation(reservation_id=2, connector_id=2, id_tag="X", expiry_date=NOON + timedelta(minutes=1))
        )
    await bench.clock.pass_time(60)
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware, before=bench) as bench:
        assert (bench.statuses(1)[-1], bench.statuses(2)[-1]) == ("Reserved", "Available")
        assert hardware.asked_for("set_reservation") == [(1, 1), (2, None)]
        assert await bench.commands.cancel_reservation(bench.call, 2) == "Rejected"
        await bench.clock.pass_time(539)
        assert bench.statuses(1)[-1] == "Reserved"
        await bench.clock.pass_time(1)
        assert bench.statuses(1)[-1] == "Available"


@with_reservations
@pytest.mark.parametrize("how", ["Faulted", "Unavailable"])
async def test_connector_that_cannot_be_used_any_more_loses_its_reservation(version: OcppVersion, how: str) -> None:
    """It does not come back with the connector."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        await reserve(bench, keep(1, 1))
        if how == "Faulted":
            await hardware.station.observe(1, ConnectorFacts(error=ErrorCode.GROUND_FAILURE))
        else:
            await bench.commands.change_availability(bench.call, 1, AvailabilityType.INOPERATIVE)
        await bench.clock.pass_time()
        assert bench.statuses(1)[-1] == how
        assert await bench.commands.cancel_reservation(bench.call, 1) == "Rejected"
        if how == "Faulted":
            await hardware.station.observe(1, ConnectorFacts())
        else:
            await bench.commands.change_availability(bench.call, 1, AvailabilityType.OPERATIVE)
        await bench.clock.pass_time()
        assert bench.statuses(1)[-1] == "Available"


async def test_hardware_that_was_away_is_told_what_it_has_missed() -> None:
    """What is kept and what is not, and which connectors may be used."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        await reserve(bench, keep(1, 1))
        await hardware.station.lost("no answer")
        await bench.commands.cancel_reservation(bench.call, 1)
        await bench.commands.change_availability(bench.call, 2, AvailabilityType.INOPERATIVE)
        hardware.asked.clear()
        await hardware.station.found()
        assert hardware.asked_for("set_reservation") == [(1, None), (2, None)]
        assert hardware.asked_for("set_available") == [(1, True), (2, False)]
