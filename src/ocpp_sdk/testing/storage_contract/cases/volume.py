"""Cases of `MeterStore`: many samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import Topic
from ocpp_sdk.testing.storage_contract.examples import NOON
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["VolumeContract"]

_REQUEST = 5000
_PAGE = 1000
_CHARGE_POINTS = 10
_PER_TRANSACTION = 2500


def _requests(total: int) -> Iterator[list[MeterSample]]:
    """Yield requests of samples whose values count up, one charge point after the other."""
    for first in range(0, total, _REQUEST):
        identity = f"CP-{first // _REQUEST % _CHARGE_POINTS}"
        yield [
            MeterSample(
                identity=identity,
                connector_id=1 + number % 2,
                transaction_id=1 + number // _PER_TRANSACTION,
                sampled_at=NOON + timedelta(seconds=number),
                value=str(number),
                measurand="Energy.Active.Import.Register",
                unit="Wh",
            )
            for number in range(first, first + _REQUEST)
        ]


async def _values(store: Store, identity: str | None = None, **filters: int) -> list[int]:
    """Read all samples of a filter by page, and return their values."""
    found: list[int] = []
    last = filters.pop("after", 0)
    while page := await store.samples(identity, after=last, limit=_PAGE, **filters):
        assert len(page) <= _PAGE
        found += [int(item.value) for item in page]
        last = page[-1].number or 0
    return found


class VolumeContract:
    """A database that has grown."""

    @case
    async def test_million_samples_are_read_by_page(self, trial: Trial) -> None:
        """Pages of a charge point, of a connector, of a transaction and from deep within meet without a gap."""
        total = trial.under_test.samples
        if trial.under_test.fewer_samples:
            print(f"{total} samples: {trial.under_test.fewer_samples}")  # noqa: T201  # pytest shows it
        store = await trial.open()
        for request in _requests(total):
            assert await store.add_samples(request) is True
        store = await trial.reopen(store)
        assert await store.count(Topic.SAMPLES) == total
        mine = [number for number in range(total) if number // _REQUEST % _CHARGE_POINTS == 3]
        assert await _values(store, "cp-3") == mine
        assert await _values(store, "CP-3", connector_id=2) == [value for value in mine if value % 2]
        middle = total // 2 // _PER_TRANSACTION
        expected = list(range(middle * _PER_TRANSACTION, (middle + 1) * _PER_TRANSACTION))
        assert await _values(store, transaction_id=1 + middle) == expected
        assert await _values(store, "CP-3", transaction_id=10**6) == []
        (first,) = await store.samples(transaction_id=total // _PER_TRANSACTION, limit=1)
        assert first.number is not None
        assert await _values(store, after=first.number) == list(range(int(first.value) + 1, total))
        again = next(_requests(total))
        assert await store.add_samples(again) is False
        assert await store.add_samples([replace(item, value="new") for item in again[:8]]) is True
        newest = await store.samples("CP-0", transaction_id=1, after=first.number)
        assert [item.value for item in newest] == ["new"] * 8
