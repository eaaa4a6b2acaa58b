"""Sampled values, and how a request that came twice is told from a new one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import blake2b
from typing import Final, Protocol, TypeAlias, cast

from ocpp_sdk.storage.folding import fold, time_text

__all__ = ["MeterSample", "MeterStore", "samples_digest", "samples_of_values"]

_NONE: Final = "\x01"


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


_Value: TypeAlias = tuple[str, str | None, str | None, str | None, str | None, str | None, str | None]


class _Unfrozen:
    """A sample until it is filled: to set the attributes of a frozen one takes three times as long."""

    __slots__ = tuple(field.name for field in fields(MeterSample))

    def __init__(
        self, identity: str, connector_id: int, transaction_id: int | None, sampled_at: datetime, values: _Value
    ) -> None:
        self.number = None
        self.identity = identity
        self.connector_id = connector_id
        self.transaction_id = transaction_id
        self.sampled_at = sampled_at
        self.value, self.context, self.format, self.measurand, self.phase, self.location, self.unit = values
        self.__class__ = MeterSample  # type: ignore[assignment]  # of the same attributes


def samples_of_values(
    identity: str, connector_id: int, transaction_id: int | None, sampled_at: datetime, values: Iterable[_Value]
) -> list[MeterSample]:
    """Make samples of what was read at the same time.

    Args:
        identity: of the charge point.
        connector_id: 0 for the main meter.
        transaction_id: None if they belong to none.
        sampled_at: the charge point's time.
        values: of each value, context, format, measurand, phase, location and unit.
    """
    made = [_Unfrozen(identity, connector_id, transaction_id, sampled_at, value) for value in values]
    return cast("list[MeterSample]", made)


def samples_digest(samples: Sequence[MeterSample], times: Sequence[str] | None = None) -> bytes:
    """Return 16 bytes that are equal for equal samples in equal order, and differ for others.

    Their numbers are left out; identities count without case, times as points in time.

    Args:
        samples: those of one request.
        times: `time_text` of each, where the caller has them; they cost as much as all the rest.
    """
    texts = []
    identity = key = None
    at = time = None
    for number, sample in enumerate(samples):
        # Within a request these seldom differ, and they are what costs time.
        if sample.identity is not identity:
            identity = sample.identity
            key = fold(identity)
        if sample.sampled_at is not at:
            at = sample.sampled_at
            time = time_text(at) if times is None else times[number]
        transaction_id = "" if sample.transaction_id is None else sample.transaction_id
        texts.append(
            f"{key}\0{sample.connector_id}\0{transaction_id}\0{time}\0{sample.value}"
            f"\0{_NONE if sample.context is None else sample.context}"
            f"\0{_NONE if sample.format is None else sample.format}"
            f"\0{_NONE if sample.measurand is None else sample.measurand}"
            f"\0{_NONE if sample.phase is None else sample.phase}"
            f"\0{_NONE if sample.location is None else sample.location}"
            f"\0{_NONE if sample.unit is None else sample.unit}\x02"
        )
    return blake2b("".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
