"""The seam between the half that speaks to a PLC and the half that is a charge point: storage, and who wakes whom.

What must not be lost passes as records of `PlcExchangeStore`, whether both halves are in one process or in two. In one
process they wake each other, in two as well if both are on one machine; if not, each looks after a short while. The
state of the PLC and its meters, of which only the last counts, pass through memory, and in two processes through a
setting as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict
from typing import Final, Protocol, Self, TypeVar
from uuid import uuid4

from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import ConfigurationError, StorageError
from ocpp_sdk.modbus.counters import ModbusCounters
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.station.doorbell import Doorbell
from ocpp_sdk.modbus.station.records import Kind, text_of
from ocpp_sdk.modbus.station.state import PlcState, age_s, beat_in, published_in
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange, PlcExchangeStore
from ocpp_sdk.storage.settings import SettingStore

__all__ = ["Bell", "Seam", "SeamStore"]

POLL_S: Final = 0.25
"""How often each of two processes that do not wake each other looks for what the other one has done."""
PUBLISH_S: Final = 2.5
"""How often meters are stored at most, for the other process."""
BEAT_S: Final = 5.0
"""How often a bridge in its own process shows that it runs, and those look that wake each other."""
SILENT_AFTER_S: Final = 15.0

_LEEWAY_S: Final = 3.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_PAGE: Final = 500
_DOORBELL: Final = "doorbell"
T = TypeVar("T")


class SeamStore(PlcExchangeStore, SettingStore, Protocol):
    """What the seam needs of a store."""


class Bell:
    """Wakes all who wait; take `next()` before you look, so that nothing comes between looking and waiting.

    Attributes:
        doorbell: of those in another process.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.doorbell: Doorbell | None = None

    def next(self) -> asyncio.Event:
        """Return what is set when it rings the next time."""
        return self._rung

    def ring(self) -> None:
        """Wake all."""
        self.wake()
        if self.doorbell is not None:
            self.doorbell.ring()

    def wake(self) -> None:
        """Wake those in this process."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()


class Seam:
    """Both halves of one charge point meet here; in two processes each has one, on the same storage.

    Args:
        store: where records are kept; must outlive the process if there are two.
        identity: of the charge point.
        clock: what time is.
        report: takes lines for people.
        shared: whether the other half is in another process.

    Attributes:
        to_bridge: rung when the bridge has something to do.
        to_station: rung when the charge point has something to do.
        state: of the PLC, as last published; None before.
        meters: values of its meters by name of the register, likewise.
        counters: what happened.
    """

    def __init__(
        self,
        store: SeamStore,
        identity: str,
        *,
        clock: Clock,
        report: Callable[[str], None],
        shared: bool = False,
    ) -> None:
        self.store = store
        self.identity = identity
        self.clock = clock
        self.report = report
        self.shared = shared
        self.to_bridge = Bell()
        self.to_station = Bell()
        self.state: PlcState | None = None
        self.meters: Mapping[str, Value] = {}
        self.counters = ModbusCounters()
        self._doorbell = Doorbell(clock, self._wake)
        self._key = f"plc/{fold(identity)}/"
        # Begins with the time, so that of two bridges each knows which one came later.
        self._run = f"{clock.now():%Y%m%d%H%M%S}{uuid4().hex[:8]}"
        self._foreign = ""
        self._beats = 0
        self._heard = ""
        self._heard_at: float | None = None
        self._failing = False

    async def __aenter__(self) -> Self:
        if self.shared:
            await self._doorbell.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._doorbell.close()

    async def wait(self, rung: asyncio.Event, *, at_most_s: float | None = None, look_s: float | None = None) -> None:
        """Wait until a bell rings; in two processes no longer than it takes to look again.

        Args:
            rung: what the bell sets.
            at_most_s: how long to wait at most.
            look_s: how often to look in storage while the other process is not heard, instead of `POLL_S`.
        """
        seconds = at_most_s
        if self.shared:
            look_s = BEAT_S if self._doorbell.works else look_s or POLL_S
            seconds = look_s if at_most_s is None else min(at_most_s, look_s)
        if seconds is None:
            await rung.wait()
        else:
            await wait_within(self.clock, rung, seconds)

    async def listen(self) -> None:
        """Let the bridge in another process find and wake this one."""
        self.to_bridge.doorbell = self._doorbell
        await self.put_text(_DOORBELL, self._doorbell.address)

    async def call(self) -> None:
        """Find the charge point in another process, to wake it and be woken; to be called again and again."""
        self.to_station.doorbell = self._doorbell
        self._doorbell.find(await self.text(_DOORBELL) or "")

    async def add(
        self, kind: Kind, connector_id: int, state: ExchangeState, data: str, *, key: str | None = None
    ) -> PlcExchange:
        """Store a record, or return the one of this kind and key that is there."""
        new = NewExchange(
            key=key or uuid4().hex,
            identity=self.identity,
            kind=kind.value,
            connector_id=connector_id,
            state=state,
            data=data,
            at=self.clock.now(),
        )
        record = await self.kept(lambda: self.store.add_exchange(new))
        self.counters.records[state.value] += 1
        return record

    async def swap(
        self,
        record: PlcExchange,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        data: str | None = None,
    ) -> PlcExchange | None:
        """Move a record; None if it is in none of the expected states any more."""
        at = self.clock.now()
        tries = 0

        async def verb() -> PlcExchange | None:
            nonlocal tries
            tries += 1
            moved = await self.store.swap_exchange(record.number, expected, state, at=at, data=data)
            if moved is None and tries > 1:
                # Whether an attempt that failed has moved it is not known.
                now = await self.store.exchange(record.number)
                return now if now is not None and now.state is state and data in {None, now.data} else None
            return moved

        moved = await self.kept(verb)
        if moved is not None:
            self.counters.records[state.value] += 1
        return moved

    async def records(self, states: Collection[ExchangeState], kind: Kind | None = None) -> list[PlcExchange]:
        """Return all records in some states by their number."""
        found: list[PlcExchange] = []
        while True:
            after = found[-1].number if found else 0
            page = await self.kept(
                lambda after=after: self.store.exchanges(  # type: ignore[misc] # a default that binds the value
                    self.identity, kind=kind, states=states, after=after, limit=_PAGE
                )
            )
            found += page
            if len(page) < _PAGE:
                return found

    async def kept(self, verb: Callable[[], Awaitable[T]]) -> T:
        """Do something with storage until it is done; one line says that it cannot be, another that it can again."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                done = await verb()
            except StorageError as error:
                if not self._failing:
                    self._failing = True
                    self.report(f"{self.identity}: {error}; the PLC waits until storage works again")
                await self.clock.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                if self._failing:
                    self._failing = False
                    self.report(f"{self.identity}: storage works again")
                return done

    async def text(self, name: str) -> str | None:
        """Return a text that is kept for this charge point."""
        return await self.kept(lambda: self.store.setting(self._key + name))

    async def put_text(self, name: str, text: str) -> None:
        """Keep a text for this charge point."""
        await self.kept(lambda: self.store.put_setting(self._key + name, text))

    async def publish(self, state: PlcState) -> None:
        """Say what is known of the PLC."""
        if state == self.state:
            return
        self.state = state
        if self.shared:
            await self._store_published()
        else:
            self.to_station.ring()

    async def publish_meters(self) -> bool:
        """Say to another process what the meters show, with a sign of life; returns whether that was done.

        Before it is known how the PLC is, what the bridge before this one has said holds.
        """
        if not self.shared or self.state is None:
            return False
        await self._store_published()
        return True

    async def _store_published(self) -> None:
        """Store what was published last, for the other process."""
        self._beats += 1
        state = self.state or PlcState()
        published = {
            "beat": f"{self._run}-{self._beats}",
            "at": self.clock.now().isoformat(),
            "state": asdict(state),
            "meters": dict(self.meters),
        }
        await self.put_text("state", text_of(published))
        self.to_station.ring()

    async def load_published(self) -> None:
        """Take what the other process has published; if it does not go on, the PLC counts as not reached.

        A state from long before this process began says nothing about the present.
        """
        text = await self.text("state") or ""
        now = self.clock.monotonic()
        if self._heard_at is None:
            self._heard, self._heard_at = text, now
            state, self.meters = published_in(text)
            if age_s(text, self.clock.now()) <= BEAT_S + PUBLISH_S + _LEEWAY_S:
                self.state = state
        elif text != self._heard:
            self._heard, self._heard_at = text, now
            self.state, self.meters = published_in(text)
        elif now - self._heard_at >= SILENT_AFTER_S:
            reason = f"no bridge has been heard for {SILENT_AFTER_S:g} s; see that `ocpp-sdk modbus bridge` runs"
            known = self.state or PlcState()
            self.state = PlcState(
                running=known.running,
                starts=known.starts,
                reason=reason,
                software_version=known.software_version,
                model=known.model,
            )

    async def check_alone(self) -> None:
        """See that no other bridge serves this charge point; to be called again and again.

        Raises:
            ConfigurationError: one does, and was there before.
        """
        beat = beat_in(await self.text("state") or "")
        run = beat.rpartition("-")[0]
        if not run or run == self._run:
            return
        goes_on, self._foreign = self._foreign not in {"", beat}, beat
        if goes_on and (not self.shared or run < self._run):
            raise ConfigurationError(
                f"{self.identity}: another bridge serves this charge point, there must be one; "
                "end `ocpp-sdk modbus bridge`, or run the charge point with bridge-process"
            )

    async def last_published(self) -> PlcState | None:
        """Take over what a bridge before this one has stored; returns the state of the PLC, None if there was none."""
        text = await self.text("state")
        if text is None:
            return None
        state, self.meters = published_in(text)
        return state

    def _wake(self) -> None:
        self.to_bridge.wake()
        self.to_station.wake()
