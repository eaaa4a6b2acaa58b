"""What an operator decides: which charge points are taken, and which id tags may charge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from ocpp_sdk.call import Call
from ocpp_sdk.storage import IdTagRecord
from ocpp_sdk.versions.domain import BootData, IdTagInfo
from ocpp_sdk.versions.enumerations import AuthorizationStatus, RegistrationStatus

__all__ = ["AcceptAll", "AllowList", "AuthorizationPolicy", "RegistrationPolicy", "StoredTags"]


class RegistrationPolicy(Protocol):
    """Decides which charge points belong to this central system (OCPP 1.5 sections 4.2 and 7.30)."""

    async def register(self, call: Call, boot: BootData, /) -> RegistrationStatus:
        """Answer a BootNotification."""
        ...

    async def admits(self, call: Call, /) -> bool:
        """Tell whether any other request is answered; if not, it meets a SecurityError."""
        ...


class AcceptAll:
    """Takes every charge point, also one that sends requests before it has booted."""

    async def register(self, call: Call, boot: BootData, /) -> RegistrationStatus:
        """Accept."""
        return RegistrationStatus.ACCEPTED

    async def admits(self, call: Call, /) -> bool:
        """Admit."""
        return True


class AllowList:
    """Takes the charge points of a list and rejects all others.

    Args:
        identities: compared without case.
    """

    def __init__(self, identities: Collection[str]) -> None:
        self._identities = frozenset(identity.strip().casefold() for identity in identities)

    async def register(self, call: Call, boot: BootData, /) -> RegistrationStatus:
        """Accept what is on the list."""
        return RegistrationStatus.ACCEPTED if await self.admits(call) else RegistrationStatus.REJECTED

    async def admits(self, call: Call, /) -> bool:
        """Admit what is on the list."""
        return call.charge_box_identity.strip().casefold() in self._identities


class AuthorizationPolicy(Protocol):
    """Decides who may charge."""

    async def authorize(self, call: Call, id_tag: str, known: IdTagRecord | None, now: datetime, /) -> IdTagInfo:
        """Answer for an id tag.

        Args:
            call: who asks and in which operation; at StartTransaction and StopTransaction the tag is looked at again.
            id_tag: as the charge point spells it.
            known: what is stored under it, None if nothing is.
            now: time of the central system.
        """
        ...


class StoredTags:
    """Goes by what is stored.

    Args:
        unknown: the answer for a tag that is not stored.
    """

    def __init__(self, unknown: AuthorizationStatus = AuthorizationStatus.ACCEPTED) -> None:
        self._unknown = unknown

    async def authorize(self, call: Call, id_tag: str, known: IdTagRecord | None, now: datetime, /) -> IdTagInfo:
        """Answer with the stored status, which ends with the expiry date."""
        if known is None:
            return IdTagInfo(status=self._unknown)
        status = AuthorizationStatus(known.status)
        if status is AuthorizationStatus.ACCEPTED and known.expires_at is not None and known.expires_at <= now:
            status = AuthorizationStatus.EXPIRED
        return IdTagInfo(status=status, expiry_date=known.expires_at, parent_id_tag=known.parent_id_tag)
