"""What is kept of an update of the firmware, so that it goes on after a restart."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Self

from ocpp_sdk.storage.folding import fold, time_from, time_text
from ocpp_sdk.storage.settings import SettingStore
from ocpp_sdk.versions.domain import FirmwareUpdate

__all__ = ["Installation", "Kept", "UpdateKeeping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An installation that has begun.

    Attributes:
        before: the version of the firmware before it, None if nobody knew.
        file: name of the firmware in its folder.
    """

    before: str | None
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """State of the updates of one charge point.

    Attributes:
        pending: what is to be fetched and installed.
        downloaded: whether `pending` is fetched already.
        installing: what had begun to be installed.
    """

    pending: FirmwareUpdate | None = None
    downloaded: bool = False
    installing: Installation | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.pending is None and self.installing is None

    def to_text(self) -> str:
        """Return this as JSON."""
        pending, installing = self.pending, self.installing
        return json.dumps(
            {
                "pending": pending
                and {
                    "location": pending.location,
                    "retrieve_date": time_text(pending.retrieve_date),
                    "retries": pending.retries,
                    "retry_interval_s": pending.retry_interval_s,
                },
                "downloaded": self.downloaded,
                "installing": installing and {"before": installing.before, "file": installing.file},
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the JSON of `to_text`.

        Raises:
            ValueError: it is something else.
        """
        try:
            value = json.loads(text)
            pending, installing = value["pending"], value["installing"]
            return cls(
                pending=pending and FirmwareUpdate(**{**pending, "retrieve_date": time_from(pending["retrieve_date"])}),
                downloaded=bool(value["downloaded"]),
                installing=installing and Installation(**installing),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no state of an update: {error}") from error


class UpdateKeeping:
    """Keeps the state of updates in a store.

    The address is kept with its credentials, since it is needed again; who can read the store can read them.

    Args:
        store: None keeps it for this run only.
        identity: of the charge point.
    """

    def __init__(self, store: SettingStore | None, identity: str) -> None:
        self._store = store
        self._key = f"charge_point.firmware/{fold(identity)[:150]}"
        self._turn = asyncio.Lock()
        self.state = Kept()

    async def recall(self) -> None:
        """Read what was kept.

        Raises:
            StorageError: it cannot be read.
            ValueError: it is not what was kept.
        """
        text = None if self._store is None else await self._store.setting(self._key)
        self.state = Kept() if text is None else Kept.from_text(text)

    async def schedule(self, update: FirmwareUpdate) -> None:
        """Put an update in place of the one that is pending.

        Raises:
            StorageError: nothing is changed; as in all other verbs.
        """
        async with self._turn:
            await self._keep(replace(self.state, pending=update, downloaded=False))

    async def fetched(self, update: FirmwareUpdate) -> None:
        """Note that an update is downloaded, unless another one has taken its place."""
        async with self._turn:
            if self.state.pending is update:
                await self._keep(replace(self.state, downloaded=True))

    async def drop(self, update: FirmwareUpdate) -> None:
        """Forget an update, unless another one has taken its place."""
        async with self._turn:
            if self.state.pending is update:
                await self._keep(replace(self.state, pending=None, downloaded=False))

    async def begin(self, update: FirmwareUpdate, installation: Installation) -> None:
        """Note that an update is being installed, unless another one has taken its place; `state` says which."""
        async with self._turn:
            if self.state.pending is update:
                await self._keep(Kept(installing=installation))

    async def finish(self) -> None:
        """Note that nothing is being installed any more."""
        async with self._turn:
            await self._keep(replace(self.state, installing=None))

    async def _keep(self, state: Kept) -> None:
        if self._store is not None:
            if state.empty:
                await self._store.remove_setting(self._key)
            else:
                await self._store.put_setting(self._key, state.to_text())
        self.state = state
