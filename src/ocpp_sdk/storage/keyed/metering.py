"""Verbs of sampled values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.draft import Draft
from ocpp_sdk.storage.keyed.schema import NumberedRequest, request_unique
from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.metering import MeterSample, samples_digest
from ocpp_sdk.storage.transfer import SampleRequest

__all__ = ["MeterVerbs"]


class MeterVerbs(Verbs):
    """`MeterStore` over tables."""

    async def add_samples(self, samples: Sequence[MeterSample]) -> bool:  # noqa: D102
        draft = self._draft()
        new = self._add_samples(draft, samples)
        await self._keep(draft)
        return new

    def _add_samples(
        self, draft: Draft, samples: Sequence[MeterSample], connectors: Mapping[int, int] = MappingProxyType({})
    ) -> bool:
        """Add the samples of one request, unless they are there.

        Args:
            draft: of the changes.
            samples: what came.
            connectors: of transactions, whose samples are of that connector whatever they say.
        """
        if not samples:
            return False
        owners = {fold(sample.identity) for sample in samples}
        if len(owners) > 1:
            raise ValueError(f"samples of different charge points in one request: {', '.join(sorted(owners))}")
        first = samples[0]
        table, requests = self._tables.samples, self._tables.sample_requests
        request = SampleRequest(
            identity=first.identity, sampled_at=utc(first.sampled_at), digest=samples_digest(samples).hex()
        )
        if requests.number_with(request_unique(request)) is not None:
            return False
        identity = self._charge_point(draft, first.identity, first.sampled_at).identity
        known = NumberedRequest(number=draft.next_number(requests), request=replace(request, identity=identity))
        draft.put_number(requests, known)
        for sample in samples:
            # Written out, since `replace` takes three times as long, and samples are most of what is stored.
            kept = MeterSample(
                number=draft.next_number(table),
                identity=identity,
                connector_id=connectors.get(sample.transaction_id or 0, sample.connector_id),
                transaction_id=sample.transaction_id,
                sampled_at=utc(sample.sampled_at),
                value=sample.value,
                context=sample.context,
                format=sample.format,
                measurand=sample.measurand,
                phase=sample.phase,
                location=sample.location,
                unit=sample.unit,
            )
            draft.put_number(table, kept)
        return True

    async def samples(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        connector_id: int | None = None,
        transaction_id: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[MeterSample]:
        owner = None if identity is None else fold(identity)
        groups: list[tuple[str | int, ...]] = []
        if owner is not None:
            groups.append(("identity", owner) if connector_id is None else ("connector", owner, connector_id))
        if transaction_id is not None:
            groups.append(("transaction", transaction_id))

        def fits(sample: MeterSample) -> bool:
            return (
                (owner is None or fold(sample.identity) == owner)
                and connector_id in {None, sample.connector_id}
                and transaction_id in {None, sample.transaction_id}
            )

        return await self._list(self._tables.samples, groups, after=after, limit=limit, fits=fits)
