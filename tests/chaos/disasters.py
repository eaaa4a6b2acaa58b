"""What befalls a site: one disaster after the other, at random moments and places."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from tests.chaos.faults import Fault
from tests.chaos.site import Site, Station, Way

_MEAN_S: Final = 5.0
"""Between two disasters at one charge point."""
_FIRST_S: Final = 2.0
Disaster: TypeAlias = Callable[[Site, Station, random.Random], Awaitable[None]]


async def befall(site: Site, chances: random.Random) -> None:
    """Let disasters happen until cancelled; then all ways are open again, and everything runs."""
    kinds, weights = zip(*_DISASTERS.items(), strict=True)
    under_way: set[asyncio.Task[None]] = set()
    try:
        await asyncio.sleep(_FIRST_S)
        while True:
            await asyncio.sleep(chances.expovariate(len(site.stations) / _MEAN_S))
            (disaster,) = chances.choices(kinds, weights)
            site.happened[disaster.__name__.removeprefix("_").replace("_", " ")] += 1
            task = asyncio.ensure_future(disaster(site, chances.choice(site.stations), chances))
            under_way.add(task)
            for ended in [one for one in under_way if one.done()]:
                under_way.discard(ended)
                ended.result()
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
        site.http.calm, site.http.storm = True, None
        for way in site.ways():
            await way.restore()


async def _charge_point_killed(_site: Site, station: Station, _chances: random.Random) -> None:
    await station.programs[0].kill()


async def _bridge_killed(site: Site, _station: Station, _chances: random.Random) -> None:
    for station in site.stations:
        for program in station.programs[1:]:
            await program.kill()


async def _plc_killed(_site: Site, station: Station, _chances: random.Random) -> None:
    await station.plc.kill()


async def _power_failed(_site: Site, station: Station, _chances: random.Random) -> None:
    """Kill all of a station at the same moment."""
    await asyncio.gather(*(program.kill() for program in (station.plc, *station.programs)))


async def _plc_hung(_site: Site, station: Station, chances: random.Random) -> None:
    await station.plc.pause(chances.uniform(0.3, 3.0))


async def _plc_cut_off(_site: Site, station: Station, chances: random.Random) -> None:
    await _cut(station.to_plc, chances.uniform(0.1, 2.0))


async def _plc_not_heard(_site: Site, station: Station, chances: random.Random) -> None:
    await _mute(station.to_plc, chances.uniform(0.1, 1.5))


async def _charge_point_cut_off(_site: Site, station: Station, chances: random.Random) -> None:
    await _cut(station.to_central_system, chances.uniform(0.1, 4.0))


async def _central_system_not_heard(_site: Site, station: Station, chances: random.Random) -> None:
    await _mute(station.to_central_system, chances.uniform(0.1, 3.0))


async def _central_system_killed(site: Site, _station: Station, _chances: random.Random) -> None:
    await site.central_system.kill()


async def _database_cut_off(site: Site, _station: Station, chances: random.Random) -> None:
    await _cut(site.to_database, chances.uniform(0.1, 2.0))


async def _database_not_heard(site: Site, _station: Station, chances: random.Random) -> None:
    await _mute(site.to_database, chances.uniform(0.1, 1.0))


async def _database_killed(site: Site, _station: Station, _chances: random.Random) -> None:
    async with site.database_turn:
        if site.database.own:
            await asyncio.to_thread(site.database.kill)
            for _ in range(3):
                # Its port may be that of a connection for a moment.
                with contextlib.suppress(RuntimeError):
                    await asyncio.to_thread(site.database.start)
                    return
            await asyncio.to_thread(site.database.start)


async def _all_requests_failed(site: Site, _station: Station, chances: random.Random) -> None:
    site.http.storm = chances.choice(list(Fault))
    await asyncio.sleep(chances.uniform(0.5, 4.0))
    site.http.storm = None


async def _cut(way: Way, seconds: float) -> None:
    async with way.turn:
        await way.cut()
        await asyncio.sleep(seconds)
        await way.restore()


async def _mute(way: Way, seconds: float) -> None:
    """Let the far end act on what it is asked, and nobody learn of it."""
    async with way.turn:
        way.mute()
        await asyncio.sleep(seconds)
        await way.cut()
        await way.restore()


_DISASTERS: Final[Mapping[Disaster, float]] = {
    _charge_point_killed: 8,
    _bridge_killed: 2,
    _plc_killed: 5,
    _power_failed: 2,
    _plc_hung: 2,
    _plc_cut_off: 3,
    _plc_not_heard: 2,
    _charge_point_cut_off: 3,
    _central_system_not_heard: 2,
    _central_system_killed: 3,
    _database_cut_off: 3,
    _database_not_heard: 1,
    _database_killed: 0.5,
    _all_requests_failed: 2,
}
