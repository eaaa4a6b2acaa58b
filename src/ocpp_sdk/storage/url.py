"""Which storage a URL names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.protocols import CentralSystemStore
from ocpp_sdk.storage.sqlite import open_sqlite

__all__ = ["open_store"]

_FILE: Final = "sqlite:///"
_IN_MEMORY: Final = frozenset({"memory:", "sqlite:", "sqlite://", "sqlite:///:memory:"})


async def open_store(url: str) -> CentralSystemStore:
    """Open the storage of a central system; the caller closes it.

    Args:
        url: `sqlite:///ocpp.db` for a file in the working folder, `sqlite:////var/lib/ocpp.db` for an absolute path,
            `memory:` for nothing that outlives the process.

    Raises:
        ConfigurationError: the URL names no storage, or one that cannot serve.
    """
    if url in _IN_MEMORY:
        return open_sqlite(None)
    if url.startswith(_FILE) and len(url) > len(_FILE):
        return await asyncio.to_thread(open_sqlite, Path(url[len(_FILE) :]))
    # A URL of a database server may carry a password, so only its scheme is shown.
    scheme = url.partition(":")[0] if ":" in url else url
    raise ConfigurationError(f"storage {scheme!r} is not known; use sqlite:///FILE or memory:")
