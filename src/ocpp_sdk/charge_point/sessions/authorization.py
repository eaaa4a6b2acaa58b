"""Who may charge: the local list, the cache, and the central system."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from ocpp_sdk.charge_point.configuration import LOCAL_LIST_LENGTH, ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.keeping import CACHE_LENGTH, Keeping
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import OcppError
from ocpp_sdk.versions.domain import IdTagInfo, LocalListResult, LocalListUpdate
from ocpp_sdk.versions.enumerations import AuthorizationStatus, UpdateStatus, UpdateType
from ocpp_sdk.versions.rules import ChargePointRules

__all__ = ["Authorization", "LocalList", "same_tag"]

_OFFLINE_S: Final = 5.0


def same_tag(one: str | None, other: str | None) -> bool:
    """Compare idTags, which never go by case."""
    return one is not None and other is not None and one.lower() == other.lower()


class LocalList:
    """The list that the central system synchronises (1.5 section 5.13).

    Args:
        version: as the central system gave it; 0 for no list.
        entries: by idTag in small letters.
    """

    def __init__(self, version: int = 0, entries: dict[str, IdTagInfo] | None = None) -> None:
        self.version = version
        self._entries = entries or {}

    def find(self, id_tag: str) -> IdTagInfo | None:
        """Return what the list says of an idTag."""
        return self._entries.get(id_tag.lower())

    def after(self, update: LocalListUpdate) -> dict[str, IdTagInfo] | UpdateStatus:
        """Return all entries as they are after an update, or why it cannot be taken over."""
        if update.update_type is UpdateType.FULL:
            entries: dict[str, IdTagInfo] = {}
        elif update.list_version <= self.version:
            return UpdateStatus.VERSION_MISMATCH
        else:
            entries = dict(self._entries)
        if update.list_version < 0:
            return UpdateStatus.FAILED
        for entry in update.entries:
            if entry.info is not None:
                entries[entry.id_tag.lower()] = entry.info
            elif update.update_type is UpdateType.FULL:
                return UpdateStatus.FAILED
            else:
                entries.pop(entry.id_tag.lower(), None)
        if len(entries) > LOCAL_LIST_LENGTH:
            return UpdateStatus.FAILED
        return entries


class Authorization:
    """Answers whether an idTag may charge.

    Args:
        rules: of the version.
        configuration: the keys that 1.6 decides by.
        link: the way to the central system.
        clock: tells what has expired.
        keeping: where list and cache are kept.
        may_ask: whether the central system may be asked now.
        conflict: told when the central system says no to an idTag that the list accepts (1.6 section 3.5.3).
        report: hears of each answer.
        list_hash: makes the hash of a local list from its entries by idTag in small letters; None if there is none.
    """

    def __init__(  # noqa: PLR0913 - one argument a part that it decides by
        self,
        rules: ChargePointRules,
        configuration: ConfigurationTable,
        link: Link,
        clock: Clock,
        keeping: Keeping,
        *,
        may_ask: Callable[[], bool],
        conflict: Callable[[str], None],
        report: Report,
        list_hash: Callable[[Mapping[str, IdTagInfo]], str] | None = None,
    ) -> None:
        self._rules = rules
        self._list_hash = list_hash
        self._configuration = configuration
        self._link = link
        self._clock = clock
        self._keeping = keeping
        self._may_ask = may_ask
        self._conflict = conflict
        self._report = report
        self._cache: OrderedDict[str, IdTagInfo] = OrderedDict()
        self._list_turn = asyncio.Lock()
        self.local_list = LocalList()

    async def restore(self) -> None:
        """Know again what was kept."""
        self.local_list = LocalList(*await self._keeping.local_list())
        self._cache = OrderedDict(await self._keeping.cache())

    async def authorize(self, id_tag: str) -> IdTagInfo:
        """Ask the central system, or answer from what is known when the version allows it or nobody can be asked."""
        known = self.known(id_tag)
        accepted = known is not None and known.status is AuthorizationStatus.ACCEPTED
        if known is not None and accepted and self._skips_known():
            self._report(f"Authorize: {id_tag} is known as {known.status}")
            return known
        if not self._may_ask():
            return self._without_answer(known)
        try:
            info = await self._ask(id_tag)
        except (OcppError, TimeoutError) as error:
            self._report(f"Authorize: {error}")
            return self._without_answer(known)
        self.learn(id_tag, info)
        self._report(f"Authorize: {id_tag} is {info.status}")
        return info

    def known(self, id_tag: str) -> IdTagInfo | None:
        """Return what list and cache say of an idTag; which comes first depends on the version."""
        if self._rules.list_follows_answers:
            info = self._cached(id_tag) or self._listed(id_tag)
        else:
            info = self._listed(id_tag) or self._cached(id_tag)
        if info is None or info.expiry_date is None or info.expiry_date > self._clock.now():
            return info
        return IdTagInfo(status=AuthorizationStatus.EXPIRED, parent_id_tag=info.parent_id_tag)

    def learn(self, id_tag: str, info: IdTagInfo) -> None:
        """Keep an answer of the central system.

        In 1.6 what the local list holds is not cached besides; an answer that contradicts it is told (section 3.5.3).
        """
        listed = self._listed(id_tag)
        if listed is not None and not self._rules.list_follows_answers:
            good = {AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX}
            if listed.status is AuthorizationStatus.ACCEPTED and info.status not in good:
                self._conflict(id_tag)
            return
        if not self._configuration.boolean("AuthorizationCacheEnabled", default=True):
            return
        # A tag that charges elsewhere is a good one (1.5 section 4.8).
        if info.status is AuthorizationStatus.CONCURRENT_TX:
            info = IdTagInfo(
                status=AuthorizationStatus.ACCEPTED, expiry_date=info.expiry_date, parent_id_tag=info.parent_id_tag
            )
        self._remember(id_tag, info)

    async def update_local_list(self, update: LocalListUpdate) -> LocalListResult:
        """Take over a new list or changes, all of it or nothing.

        A hash is compared if the settings say how it is made, since 1.5 does not (section 5.13).
        """
        async with self._list_turn:
            entries = self.local_list.after(update)
            if isinstance(entries, UpdateStatus):
                return LocalListResult(status=entries)
            made = None if self._list_hash is None else self._list_hash(entries)
            if made is not None and update.hash is not None and made != update.hash:
                return LocalListResult(status=UpdateStatus.HASH_ERROR)
            await self._keeping.keep_local_list(self.local_list.version, update, entries)
            self.local_list = LocalList(update.list_version, entries)
            if self._rules.list_follows_answers:
                await self._forget_answers(update)
        return LocalListResult(status=UpdateStatus.ACCEPTED, hash=made)

    async def clear_cache(self) -> None:
        """Forget the answers of the central system; the local list stays."""
        self._cache.clear()
        await self._keeping.clear_cache()

    async def _forget_answers(self, update: LocalListUpdate) -> None:
        """Let a list count more than the answers before it, of all that it tells about."""
        if update.update_type is UpdateType.FULL:
            await self.clear_cache()
        for entry in update.entries:
            if entry.id_tag.lower() in self._cache:
                self._remember(entry.id_tag, entry.info or IdTagInfo(status=AuthorizationStatus.INVALID))

    @property
    def lists_locally(self) -> bool:
        """Whether the local list is in use."""
        return self._configuration.boolean("LocalAuthListEnabled", default=True)

    async def _ask(self, id_tag: str) -> IdTagInfo:
        asking = self._link.send(lambda central_system: central_system.authorize(id_tag))
        # During an outage somebody stands at the reader; the central system may be back all the same.
        return await (asking if self._link.online.is_set() else within(self._clock, asking, _OFFLINE_S))

    def _remember(self, id_tag: str, info: IdTagInfo) -> None:
        self._cache[id_tag.lower()] = info
        self._cache.move_to_end(id_tag.lower())
        if len(self._cache) > CACHE_LENGTH:
            self._cache.popitem(last=False)
        self._keeping.keep_tag_soon(id_tag, info)

    def _listed(self, id_tag: str) -> IdTagInfo | None:
        return self.local_list.find(id_tag) if self.lists_locally else None

    def _cached(self, id_tag: str) -> IdTagInfo | None:
        if not self._configuration.boolean("AuthorizationCacheEnabled", default=True):
            return None
        if id_tag.lower() in self._cache:
            # What is used stays longest.
            self._cache.move_to_end(id_tag.lower())
        return self._cache.get(id_tag.lower())

    def _skips_known(self) -> bool:
        skips = self._rules.skips_known_id
        return self._configuration.boolean("LocalPreAuthorize") if skips is None else skips

    def _without_answer(self, known: IdTagInfo | None) -> IdTagInfo:
        """Decide while the central system cannot be asked (1.6 section 3.5)."""
        if known is not None and self._configuration.boolean("LocalAuthorizeOffline", default=True):
            return known
        if known is None and self._configuration.boolean("AllowOfflineTxForUnknownId"):
            return IdTagInfo(status=AuthorizationStatus.ACCEPTED)
        return IdTagInfo(status=AuthorizationStatus.INVALID)
