"""Where readings wait: those of a transaction for its StopTransaction, those at the start of a slot for its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from ocpp_sdk.storage import SettingStore
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["KeptReading", "MemoryTransactionDataStore", "SettingTransactionDataStore", "TransactionDataStore"]

_PREFIX: Final = "charge_point.transaction_data"
_SLOT_PREFIX: Final = "charge_point.open_slot"


class KeptReading(NamedTuple):
    """A reading and its place.

    Attributes:
        series: one letter.
        place: number in the series, from 0 to 99,999,999.
        reading: what was read.
    """

    series: str
    place: int
    reading: MeterReading


class TransactionDataStore(Protocol):
    """Readings by transaction; verbs that write return when it is durable, and may be repeated.

    All raise `StorageError` if it is not.
    """

    async def put(self, transaction_key: str, kept: KeptReading) -> None:
        """Keep a reading, in place of another one at the same place."""
        ...

    async def remove(self, transaction_key: str, series: str, places: Iterable[int]) -> None:
        """Forget some readings."""
        ...

    async def readings(self, transaction_key: str) -> list[KeptReading]:
        """Return the readings of a transaction, by series and place."""
        ...

    async def forget(self, transaction_key: str) -> None:
        """Forget all readings of a transaction."""
        ...

    async def retain(self, transaction_keys: Iterable[str]) -> None:
        """Forget the readings of all other transactions."""
        ...

    async def put_slot(self, connector_id: int, registers: MeterReading) -> None:
        """Keep the registers of a connector at the start of its open slot, in place of those before."""
        ...

    async def slots(self) -> dict[int, MeterReading]:
        """Return the registers at the start of the open slot, by connector."""
        ...


class MemoryTransactionDataStore:
    """Keeps readings as long as the program runs."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[tuple[str, int], MeterReading]] = {}
        self._slots: dict[int, MeterReading] = {}

    async def put(self, transaction_key: str, kept: KeptReading) -> None:
        """Keep a reading."""
        self._kept.setdefault(transaction_key, {})[kept.series, kept.place] = kept.reading

    async def remove(self, transaction_key: str, series: str, places: Iterable[int]) -> None:
        """Forget some readings."""
        for place in places:
            self._kept.get(transaction_key, {}).pop((series, place), None)

    async def readings(self, transaction_key: str) -> list[KeptReading]:
        """Return the readings of a transaction."""
        found = self._kept.get(transaction_key, {})
        return [KeptReading(*place, reading) for place, reading in sorted(found.items())]

    async def forget(self, transaction_key: str) -> None:
        """Forget a transaction."""
        self._kept.pop(transaction_key, None)

    async def retain(self, transaction_keys: Iterable[str]) -> None:
        """Forget all others."""
        wanted = set(transaction_keys)
        for key in [key for key in self._kept if key not in wanted]:
            del self._kept[key]

    async def put_slot(self, connector_id: int, registers: MeterReading) -> None:
        """Keep registers."""
        self._slots[connector_id] = registers

    async def slots(self) -> dict[int, MeterReading]:
        """Return the registers by connector."""
        return dict(self._slots)


class SettingTransactionDataStore:
    """Keeps each reading as a text of its own, so that keeping one costs the same however many there are.

    Args:
        store: of texts; stays the caller's.
        identity: of the charge point.
    """

    def __init__(self, store: SettingStore, identity: str) -> None:
        self._store = store
        self._base = f"{_PREFIX}/{_digest(fold(identity))}/"
        self._slot_base = f"{_SLOT_PREFIX}/{_digest(fold(identity))}/"

    async def put(self, transaction_key: str, kept: KeptReading) -> None:
        """Keep a reading."""
        await self._store.put_setting(self._key(transaction_key, kept.series, kept.place), _written(kept.reading))

    async def remove(self, transaction_key: str, series: str, places: Iterable[int]) -> None:
        """Forget some readings."""
        for place in places:
            await self._store.remove_setting(self._key(transaction_key, series, place))

    async def readings(self, transaction_key: str) -> list[KeptReading]:
        """Return the readings of a transaction; a text that is none is passed over."""
        begin = self._begin(transaction_key)
        found = []
        for key, text in sorted((await self._store.settings(begin)).items()):
            name, reading = key.removeprefix(begin), _read(text)
            if reading is not None and name[1:].isdigit():
                found.append(KeptReading(name[0], int(name[1:]), reading))
        return found

    async def forget(self, transaction_key: str) -> None:
        """Forget a transaction."""
        for key in await self._store.settings(self._begin(transaction_key)):
            await self._store.remove_setting(key)

    async def retain(self, transaction_keys: Iterable[str]) -> None:
        """Forget all others."""
        wanted = tuple(map(self._begin, transaction_keys))
        for key in await self._store.settings(self._base):
            if not key.startswith(wanted):
                await self._store.remove_setting(key)

    async def put_slot(self, connector_id: int, registers: MeterReading) -> None:
        """Keep registers."""
        await self._store.put_setting(f"{self._slot_base}{connector_id}", _written(registers))

    async def slots(self) -> dict[int, MeterReading]:
        """Return the registers by connector; a text that is none is passed over."""
        found = {}
        for key, text in (await self._store.settings(self._slot_base)).items():
            number, reading = key.removeprefix(self._slot_base), _read(text)
            if reading is not None and number.isdigit():
                found[int(number)] = reading
        return found

    def _begin(self, transaction_key: str) -> str:
        # A digest, since a key of a text has an end and that of a transaction need not have one.
        return f"{self._base}{_digest(transaction_key)}/"

    def _key(self, transaction_key: str, series: str, place: int) -> str:
        return f"{self._begin(transaction_key)}{series}{place:08d}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _written(reading: MeterReading) -> str:
    return json.dumps([reading.timestamp.isoformat(), reading.values], separators=(",", ":"))


def _read(text: str) -> MeterReading | None:
    try:
        timestamp, values = json.loads(text)
        return MeterReading(datetime.fromisoformat(timestamp), tuple(SampledValue(*value) for value in values))
    except (TypeError, ValueError):
        return None
