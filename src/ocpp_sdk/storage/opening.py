"""Which store a URL names; backends are found by entry points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias, cast

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.store import Store

__all__ = ["GROUP", "Opener", "backend_schemes", "open_store", "shown_url"]

GROUP: Final = "ocpp_sdk.backends"
"""Entry points of this group are named by the scheme of their URLs, and load an `Opener`."""

Opener: TypeAlias = Callable[[str], Awaitable[Store]]
"""Opens the store of a URL, or raises `ConfigurationError` with one line; the caller closes it."""


async def open_store(url: str) -> Store:
    """Open a store; the caller closes it.

    Args:
        url: such as `sqlite:///ocpp.db` for a file in the working folder, `sqlite:////var/lib/ocpp.db` for an absolute
            path, `postgresql://user:password@host/database`, `mongodb://host/database`, `file:///var/lib/ocpp`,
            `memory:` for nothing that outlives the process.

    Raises:
        ConfigurationError: the URL names no store, or one that cannot serve; in one line, without the password.
    """
    scheme = url.partition(":")[0]
    found = _backends().get(scheme) if ":" in url else None
    if found is None:
        known = ", ".join(backend_schemes())
        raise ConfigurationError(f"storage {scheme!r} is not known; use a URL that begins with one of {known}")
    try:
        opener = cast("Opener", found.load())
    except ImportError as error:
        wanted = f"ocpp-sdk[{found.extras[0]}]" if found.extras else "what it needs"
        raise ConfigurationError(f"storage {scheme!r} cannot be loaded, {error}; install {wanted}") from error
    return await opener(url)


def backend_schemes() -> list[str]:
    """Return the schemes of all backends that are installed, in order."""
    return sorted(_backends())


def shown_url(url: str) -> str:
    """Return a URL without the user and password it may carry, for people and logs."""
    head, separator, rest = url.partition("://")
    if not separator:
        return url
    # A password that was not escaped may hold any sign; but what begins with a slash is a path, and has none.
    location = rest if rest.startswith("/") else rest.rpartition("@")[2]
    return f"{head}://{location.partition('?')[0]}"


def _backends() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
