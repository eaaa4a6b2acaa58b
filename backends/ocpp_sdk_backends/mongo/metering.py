"""Sampled values: one document a request, with all its samples.

So that all samples of a request are there or none, and so that the request is known when it comes again (unique on
charge point, time and digest), without a second document. `_id` is the number of its last sample: documents come in the
order of their numbers, and what lies behind a number is a range of `_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pymongo.asynchronous.collection import AsyncCollection

from ocpp_sdk.storage.folding import fold, time_from, time_text
from ocpp_sdk.storage.metering import MeterSample, samples_digest
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, encoded
from ocpp_sdk_backends.mongo.inserting import NumberedInserts

__all__ = ["MongoMetering", "listed_samples", "samples_of", "stored_samples"]

_BATCH: Final = 5000
_OPTIONAL: Final = ("context", "format", "measurand", "phase", "location", "unit")


class MongoMetering(Part):
    """`MeterStore` in the collection `samples`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._samples = connection.durable("samples")
        self._new_samples = NumberedInserts(connection, "samples")

    @verb
    async def add_samples(self, samples: Sequence[MeterSample]) -> bool:
        """Keep the samples of one request."""
        return await self._add_samples(samples)

    @verb
    async def samples(
        self,
        identity: str | None = None,
        *,
        connector_id: int | None = None,
        transaction_id: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[MeterSample]:
        """List samples in the order in which they came."""
        if limit < 1:
            return []
        within = {"connector_id": connector_id, "transaction_id": transaction_id}
        within = {name: value for name, value in within.items() if value is not None}
        return await listed_samples(self._samples, of_charge_point(identity), within, after=after, limit=limit)

    async def _add_samples(self, samples: Sequence[MeterSample], connectors: Mapping[int, int] | None = None) -> bool:
        """Keep the samples of one request, unless they are there.

        Args:
            samples: what came.
            connectors: of transactions, whose samples are of that connector whatever they say.
        """
        if not samples:
            return False
        if len({fold(identity) for identity in {sample.identity for sample in samples}}) > 1:
            raise ValueError("samples of different charge points in one request; store those of each by themselves")
        first = samples[0]
        folded, spelled = await self._connection.known(first.identity, first.sampled_at, *samples)
        request = {
            "charge_point": folded,
            "identity": spelled,
            "sampled_at": time_text(first.sampled_at),
            "digest": samples_digest(samples).hex(),
        }
        if connectors:
            samples = [
                replace(each, connector_id=connectors.get(each.transaction_id or 0, each.connector_id))
                for each in samples
            ]

        def build(first: int) -> bytes:
            return encoded(stored_samples(request, samples, first))

        number = await self._new_samples.add(build, count=len(samples))
        return number is not None


async def listed_samples(
    samples: AsyncCollection[Document], wanted: Document, within: Document, *, after: int, limit: int
) -> list[MeterSample]:
    """Return samples by number.

    Args:
        samples: the collection.
        wanted: a filter of the documents.
        within: fields that a sample must have.
        after: only those with a greater number.
        limit: greatest number of results.
    """
    wanted = {**wanted, "_id": {"$gt": after}}
    if within:
        wanted["samples"] = {"$elemMatch": within}
    own = {f"samples.{name}": value for name, value in within.items()}
    # Numbers of a document follow one another up to its `_id`, so those to pass over need not be looked at.
    passed = {"$max": [0, {"$add": [after, {"$size": "$samples"}, {"$multiply": ["$_id", -1]}]}]}
    most = bounded(2**31 - 1 if within else limit)
    # Taken apart by the server, since of a large request few may be wanted.
    cursor = await samples.aggregate(
        [
            {"$match": wanted},
            {"$sort": {"_id": 1}},
            {"$project": {"identity": True, "samples": {"$slice": ["$samples", passed, most]}}},
            {"$unwind": "$samples"},
            {"$match": own},
            {"$limit": bounded(limit)},
        ],
        batchSize=min(limit, _BATCH),
    )
    return [_restored(found["samples"], found["identity"]) async for found in cursor]


def stored_samples(request: Document, samples: Sequence[MeterSample], first: int) -> Document:
    """Return the document of a request.

    Args:
        request: its own fields.
        samples: that it brought.
        first: number of the first of them.
    """
    each = [_stored(sample, first + at) for at, sample in enumerate(samples)]
    return {"_id": first + len(samples) - 1, **request, "samples": each}


def _stored(sample: MeterSample, number: int) -> Document:
    """Return what `document` does, faster: there are more samples than anything else."""
    found: Document = {"number": number, "connector_id": sample.connector_id}
    if sample.transaction_id is not None:
        found["transaction_id"] = sample.transaction_id
    found["sampled_at"] = time_text(sample.sampled_at)
    found["value"] = sample.value
    for name in _OPTIONAL:
        text = getattr(sample, name)
        if text is not None:
            found[name] = text
    return found


def samples_of(found: dict[str, Any]) -> list[MeterSample]:
    """Return the samples of a document."""
    identity = found["identity"]
    return [_restored(sample, identity) for sample in found["samples"]]


def _restored(found: Document, identity: str) -> MeterSample:
    """Return what `restored` does, faster."""
    told = found.get
    return MeterSample(
        number=int(found["number"]),
        identity=identity,
        connector_id=int(found["connector_id"]),
        transaction_id=told("transaction_id"),
        sampled_at=time_from(found["sampled_at"]),
        value=found["value"],
        context=told("context"),
        format=told("format"),
        measurand=told("measurand"),
        phase=told("phase"),
        location=told("location"),
        unit=told("unit"),
    )
