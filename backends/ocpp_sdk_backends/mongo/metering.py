"""Sampled values: one document a request, with all its samples.

So that all samples of a request are there or none, and so that the request is known when it comes again (unique on
charge point, time and digest), without a second document. `_id` is the number of its last sample: documents come in the
order of their numbers, and what lies behind a number is a range of `_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk.storage.metering import MeterSample, samples_digest
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, encoded, restored, without
from ocpp_sdk_backends.mongo.inserting import Build, NumberedInserts

__all__ = ["MongoMetering", "samples_of", "stored_samples"]


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
        wanted: Document = {**of_charge_point(identity), "_id": {"$gt": after}}
        within = {"connector_id": connector_id, "transaction_id": transaction_id}
        within = {name: value for name, value in within.items() if value is not None}
        if within:
            wanted["samples"] = {"$elemMatch": within}
        # Every document that matches has at least one sample that does, save the one that `after` lies within.
        cursor = self._samples.find(wanted, sort=[("_id", 1)], limit=bounded(limit + 1))
        found: list[MeterSample] = []
        async for request in cursor:
            found += [
                sample
                for sample in samples_of(request)
                if (sample.number or 0) > after
                and connector_id in {None, sample.connector_id}
                and transaction_id in {None, sample.transaction_id}
            ]
            if len(found) >= limit:
                break
        await cursor.close()
        return found[:limit]

    async def _add_samples(self, samples: Sequence[MeterSample], connectors: Mapping[int, int] | None = None) -> bool:
        """Keep the samples of one request, unless they are there.

        Args:
            samples: what came.
            connectors: of transactions, whose samples are of that connector whatever they say.
        """
        if not samples:
            return False
        if len({fold(sample.identity) for sample in samples}) > 1:
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
        number = await self._new_samples.add(_building(request, samples), count=len(samples))
        return number is not None


def stored_samples(request: Document, samples: Sequence[MeterSample], first: int) -> Document:
    """Return the document of a request.

    Args:
        request: its own fields.
        samples: that it brought.
        first: number of the first of them.
    """
    each = [{"number": first + at, **without(sample, "number", "identity")} for at, sample in enumerate(samples)]
    return {"_id": first + len(samples) - 1, **request, "samples": each}


def samples_of(found: dict[str, Any]) -> list[MeterSample]:
    """Return the samples of a document."""
    identity = found["identity"]
    return [restored(MeterSample, sample, identity=identity) for sample in found["samples"]]


def _building(request: Document, samples: Sequence[MeterSample]) -> Build:
    # What cannot be stored is found out before anything is asked for.
    encoded(stored_samples(request, samples, 0))
    return lambda first: encoded(stored_samples(request, samples, first))
