"""The samples of a request, which are made when somebody looks at them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage import MeterSample, open_store
from ocpp_sdk.storage.metering import SentSamples, samples_digest

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = (NOON + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=2)))
SENT = SentSamples(
    "CP-1 ",
    1,
    7,
    [
        (NOON, "1", (None, None, None, None, None, None)),
        (NOON, "2", ("a", "b", "c", "d", "e", "f")),
        (LATER, "3", ("", None, "c", None, None, "")),
    ],
)
RECORDS = [
    MeterSample(identity="CP-1 ", connector_id=1, transaction_id=7, sampled_at=NOON, value="1"),
    MeterSample(
        identity="CP-1 ",
        connector_id=1,
        transaction_id=7,
        sampled_at=NOON,
        value="2",
        context="a",
        format="b",
        measurand="c",
        phase="d",
        location="e",
        unit="f",
    ),
    MeterSample(
        identity="CP-1 ",
        connector_id=1,
        transaction_id=7,
        sampled_at=LATER,
        value="3",
        context="",
        measurand="c",
        unit="",
    ),
]


def test_sent_samples_are_the_records_that_they_stand_for() -> None:
    """In number, in order, one by one, in slices and in what tells them from other requests."""
    assert list(SENT) == RECORDS
    assert (len(SENT), SENT[2], SENT[-1], SENT[:2]) == (3, RECORDS[2], RECORDS[2], RECORDS[:2])
    assert samples_digest(SENT) == samples_digest(RECORDS)
    nothing = SentSamples("CP-1 ", 1, 7, [])
    assert (len(nothing), bool(nothing), list(nothing)) == (0, False, [])


@pytest.mark.parametrize("samples", [SENT, RECORDS], ids=["sent", "records"])
def test_samples_digest_is_the_one_that_stands_in_storages(samples: Sequence[MeterSample]) -> None:
    """A request that was stored by an earlier version is known when it comes again."""
    assert samples_digest(samples).hex() == "493d097527b27d430c8b6e6bad8550c7"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_sent_samples_are_known_when_they_come_again_as_records(kind: str, tmp_path: Path) -> None:
    """A storage that takes the values as they are keeps the same, and the other way round."""
    store = await open_store("memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'a.db'}")
    assert await store.add_samples(SENT) is True
    assert await store.add_samples(RECORDS) is False
    assert await store.add_samples(SENT) is False
    found = await store.samples()
    assert [replace(sample, number=None, identity="CP-1 ") for sample in found] == RECORDS
    await store.close()


@pytest.mark.anyio
async def test_sent_samples_with_a_text_that_does_not_fit_are_refused_by_its_name(tmp_path: Path) -> None:
    """As records are."""
    store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    values = [(NOON, "1", (None, None, "\ud800", None, None, None))]
    with pytest.raises(StorageError, match="measurand has half of a surrogate pair"):
        await store.add_samples(SentSamples("CP-1", 1, None, values))
    await store.close()
