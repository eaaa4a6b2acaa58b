"""What a charge point knows again after a restart, beside its queue.

That is configuration, availability, local list, authorization cache and reservations.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import InternalError, StorageError
from ocpp_sdk.storage import CachedTag, ConfigurationKey, ListedTag, Store
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.reservations import Reservation as KeptReservation
from ocpp_sdk.storage.reservations import ReservationState
from ocpp_sdk.versions.domain import IdTagInfo, LocalListUpdate, Reservation
from ocpp_sdk.versions.enumerations import AuthorizationStatus, UpdateType

__all__ = ["CACHE_LENGTH", "Keeping"]

CACHE_LENGTH: Final = 1000

_PAGE: Final = 1000


class Keeping:
    """Keeps the state of one charge point in a store.

    What a command changes is durable before the command is answered; what the central system said of an idTag is
    written soon after.

    Args:
        store: where.
        identity: of the charge point.
        clock: tells when.
        spawn: runs something besides.
        report: hears of what could not be kept.
    """

    def __init__(
        self,
        store: Store,
        identity: str,
        clock: Clock,
        spawn: Callable[[Coroutine[object, object, None]], None],
        report: Report,
    ) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._spawn = spawn
        self._report = report
        self._availability_key = f"charge_point.availability/{fold(identity)[:150]}"
        self._unwritten: dict[str, CachedTag] = {}
        self._turn = asyncio.Lock()

    async def configuration(self) -> dict[str, str]:
        """Return the values that were set by commands, by key."""
        return {item.key: item.value or "" for item in await self._store.configuration(self._identity)}

    async def keep_configuration(self, key: str, value: str) -> None:
        """Keep the value of a key.

        Raises:
            InternalError: it cannot be kept; as in the other verbs that a command waits for.
        """
        with self._answering():
            await self._store.put_configuration(self._identity, [ConfigurationKey(key=key, value=value)])

    async def availability(self) -> dict[int, bool]:
        """Return by connector whether it is to be operative, as far as a command has said so; 0 is the whole."""
        text = await self._store.setting(self._availability_key)
        return {} if text is None else {int(number): bool(operative) for number, operative in json.loads(text).items()}

    async def keep_availability(self, operative: Mapping[int, bool]) -> None:
        """Keep which connectors are to be operative; 0 is the whole."""
        with self._answering():
            await self._store.put_setting(self._availability_key, json.dumps(operative))

    async def local_list(self) -> tuple[int, dict[str, IdTagInfo]]:
        """Return version and entries of the local list, 0 and none if there is none."""
        known = await self._store.local_list(self._identity)
        entries: dict[str, IdTagInfo] = {}
        if known is None:
            return 0, entries
        after = None
        while page := await self._store.listed_tags(self._identity, after=after, limit=_PAGE):
            for listed in page:
                if listed.status is not None:
                    entries[listed.id_tag.lower()] = _info(listed.status, listed)
            after = page[-1].id_tag
        return known.version, entries

    async def keep_local_list(self, before: int, update: LocalListUpdate, entries: Mapping[str, IdTagInfo]) -> None:
        """Keep a local list.

        Args:
            before: its version before the update.
            update: what came.
            entries: all entries as they are after it.
        """
        with self._answering():
            at = self._clock.now()
            if update.update_type is UpdateType.DIFFERENTIAL and await self._store.update_local_list(
                self._identity,
                update.list_version,
                [_listed(entry.id_tag, entry.info) for entry in update.entries if entry.info is not None],
                [entry.id_tag for entry in update.entries if entry.info is None],
                expected_version=before,
                hash=update.hash,
                at=at,
            ):
                return
            whole = [_listed(id_tag, info) for id_tag, info in entries.items()]
            await self._store.replace_local_list(self._identity, update.list_version, whole, hash=update.hash, at=at)

    async def cache(self) -> dict[str, IdTagInfo]:
        """Return the authorization cache, the oldest first."""
        found: list[CachedTag] = []
        after = None
        while page := await self._store.cached_tags(self._identity, after=after, limit=_PAGE):
            found += page
            after = page[-1].id_tag
        found.sort(key=lambda tag: tag.cached_at)
        return {tag.id_tag.lower(): _info(tag.status, tag) for tag in found}

    def keep_tag_soon(self, id_tag: str, info: IdTagInfo) -> None:
        """Write what the central system said of an idTag when there is time."""
        self._unwritten[id_tag.lower()] = CachedTag(
            id_tag=id_tag,
            status=info.status,
            expires_at=info.expiry_date,
            parent_id_tag=info.parent_id_tag,
            cached_at=self._clock.now(),
        )
        self._spawn(self.flush())

    async def flush(self) -> None:
        """Write what was left for later."""
        async with self._turn:
            try:
                written = 0
                while self._unwritten:
                    tag = self._unwritten.pop(next(iter(self._unwritten)))
                    await self._store.cache_tag(self._identity, tag)
                    written += 1
                if written:
                    await self._store.trim_cache(self._identity, CACHE_LENGTH)
            except StorageError as error:
                self._report(f"the authorization cache was not kept: {error}")

    async def clear_cache(self) -> None:
        """Forget what the central system said of idTags."""
        self._unwritten.clear()
        async with self._turn:
            with self._answering():
                await self._store.clear_cache(self._identity)

    async def reservations(self) -> list[Reservation]:
        """Return the reservations that hold; those that have expired are ended."""
        await self._store.expire_reservations(self._clock.now(), self._identity)
        return [
            Reservation(
                reservation_id=one.reservation_id,
                connector_id=one.connector_id,
                id_tag=one.id_tag,
                expiry_date=one.expires_at,
                parent_id_tag=one.parent_id_tag,
            )
            for one in await self._store.reservations(self._identity, active_only=True)
        ]

    async def keep_reservation(self, reservation: Reservation) -> None:
        """Keep a reservation, in place of the one of the same number."""
        with self._answering():
            await self._store.put_reservation(
                KeptReservation(
                    identity=self._identity,
                    reservation_id=reservation.reservation_id,
                    connector_id=reservation.connector_id,
                    id_tag=reservation.id_tag,
                    parent_id_tag=reservation.parent_id_tag,
                    expires_at=reservation.expiry_date,
                )
            )

    async def end_reservation(self, reservation_id: int, state: ReservationState) -> None:
        """Keep that a reservation has ended; what cannot be kept is reported, since it has ended all the same."""
        try:
            await self._store.end_reservation(self._identity, reservation_id, state)
        except StorageError as error:
            self._report(f"the end of reservation {reservation_id} was not kept: {error}")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except StorageError as error:
            self._report(f"not kept: {error}")
            raise InternalError("the change could not be kept") from error


def _info(status: str, tag: ListedTag | CachedTag) -> IdTagInfo:
    return IdTagInfo(status=AuthorizationStatus(status), expiry_date=tag.expires_at, parent_id_tag=tag.parent_id_tag)


def _listed(id_tag: str, info: IdTagInfo | None) -> ListedTag:
    if info is None:
        return ListedTag(id_tag=id_tag)
    return ListedTag(id_tag=id_tag, status=info.status, expires_at=info.expiry_date, parent_id_tag=info.parent_id_tag)
