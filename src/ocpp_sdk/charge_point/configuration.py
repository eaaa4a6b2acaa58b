"""Configuration keys: the standard keys of each version, with type and rights."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from ocpp_sdk.charge_point.keys import Key, Kind, keys_of
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.versions.domain import Configuration, ConfigurationKey
from ocpp_sdk.versions.enumerations import ConfigurationStatus
from ocpp_sdk.versions.rules import rules_of

__all__ = ["ConfigurationTable"]

_MAX_INTEGER = 2**31 - 1


class ConfigurationTable:
    """The keys of one charge point.

    Args:
        settings: version and first values.
    """

    def __init__(self, settings: ChargePointSettings) -> None:
        self._rules = rules_of(settings.version)
        self._keys = {self._fold(key.name): key for key in keys_of(settings)}
        self._after_reboot: dict[str, str] = {}
        self.changed = asyncio.Event()

    def integer(self, name: str, default: int = 0) -> int:
        """Return the value of a number, the default if the version has no such key."""
        key = self._keys.get(self._fold(name))
        return default if key is None else int(key.value)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return the value of a yes or no, the default if the version has no such key."""
        key = self._keys.get(self._fold(name))
        return default if key is None else key.value == "true"

    def words(self, name: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the values of a list, the default if the version has no such key."""
        key = self._keys.get(self._fold(name))
        return tuple(default) if key is None else tuple(word for word in key.value.split(",") if word)

    @property
    def heartbeat_interval_s(self) -> int:
        """The heartbeat interval, under the name that the version gives it."""
        return self.integer(self._rules.heartbeat_key)

    def set_heartbeat_interval(self, seconds: int) -> None:
        """Take over the interval of the answer to a BootNotification."""
        self._keys[self._fold(self._rules.heartbeat_key)].value = str(seconds)
        self.changed.set()

    def read(self, names: tuple[str, ...]) -> Configuration:
        """Return the keys that were asked for, all if none was."""
        found = [self._keys.get(self._fold(name)) for name in names] if names else list(self._keys.values())
        return Configuration(
            keys=tuple(ConfigurationKey(key=key.name, readonly=key.readonly, value=key.value) for key in found if key),
            unknown=tuple(name for name in names if self._fold(name) not in self._keys),
        )

    def change(self, name: str, value: str) -> ConfigurationStatus:
        """Set a key, if it exists, may be set and the value is of its type."""
        key = self._keys.get(self._fold(name))
        if key is None:
            return ConfigurationStatus.NOT_SUPPORTED
        checked = None if key.readonly else _checked(key, value.strip())
        if checked is None:
            return ConfigurationStatus.REJECTED
        if key.after_reboot:
            self._after_reboot[self._fold(name)] = checked
            return ConfigurationStatus.REBOOT_REQUIRED
        key.value = checked
        self.changed.set()
        return ConfigurationStatus.ACCEPTED

    def chosen(self, name: str) -> tuple[str, str]:
        """Return a key as the specification spells it, and the value it has or gets with the next start."""
        folded = self._fold(name)
        key = self._keys[folded]
        return key.name, self._after_reboot.get(folded, key.value)

    def restore(self, values: Mapping[str, str]) -> None:
        """Take over values that were kept; those that this charge point does not take are passed over."""
        for name, value in values.items():
            key = self._keys.get(self._fold(name))
            checked = None if key is None or key.readonly else _checked(key, value)
            if key is not None and checked is not None:
                key.value = checked

    def reboot(self) -> None:
        """Take over what waited for a reboot."""
        for name, value in self._after_reboot.items():
            self._keys[name].value = value
        self._after_reboot.clear()

    def _fold(self, name: str) -> str:
        return name.lower() if self._rules.keys_ignore_case else name


def _checked(key: Key, value: str) -> str | None:
    """Return the value as it is kept, None if the key cannot take it."""
    match key.kind:
        case Kind.INTEGER:
            number = int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else -1
            return str(number) if 0 <= number <= min(key.most, _MAX_INTEGER) else None
        case Kind.BOOLEAN:
            return value.lower() if value.lower() in {"true", "false"} else None
        case Kind.LIST:
            words = [word.strip() for word in value.split(",") if word.strip()]
            return ",".join(words) if key.choices is None or key.choices.issuperset(words) else None
        case Kind.TEXT:
            return value
