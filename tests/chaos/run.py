"""A whole run: sessions among disasters, then calm, then the comparison of both sides."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ocpp_sdk.storage import CallState, open_store
from tests.chaos.checking import Sides, disagreements, energy_wh
from tests.chaos.disasters import befall
from tests.chaos.records import Kept, kept_by, received_from, resend
from tests.chaos.site import Site, Station, site

_LOOK_S: Final = 0.5
_TOLD_EVERY_S: Final = 30.0
_ROUNDS: Final = 8
_SETTLE_S: Final = 3.0
_SENT_WITHIN_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        mistakes: what is not as it must be, a line each.
        summary: what happened, a line each.
    """

    mistakes: list[str]
    summary: list[str]


async def run(
    folder: Path, *, sessions: int, seed: int, charge_points: int, seconds_limit: float, say: Callable[[str], None]
) -> Outcome:
    """Run sessions among disasters and compare both sides afterwards.

    Args:
        folder: for memories, storages and logs; empty.
        sessions: how many vehicles charge, at least.
        seed: of all chances.
        charge_points: how many there are, with two connectors each.
        seconds_limit: after how many seconds all sessions must be over.
        say: hears how it goes on.
    """
    begun = time.monotonic()
    async with site(folder, charge_points=charge_points, sessions=sessions, seed=seed) as all_of_it:
        disasters = asyncio.create_task(befall(all_of_it, random.Random(seed + 1)))
        try:
            over = await _sessions(all_of_it, disasters, seconds_limit, say)
        finally:
            disasters.cancel()
            await asyncio.gather(disasters, return_exceptions=True)
        mistakes = [] if disasters.cancelled() else [f"the disasters ended by {disasters.exception()!r}"]
        if not over:
            mistakes.append("not all sessions are over; see --seconds-limit")
        say(f"{time.monotonic() - begun:.0f} s: the sessions are over, what waits is sent")
        await asyncio.sleep(_SETTLE_S)
        sides = await _settle(all_of_it, say)
        mistakes += all_of_it.failures()
    for one in sides:
        mistakes += disagreements(one)
    return Outcome(mistakes=mistakes, summary=_summary(all_of_it, sides, time.monotonic() - begun))


async def _sessions(
    site: Site, disasters: asyncio.Task[None], seconds_limit: float, say: Callable[[str], None]
) -> bool:
    """Wait until all sessions are over; returns whether they are, in time and with disasters to the end."""
    begun = told = time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_S)
        progress = [station.progress() for station in site.stations]
        now = time.monotonic()
        if all(one.over for one in progress):
            return True
        if now - told >= _TOLD_EVERY_S:
            told = now
            done = " ".join(f"{one.done}" for one in progress)
            say(f"{now - begun:.0f} s: {sum(one.done for one in progress)} sessions ({done})")
        if disasters.done() or now - begun > seconds_limit:
            return False


async def _settle(site: Site, say: Callable[[str], None]) -> list[Sides]:
    """End the charge points when they have sent all, and read both sides."""
    kept = await asyncio.gather(*(_settled(station, say) for station in site.stations))
    await site.central_system.end()
    found = []
    store = await open_store(site.database.url)
    try:
        for station, theirs in zip(site.stations, kept, strict=True):
            found.append(
                Sides(
                    identity=station.identity,
                    delivered=station.progress().delivered,
                    kept=theirs,
                    received=await received_from(store, station.identity),
                    given_up=frozenset(station.given_up),
                )
            )
    finally:
        await store.close()
    return found


async def _settled(station: Station, say: Callable[[str], None]) -> Kept:
    """Start a charge point as often as it takes to send all; what was given up is sent again on demand, as by hand."""
    left = _ROUNDS
    while True:
        for program in reversed(station.programs):
            await program.end()
        store = await open_store(station.plan.storage)
        try:
            resent = await resend(store, station.identity)
            kept = await kept_by(store, station.identity)
        finally:
            await store.close()
        if not (resent or kept.unfinished or kept.in_state(CallState.WAITING) or kept.in_state(CallState.CLAIMED)):
            return kept
        left -= 1
        if not left:
            return kept
        station.given_up |= resent
        say(f"{station.identity}: {len(resent)} messages are sent again, {kept.unfinished} requests of the PLC wait")
        station.plan.sent.unlink(missing_ok=True)
        for program in station.programs:
            program.start()
        for _ in range(int(_SENT_WITHIN_S / _LOOK_S)):
            await asyncio.sleep(_LOOK_S)
            if station.plan.sent.exists():
                break
        await asyncio.sleep(_SETTLE_S)


def _summary(site: Site, sides: list[Sides], seconds: float) -> list[str]:
    """Say in a few lines what happened."""
    delivered = [one for each in sides for one in each.delivered]
    flowed = [one for one in delivered if one.meter_stop_wh is not None]
    transactions = sum(len(one.received.transactions) for one in sides)
    samples = sum(len(one.received.samples) for one in sides)
    messages = sum(len(one.kept.calls) for one in sides)
    happened = ", ".join(f"{name} {count}" for name, count in site.happened.most_common())
    faults = ", ".join(f"{name} {count}" for name, count in site.http.counts.most_common())
    return [
        f"{len(flowed)} sessions and {len(delivered) - len(flowed)} refused starts in {seconds:.0f} s: "
        f"{energy_wh(flowed)} Wh in {transactions} transactions with {samples} samples, {messages} messages queued, "
        f"{sum(len(one.given_up) for one in sides)} of them sent again by hand",
        f"commands of the central system that were accepted: {sum(one.received.commanded for one in sides)}",
        f"disasters: {sum(site.happened.values())} ({happened})",
        f"programs killed: {sum(program.deaths for program in site.programs())}",
        f"HTTP: {faults}",
    ]
