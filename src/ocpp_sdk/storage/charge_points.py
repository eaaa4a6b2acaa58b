"""The charge points that spoke: who they are, what they run, where they can be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

__all__ = ["BootData", "ChargePointRecord", "ChargePointStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootData:
    """What a charge point says about itself when it boots; None for what it left out.

    Attributes:
        vendor: of the charge point.
        model: of the charge point.
        charge_point_serial_number: given by the maker of the charge point.
        charge_box_serial_number: of the charge box inside.
        firmware_version: of the charge point.
        iccid: of the SIM card.
        imsi: of the SIM card.
        meter_type: of the main meter.
        meter_serial_number: of the main meter.
    """

    vendor: str
    model: str
    charge_point_serial_number: str | None = None
    charge_box_serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointRecord:
    """All that is known about one charge point.

    Attributes:
        identity: as it was first spelled.
        version: of OCPP that it spoke last, as `1.5`; None before its first request was recorded.
        registration: what its last boot was answered, as `Accepted`, or what the operator set since; None before both.
        boot: what it said at its last boot; None before the first.
        booted_at: time of its last boot.
        advertised_address: URL at which it says it can be called, if it may be; None while it told none.
        observed_host: where its last request came from.
        operator_address: URL that the operator set, which goes before the advertised one; None for none.
        first_seen: time of the first that was stored about it.
        last_seen: time of the last request that was recorded, or of its last boot, whichever is later.
        firmware_status: as last notified.
        firmware_status_at: when.
        diagnostics_status: as last notified.
        diagnostics_status_at: when.
        deviations: how often each kind of oddity occurred.
    """

    identity: str
    version: str | None = None
    registration: str | None = None
    boot: BootData | None = None
    booted_at: datetime | None = None
    advertised_address: str | None = None
    observed_host: str | None = None
    operator_address: str | None = None
    first_seen: datetime
    last_seen: datetime
    firmware_status: str | None = None
    firmware_status_at: datetime | None = None
    diagnostics_status: str | None = None
    diagnostics_status_at: datetime | None = None
    deviations: Mapping[str, int] = field(default_factory=dict)


class ChargePointStore(Protocol):
    """The charge points that spoke. `MessageStore.record_message` keeps their version, addresses and last contact.

    A charge point comes into being with the first thing that any verb of a store keeps about it.
    """

    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:
        """Keep what a charge point said when it booted, and what it was answered.

        Atomic. The last one to come counts. The same again changes nothing.

        Args:
            identity: of the charge point.
            boot: what it said.
            registration: the answer, as `Accepted`.
            at: time of receipt.
        """
        ...

    async def set_registration(self, identity: str, registration: str) -> bool:
        """Change how a charge point is registered; the same again changes nothing.

        Returns:
            Whether there is such a charge point.
        """
        ...

    async def set_operator_address(self, identity: str, address: str | None) -> bool:
        """Set where a charge point is called, whatever it advertises; None gives that up.

        Returns:
            Whether there is such a charge point.
        """
        ...

    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of a firmware update; the last one to come counts."""
        ...

    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of an upload of diagnostics; the last one to come counts."""
        ...

    async def charge_point(self, identity: str) -> ChargePointRecord | None:
        """Return what is known about one charge point, None if there is none of this identity."""
        ...

    async def charge_points(self, *, after: str | None = None, limit: int = 1000) -> list[ChargePointRecord]:
        """List charge points in the order of their folded identities (see `ocpp_sdk.storage.folding`).

        Args:
            after: only those behind this identity, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...
