"""Which store a URL names; backends, and what else they offer, are found by entry points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias, cast

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.store import Store

__all__ = [
    "GROUP",
    "RULES_GROUP",
    "UPGRADER_GROUP",
    "Opener",
    "RulesMaker",
    "Upgrader",
    "backend_schemes",
    "open_store",
    "shown_url",
    "storage_rules",
    "upgrade_storage",
]

GROUP: Final = "ocpp_sdk.backends"
"""Entry points of this group are named by the scheme of their URLs, and load an `Opener`."""

Opener: TypeAlias = Callable[[str], Awaitable[Store]]
"""Opens the store of a URL, or raises `ConfigurationError` with one line; the caller closes it."""

UPGRADER_GROUP: Final = "ocpp_sdk.upgraders"
"""Entry points of this group are named in the same way, and load an `Upgrader`; for backends that have a schema."""

Upgrader: TypeAlias = Callable[[str], Awaitable[str]]
"""Brings what a URL names to the schema of this version, and returns one line about it."""

RULES_GROUP: Final = "ocpp_sdk.rules"
"""Entry points of this group are named in the same way, and load a `RulesMaker`; for backends that need rules."""

RulesMaker: TypeAlias = Callable[[], str]
"""Returns the text of the rules that a server of this backend needs."""


async def open_store(url: str) -> Store:
    """Open a store; the caller closes it.

    Args:
        url: such as `sqlite:///ocpp.db` for a file in the working folder, `sqlite:////var/lib/ocpp.db` for an absolute
            path, `postgresql://user:password@host/database`, `mongodb://host/database`, `file:///var/lib/ocpp`,
            `memory:` for nothing that outlives the process.

    Raises:
        ConfigurationError: the URL names no store, or one that cannot serve; in one line, without the password.
    """
    opener = cast("Opener", _load(_backend(url)))
    return await opener(url)


async def upgrade_storage(url: str) -> str:
    """Bring a store to the schema of this version; nobody may use it meanwhile.

    Returns:
        One line about what was done.

    Raises:
        ConfigurationError: the URL names no store, or one that cannot be upgraded.
    """
    found = _beside(UPGRADER_GROUP, url)
    if found is None:
        return f"a storage of {url.partition(':')[0]} has no schema that could be old"
    return await cast("Upgrader", _load(found))(url)


def storage_rules(url: str | None = None) -> str:
    """Return the rules that the server of a store needs, as its own tools take them.

    Args:
        url: of a store; None for the only backend that has rules.

    Raises:
        ConfigurationError: the URL names no store, or one that needs no rules; or several backends have rules.
    """
    points = sorted(entry_points(group=RULES_GROUP), key=lambda point: point.name)
    found = points[0] if points else None
    if url is not None:
        found = _beside(RULES_GROUP, url)
        if found is None:
            raise ConfigurationError(f"a storage of {url.partition(':')[0]} needs no rules")
    elif found is None or len(points) > 1:
        names = " or ".join(f"{point.name}:" for point in points)
        raise ConfigurationError(f"several storages have rules; name {names}" if names else "no storage has rules")
    return cast("RulesMaker", _load(found))()


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


def _backend(url: str) -> EntryPoint:
    scheme = url.partition(":")[0]
    found = _backends().get(scheme) if ":" in url else None
    if found is None:
        known = ", ".join(backend_schemes())
        raise ConfigurationError(f"storage {scheme!r} is not known; use a URL that begins with one of {known}")
    return found


def _beside(group: str, url: str) -> EntryPoint | None:
    """Return what a backend has in another group, None if it has nothing there."""
    scheme = _backend(url).name
    return next(iter(entry_points(group=group, name=scheme)), None)


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except ImportError as error:
        wanted = f"ocpp-sdk[{point.extras[0]}]" if point.extras else "what it needs"
        raise ConfigurationError(f"storage {point.name!r} cannot be loaded, {error}; install {wanted}") from error
