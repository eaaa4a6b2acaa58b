"""Who may charge, from local list, cache and central system, with and without a connection."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from ocpp_sdk.charge_point import Equipment
from ocpp_sdk.charge_point.keeping import CACHE_LENGTH
from ocpp_sdk.errors import ConnectError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    IdTagInfo,
    LocalListEntry,
    LocalListUpdate,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import AuthorizationStatus, UpdateType
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import ACCEPTED, NOON, Bench, memory_store, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
with_list = pytest.mark.parametrize("version", [V15, V16])
BLOCKED = IdTagInfo(status=AuthorizationStatus.BLOCKED)
FULL, DIFFERENTIAL = UpdateType.FULL, UpdateType.DIFFERENTIAL


def update(kind: UpdateType, version: int, hash: str | None = None, **entries: IdTagInfo | None) -> LocalListUpdate:
    """Return an update of the local list."""
    given = tuple(LocalListEntry(id_tag=id_tag, info=info) for id_tag, info in entries.items())
    return LocalListUpdate(update_type=kind, list_version=version, entries=given, hash=hash)


def no_connection(bench: Bench, times: int = 50) -> None:
    """Let nobody be there for a while."""
    bench.central_system.fail("any", *[ConnectError("nobody there", url="http://cs/")] * times)


async def set_keys(bench: Bench, **values: str) -> None:
    """Set configuration keys."""
    for key, value in values.items():
        assert await bench.commands.change_configuration(bench.call, key, value) == "Accepted"


async def status_of(bench: Bench, id_tag: str) -> str:
    """Return what the charge point says to an idTag."""
    return (await bench.charge_point.authorization.authorize(id_tag)).status


@with_list
async def test_full_list_replaces_all_that_was_there(version: OcppVersion) -> None:
    """Also with a smaller version; its version is the one that is told."""
    async with on_bench(version) as bench:
        send = bench.commands.send_local_list
        assert (await send(bench.call, update(FULL, 9, A=ACCEPTED, B=BLOCKED))).status == "Accepted"
        assert (await send(bench.call, update(FULL, 3, C=ACCEPTED))).status == "Accepted"
        assert await bench.commands.get_local_list_version(bench.call) == 3
        known = bench.charge_point.authorization.known
        assert [known("A"), known("B"), known("c")] == [None, None, ACCEPTED]


@with_list
async def test_differential_list_adds_changes_and_deletes(version: OcppVersion) -> None:
    """An older or equal version, and one below zero, change nothing."""
    async with on_bench(version) as bench:
        send = bench.commands.send_local_list
        await send(bench.call, update(FULL, 5, A=ACCEPTED, B=ACCEPTED))
        assert (await send(bench.call, update(DIFFERENTIAL, 5, C=ACCEPTED))).status == "VersionMismatch"
        assert (await send(bench.call, update(DIFFERENTIAL, 4, C=ACCEPTED))).status == "VersionMismatch"
        assert (await send(bench.call, update(FULL, -1, C=ACCEPTED))).status == "Failed"
        assert (await send(bench.call, update(FULL, 6, A=None))).status == "Failed"
        assert await bench.commands.get_local_list_version(bench.call) == 5
        assert (await send(bench.call, update(DIFFERENTIAL, 8, a=BLOCKED, B=None, C=ACCEPTED))).status == "Accepted"
        known = bench.charge_point.authorization.known
        assert [known("A"), known("b"), known("C")] == [BLOCKED, None, ACCEPTED]
        assert await bench.commands.get_local_list_version(bench.call) == 8


@with_list
async def test_list_that_is_too_long_changes_nothing(version: OcppVersion) -> None:
    """LocalAuthListMaxLength of 1.6."""
    async with on_bench(version) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, A=ACCEPTED))
        many = {f"T{number}": ACCEPTED for number in range(10_001)}
        assert (await bench.commands.send_local_list(bench.call, update(FULL, 2, None, **many))).status == "Failed"
        assert bench.charge_point.authorization.known("A") == ACCEPTED


@with_list
async def test_list_and_cache_are_known_after_a_restart(version: OcppVersion) -> None:
    """Those of before and those that were changed."""
    async with on_bench(version) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, A=ACCEPTED, B=BLOCKED))
        await bench.commands.send_local_list(bench.call, update(DIFFERENTIAL, 2, B=None, C=ACCEPTED))
        await status_of(bench, "D")
    async with on_bench(version, before=bench) as bench:
        known = bench.charge_point.authorization.known
        assert [known("a"), known("B"), known("C"), known("d")] == [ACCEPTED, None, ACCEPTED, ACCEPTED]
        assert await bench.commands.get_local_list_version(bench.call) == 2


async def test_hash_of_the_list_is_compared_and_answered_where_there_is_one() -> None:
    """1.5 does not say how it is made, so the user does (section 5.13)."""

    def made(entries: Mapping[str, IdTagInfo]) -> str:
        return json.dumps(sorted(entries))

    async with on_bench(V15, equipment=Equipment(list_hash=made)) as bench:
        send = bench.commands.send_local_list
        wrong = await send(bench.call, update(FULL, 1, "x", A=ACCEPTED))
        assert wrong.status == "HashError"
        assert await bench.commands.get_local_list_version(bench.call) == 0
        right = await send(bench.call, update(FULL, 1, '["a"]', A=ACCEPTED))
        assert (right.status, right.hash) == ("Accepted", '["a"]')
        then = await send(bench.call, update(DIFFERENTIAL, 2, B=ACCEPTED))
        assert (then.status, then.hash) == ("Accepted", '["a", "b"]')
    async with on_bench(V15) as bench:
        assert (await bench.commands.send_local_list(bench.call, update(FULL, 1, "x"))).status == "Accepted"


@each_version
async def test_clear_cache_leaves_the_list_alone(version: OcppVersion) -> None:
    """And forgets all answers, also for after a restart."""
    async with on_bench(version) as bench:
        if version is not V12:
            await bench.commands.send_local_list(bench.call, update(FULL, 1, LISTED=ACCEPTED))
        await status_of(bench, "CACHED")
        assert await bench.commands.clear_cache(bench.call) == "Accepted"
        assert bench.charge_point.authorization.known("CACHED") is None
    async with on_bench(version, before=bench) as bench:
        known = bench.charge_point.authorization.known
        assert known("CACHED") is None
        assert known("LISTED") == (None if version is V12 else ACCEPTED)


async def test_cache_that_is_full_forgets_what_was_used_longest_ago() -> None:
    """Not what was learnt first."""
    async with on_bench(V16) as bench:
        authorization = bench.charge_point.authorization
        for number in range(CACHE_LENGTH):
            authorization.learn(f"T{number}", ACCEPTED)
        assert authorization.known("T0") == ACCEPTED
        authorization.learn("NEW", ACCEPTED)
        assert [authorization.known(id_tag) for id_tag in ("T0", "T1", "NEW")] == [ACCEPTED, None, ACCEPTED]
        await bench.clock.pass_time(1)


@pytest.mark.parametrize(
    ("offline", "unknown", "known_tag", "stranger", "blocked"),
    [
        ("true", "false", "Accepted", "Invalid", "Blocked"),
        ("true", "true", "Accepted", "Accepted", "Blocked"),
        ("false", "false", "Invalid", "Invalid", "Invalid"),
        ("false", "true", "Invalid", "Accepted", "Invalid"),
    ],
)
async def test_keys_of_1_6_decide_without_a_connection(
    offline: str, unknown: str, known_tag: str, stranger: str, blocked: str
) -> None:
    """LocalAuthorizeOffline and AllowOfflineTxForUnknownId (1.6 section 3.5)."""
    async with on_bench(V16) as bench:
        await set_keys(bench, LocalAuthorizeOffline=offline, AllowOfflineTxForUnknownId=unknown)
        await bench.commands.send_local_list(bench.call, update(FULL, 1, KNOWN=ACCEPTED, BAD=BLOCKED))
        no_connection(bench)
        assert await status_of(bench, "KNOWN") == known_tag
        assert await status_of(bench, "STRANGER") == stranger
        assert await status_of(bench, "BAD") == blocked


@pytest.mark.parametrize("version", [V12, V15])
async def test_known_tag_alone_charges_without_a_connection_before_1_6(version: OcppVersion) -> None:
    """These versions have no keys for it."""
    async with on_bench(version) as bench:
        await status_of(bench, "KNOWN")
        no_connection(bench)
        assert await status_of(bench, "KNOWN") == "Accepted"
        assert await status_of(bench, "STRANGER") == "Invalid"


async def test_known_tag_is_asked_about_in_1_6_unless_local_pre_authorize_is_set() -> None:
    """A tag that is known as blocked is asked about all the same."""
    async with on_bench(V16) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, KNOWN=ACCEPTED, BAD=BLOCKED))
        await status_of(bench, "KNOWN")
        await set_keys(bench, LocalPreAuthorize="true")
        await status_of(bench, "KNOWN")
        await status_of(bench, "BAD")
        assert bench.central_system.named("Authorize") == ["KNOWN", "BAD"]


async def test_cache_that_is_switched_off_is_neither_used_nor_filled() -> None:
    """AuthorizationCacheEnabled of 1.6."""
    async with on_bench(V16) as bench:
        await status_of(bench, "BEFORE")
        await set_keys(bench, AuthorizationCacheEnabled="false")
        await status_of(bench, "AFTER")
        no_connection(bench)
        assert [await status_of(bench, id_tag) for id_tag in ("BEFORE", "AFTER")] == ["Invalid", "Invalid"]
        await set_keys(bench, AuthorizationCacheEnabled="true")
        assert [await status_of(bench, id_tag) for id_tag in ("BEFORE", "AFTER")] == ["Accepted", "Invalid"]


@each_version
async def test_tag_that_has_expired_is_asked_about_and_does_not_charge_offline(version: OcppVersion) -> None:
    """To the second."""
    async with on_bench(version) as bench:
        until = NOON + timedelta(minutes=10)
        bench.central_system.info = IdTagInfo(status=AuthorizationStatus.ACCEPTED, expiry_date=until)
        await status_of(bench, "TAG")
        no_connection(bench)
        await bench.clock.pass_time(599)
        assert await status_of(bench, "TAG") == "Accepted"
        await bench.clock.pass_time(1)
        assert await status_of(bench, "TAG") == "Expired"


async def test_answer_that_contradicts_the_list_is_told_in_1_6() -> None:
    """As LocalListConflict of connector 0; the list stays as it is (1.6 section 3.5.3)."""
    async with on_bench(V16) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, TAG=ACCEPTED))
        bench.central_system.info = BLOCKED
        assert await status_of(bench, "TAG") == "Blocked"
        await bench.clock.pass_time()
        told = bench.central_system.named("StatusNotification")[-1]
        assert isinstance(told, StatusReport)
        assert (told.connector_id, told.status, told.error_code) == (0, "Available", "LocalListConflict")
        assert told.info == "TAG"
        assert bench.charge_point.authorization.known("TAG") == ACCEPTED


async def test_answer_that_contradicts_the_list_changes_it_in_1_5() -> None:
    """The list is updated by answers (1.5 section 4.8), until the central system sends another one."""
    async with on_bench(V15) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, TAG=ACCEPTED, OTHER=ACCEPTED))
        bench.central_system.start_info = BLOCKED
        for number, id_tag in enumerate(("TAG", "OTHER"), start=1):
            await bench.hardware.charge(id_tag, number)
        await bench.clock.pass_time()
        known = bench.charge_point.authorization.known
        assert [known("TAG"), known("OTHER")] == [BLOCKED, BLOCKED]
        assert await bench.commands.get_local_list_version(bench.call) == 1
        await bench.commands.send_local_list(bench.call, update(DIFFERENTIAL, 2, TAG=ACCEPTED))
        assert [known("TAG"), known("OTHER")] == [ACCEPTED, BLOCKED]
        await bench.commands.send_local_list(bench.call, update(DIFFERENTIAL, 3, TAG=None))
        no_connection(bench)
        assert await status_of(bench, "TAG") == "Invalid"
        await bench.commands.send_local_list(bench.call, update(FULL, 4, OTHER=ACCEPTED))
        assert [known("TAG"), known("OTHER")] == [None, ACCEPTED]


async def test_tag_that_charges_elsewhere_is_a_good_one() -> None:
    """ConcurrentTx is kept as Accepted (1.5 section 4.8)."""
    async with on_bench(V15) as bench:
        bench.central_system.info = IdTagInfo(status=AuthorizationStatus.CONCURRENT_TX)
        assert await status_of(bench, "TAG") == "ConcurrentTx"
        no_connection(bench)
        assert await status_of(bench, "TAG") == "Accepted"


@each_version
@pytest.mark.parametrize("cached", [True, False])
async def test_tag_of_the_same_group_stops_the_transaction(version: OcppVersion, *, cached: bool) -> None:
    """Whether or not its group was known before (1.5 section 3.4); a blocked one of the group does not."""
    group = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="Group")
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        if version is V16 and not cached:
            await set_keys(bench, AuthorizationCacheEnabled="false")
        bench.central_system.info = group
        assert await hardware.station.authorize(1, "TAG")
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time()
        if cached:
            await status_of(bench, "FRIEND")
        bench.central_system.info = IdTagInfo(status=AuthorizationStatus.BLOCKED, parent_id_tag="Group")
        assert not await hardware.station.may_stop(1, "ENEMY")
        bench.central_system.info = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="GROUP")
        assert await hardware.station.may_stop(1, "FRIEND")
        assert await hardware.station.may_stop(1, "tag")
        bench.central_system.info = ACCEPTED
        assert not await hardware.station.may_stop(1, "STRANGER")
        await hardware.station.stop(1, 5, id_tag="FRIEND")
        await bench.clock.pass_time()
        (stop,) = bench.central_system.named("StopTransaction")
        assert isinstance(stop, StopTransaction)
        assert stop.id_tag == "FRIEND"


async def test_group_of_a_transaction_is_known_after_a_restart() -> None:
    """As its start was answered."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware, store=memory_store(), killed=True) as bench:
        bench.central_system.start_info = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="G")
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(1)
    again = FakeHardware()
    async with on_bench(V16, hardware=again, before=bench) as bench:
        bench.central_system.info = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="G")
        assert await again.station.may_stop(1, "FRIEND")


async def test_idtag_that_comes_while_the_charge_point_boots_is_asked_about_after_that() -> None:
    """Nobody is turned away for the second that a boot takes; without an answer the offline policy decides."""
    hardware = FakeHardware()
    bench = Bench(V16, hardware=hardware)
    answered, answer = asyncio.Event(), bench.central_system.boot_notification

    async def slow(boot: BootData) -> BootAnswer:
        await answered.wait()
        return await answer(boot)

    bench.central_system.boot_notification = slow  # type: ignore[method-assign] # one that waits for the test
    async with bench.charge_point:
        await bench.clock.pass_time()
        late = asyncio.ensure_future(hardware.station.authorize(1, "LATE"))
        await bench.clock.pass_time(10)
        assert not await late
        asking = asyncio.ensure_future(hardware.station.authorize(1, "TAG"))
        await bench.clock.pass_time(9)
        answered.set()
        await bench.clock.pass_time()
        assert await asking
        assert bench.central_system.named("Authorize") == ["TAG"]


async def test_idtag_during_an_outage_is_not_kept_waiting() -> None:
    """A central system that swallows requests is given 5 s while it is known to be away."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        await bench.commands.send_local_list(bench.call, update(FULL, 1, KNOWN=ACCEPTED))
        no_connection(bench, 1)
        await status_of(bench, "X")

        async def silent(id_tag: str) -> IdTagInfo:
            await asyncio.Event().wait()
            raise AssertionError

        bench.central_system.authorize = silent  # type: ignore[method-assign] # one that never answers
        asking = asyncio.ensure_future(hardware.station.authorize(1, "KNOWN"))
        await bench.clock.pass_time(4.9)
        assert not asking.done()
        await bench.clock.pass_time(0.1)
        assert asking.done()
        assert await asking
