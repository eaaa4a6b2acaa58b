"""Sampled values, and how a request that came twice is told from a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final, Protocol, TypeAlias, final, overload

from ocpp_sdk.storage.folding import fold, sent_time_texts, time_text

__all__ = ["Kind", "MeterSample", "MeterStore", "SentSamples", "samples_digest", "sent_digest"]

_NONE: Final = "\x01"
_MOST_KINDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSample:
    """One sampled value.

    Attributes:
        number: position in the store, greater than that of any stored before; None before it is stored.
        identity: of the charge point.
        connector_id: 0 for the main meter.
        transaction_id: None if it belongs to none.
        sampled_at: the charge point's time.
        value: as sent; a decimal number, or hexadecimal signed data.
        context: as `Sample.Periodic`; likewise the others as OCPP spells them, None if not told.
        format: as `Raw`.
        measurand: as `Energy.Active.Import.Register`.
        phase: as `L1`.
        location: as `Outlet`.
        unit: as `Wh`.
    """

    number: int | None = None
    identity: str
    connector_id: int
    transaction_id: int | None = None
    sampled_at: datetime
    value: str
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


Kind: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None, str | None]
"""Context, format, measurand, phase, location and unit of a sample."""


@final
class SentSamples(Sequence[MeterSample]):
    """The samples of one request, which become records when somebody looks at them.

    A storage that keeps rows takes the values as they are: to make a record of each costs as much as all the rest.

    Attributes:
        identity: of the charge point.
        connector_id: 0 for the main meter.
        transaction_id: None if they belong to none.
        values: time, value and kind of each.
    """

    __slots__ = ("_records", "connector_id", "identity", "transaction_id", "values")

    def __init__(
        self,
        identity: str,
        connector_id: int,
        transaction_id: int | None,
        values: Sequence[tuple[datetime, str, Kind]],
    ) -> None:
        self.identity = identity
        self.connector_id = connector_id
        self.transaction_id = transaction_id
        self.values = values
        self._records: list[MeterSample] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> MeterSample: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[MeterSample]: ...

    def __getitem__(self, index: int | slice) -> MeterSample | Sequence[MeterSample]:
        return self._looked_at()[index]

    def __iter__(self) -> Iterator[MeterSample]:
        return iter(self._looked_at())

    def _looked_at(self) -> list[MeterSample]:
        if self._records is None:
            self._records = [self._record(*sample) for sample in self.values]
        return self._records

    def _record(self, sampled_at: datetime, value: str, kind: Kind) -> MeterSample:
        context, form, measurand, phase, location, unit = kind
        return MeterSample(
            identity=self.identity,
            connector_id=self.connector_id,
            transaction_id=self.transaction_id,
            sampled_at=sampled_at,
            value=value,
            context=context,
            format=form,
            measurand=measurand,
            phase=phase,
            location=location,
            unit=unit,
        )


class _Kinds(dict[Kind, str]):
    """Kinds as texts for a digest; there are few kinds, though peers may send any."""

    def __missing__(self, kind: Kind) -> str:
        if len(self) >= _MOST_KINDS:
            self.clear()
        text = self[kind] = "\0".join(_NONE if part is None else part for part in kind)
        return text


_kinds: Final = _Kinds()


def samples_digest(samples: Sequence[MeterSample]) -> bytes:
    """Return 16 bytes that are equal for equal samples in equal order, and differ for others.

    Their numbers are left out; identities count without case, times as points in time.

    Args:
        samples: those of one request, at least one.
    """
    if type(samples) is SentSamples:
        ats, values, kinds = zip(*samples.values, strict=True)
        return sent_digest(samples, sent_time_texts(ats), values, kinds)
    owners = [_owner(sample.connector_id, sample.transaction_id) for sample in samples]
    texts = [time_text(sample.sampled_at) for sample in samples]
    said = [
        (sample.context, sample.format, sample.measurand, sample.phase, sample.location, sample.unit)
        for sample in samples
    ]
    return _digest(samples[0].identity, owners, texts, [sample.value for sample in samples], said)


def sent_digest(samples: SentSamples, times: Sequence[str], values: Sequence[str], kinds: Sequence[Kind]) -> bytes:
    """Return the `samples_digest`.

    Args:
        samples: those of one request, at least one.
        times: the `time_text` of each.
        values: of each.
        kinds: of each.
    """
    return _digest(samples.identity, [_owner(samples.connector_id, samples.transaction_id)], times, values, kinds)


def _owner(connector_id: int, transaction_id: int | None) -> str:
    return f"{connector_id}\0{'' if transaction_id is None else transaction_id}"


def _digest(
    identity: str, owners: Sequence[str], times: Sequence[str], values: Sequence[str], kinds: Sequence[Kind]
) -> bytes:
    """Join each column; what is the same in all samples, as it mostly is, stands there once."""
    told = [_kinds[kinds[0]]] if _is_same(kinds) else [_kinds[kind] for kind in kinds]
    owned = owners[:1] if _is_same(owners) else owners
    columns = fold(identity), "\x01".join(owned), "\0".join(times), "\0".join(values), "\x02".join(told)
    return blake2b("\x03".join(columns).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_same(values: Sequence[object]) -> bool:
    return values.count(values[0]) == len(values)


class MeterStore(Protocol):
    """Sampled values."""

    async def add_samples(self, samples: Sequence[MeterSample]) -> bool:
        """Keep the samples of one request, all or none.

        A request that is sent again brings the same samples in the same order (`samples_digest`); these are not
        stored again. All are of one charge point.

        Returns:
            Whether they are new; False for those that were stored before, and for none at all.

        Raises:
            ValueError: they are of different charge points.
        """
        ...

    async def samples(
        self,
        identity: str | None = None,
        *,
        connector_id: int | None = None,
        transaction_id: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[MeterSample]:
        """List samples in the order in which they came.

        Args:
            identity: of one charge point only.
            connector_id: of one connector only.
            transaction_id: of one transaction only.
            after: only those with a greater number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...
