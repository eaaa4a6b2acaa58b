"""Sampled values: one node each, under the number. The node of the request that brought them decides.

That node holds the digest of the samples and the numbers that were set aside for them, and is pending until they are
written. Whoever comes with the same samples in the meantime writes them under the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.metering import MeterSample, samples_digest
from ocpp_sdk.storage.transfer import SampleRequest
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, number_key, order, padded
from ocpp_sdk_backends.firebase.spreading import SpreadingVerbs
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = ["PENDING", "MeterVerbs", "checked", "request_path", "sample_node", "sample_path"]

PENDING: Final = "yes"


def sample_path(number: int) -> str:
    """Return where a sample is kept."""
    return f"samples/{number_key(number)}"


def sample_node(sample: MeterSample) -> Node:
    """Return the node of a sample that has its number."""
    owner, number = folded(sample.identity), padded(sample.number or 0)
    index = {
        "all": number,
        "charge_point": f"{owner} {number}",
        "connector": f"{owner} {order(sample.connector_id)} {number}",
    }
    if sample.transaction_id is not None:
        index["transaction"] = f"{order(sample.transaction_id)} {number}"
    return node_of(sample, index=index)


def request_path(request: SampleRequest) -> str:
    """Return where it is kept that a request with samples came."""
    return f"sample_requests/{key(fold(request.identity), time_text(request.sampled_at), request.digest)}"


def checked(samples: Sequence[MeterSample]) -> list[MeterSample]:
    """Return the samples of one request with their times in UTC.

    Raises:
        ValueError: they are of different charge points, or a time has no zone.
        StorageError: one cannot be kept.
    """
    if len(owners := {fold(sample.identity) for sample in samples}) > 1:
        raise ValueError(f"samples of different charge points in one request: {', '.join(sorted(owners))}")
    kept = [replace(sample, sampled_at=utc(sample.sampled_at)) for sample in samples]
    for sample in kept:
        sample_node(sample)
    return kept


class MeterVerbs(SpreadingVerbs):
    """`MeterStore` in a Realtime Database."""

    @verb
    async def add_samples(self, samples: Sequence[MeterSample]) -> bool:  # noqa: D102
        new, writes = await self._set_aside(checked(samples))
        await self._writer.write(writes)
        return new

    @verb
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

        def fits(node: Node) -> bool:
            return (owner is None or fold(node["identity"]) == owner) and (
                connector_id in {None, node["connector_id"]} and transaction_id in {None, node.get("transaction_id")}
            )

        child, prefix, exact = "index/all", "", owner is None and connector_id is None
        if transaction_id is not None:
            await self._spread_transaction(transaction_id)
            child, prefix = "index/transaction", order(transaction_id) + " "
        elif identity is not None and connector_id is not None:
            child, prefix, exact = "index/connector", f"{folded(identity)} {order(connector_id)} ", True
        elif identity is not None:
            child, prefix, exact = "index/charge_point", folded(identity) + " ", True
        found = await self._numbered("samples", child, prefix, after=after, limit=limit, fits=None if exact else fits)
        return [record_of(MeterSample, node) for node in found]

    async def _spread_transaction(self, transaction_id: int) -> None:
        found = await self._by_number("transactions", transaction_id)
        if found is not None:
            await self._spread(*found)

    async def _set_aside(
        self, samples: Sequence[MeterSample], connectors: Mapping[int, int] = MappingProxyType({})
    ) -> tuple[bool, dict[str, Node | None]]:
        """Set numbers aside for the samples of one request.

        Args:
            samples: what came, checked.
            connectors: of transactions, whose samples are of that connector whatever they say.

        Returns:
            Whether the request is new, and what is to be written; nothing if it was stored before.
        """
        if not samples:
            return False, {}
        first = samples[0]
        digest = samples_digest(samples).hex()
        request = SampleRequest(identity=first.identity, sampled_at=first.sampled_at, digest=digest)
        path = request_path(request)
        identity = await self._spelled(first.identity, first.sampled_at)
        # Most requests are new, so that is not asked first; the numbers of one that is not stay unused.
        number = await self._numbers("samples", len(samples))
        claimed = node_of(replace(request, identity=identity), first=number, pending=PENDING)

        def claim(there: Node | None) -> Keep[tuple[bool, Node]] | Put[tuple[bool, Node]]:
            return Put(claimed, (True, claimed)) if there is None else Keep((False, there))

        new, node = await self._changes.change(path, claim, likely_new=True)
        if "pending" not in node:
            return False, {}
        writes: dict[str, Node | None] = {f"{path}/pending": None}
        for number, sample in enumerate(samples, node["first"]):
            connector = connectors.get(sample.transaction_id or 0, sample.connector_id)
            whole = replace(sample, number=number, identity=node["identity"], connector_id=connector)
            writes[sample_path(number)] = sample_node(whole)
        return new, writes
