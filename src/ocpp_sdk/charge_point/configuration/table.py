"""The configuration of one charge point: read, changed, restored, and watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from ocpp_sdk.charge_point.configuration.key import Key, Kind, checked
from ocpp_sdk.charge_point.configuration.measurands import PHASES, measurands_of, split_word, with_intervals
from ocpp_sdk.charge_point.configuration.standard import keys_of
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import Configuration, ConfigurationKey
from ocpp_sdk.versions.enumerations import ConfigurationStatus
from ocpp_sdk.versions.rules import rules_of

__all__ = ["ConfigurationTable"]

_LONGEST_NAME: Final = 50


def _ignore(_: str) -> None:
    """Report to nobody."""


class ConfigurationTable:
    """The keys of one charge point.

    Args:
        settings: version and first values.
        report: hears why a value was refused, and what the meter cannot give any more.

    Attributes:
        changed: set by every change; for one waiter only, others use `on_change`.
    """

    def __init__(self, settings: ChargePointSettings, report: Report = _ignore) -> None:
        self._version = settings.version
        self._rules = rules_of(settings.version)
        self._report = report
        self._keys = {self._fold(key.name): key for key in keys_of(settings)}
        self._after_reboot: dict[str, str] = {}
        self._unclaimed: dict[str, str] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._measurands = measurands_of(settings.version)
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
        """Return the values of a list, the default if the version has no such key.

        Measurands that the meter does not give are left out.
        """
        key = self._keys.get(self._fold(name))
        if key is None:
            return tuple(default)
        words = tuple(word for word in key.value.split(",") if word)
        return words if key.kind is not Kind.MEASURANDS else tuple(filter(self._is_measured, words))

    def text(self, name: str, default: str = "") -> str:
        """Return a value as it is, the default if there is no such key."""
        key = self._keys.get(self._fold(name))
        return default if key is None else key.value

    @property
    def heartbeat_interval_s(self) -> int:
        """The heartbeat interval, under the name that the version gives it."""
        return self.integer(self._rules.heartbeat_key)

    def set_heartbeat_interval(self, seconds: int) -> None:
        """Take over the interval of the answer to a BootNotification."""
        self._set(self._keys[self._fold(self._rules.heartbeat_key)], str(seconds))

    def set_measurands(self, measurands: Collection[str]) -> None:
        """Take over what the meter gives; from now on lists can hold nothing else.

        The energy per interval follows from a register, so it can be asked for where there is one. Values that hold
        more stay as they are, since the hardware may be another one tomorrow; what cannot be given is left out when
        they are used, and reported here.
        """
        allowed = with_intervals(measurands) & measurands_of(self._version)
        if allowed == self._measurands:
            return
        self._measurands = allowed
        for key in self._keys.values():
            words = key.value.split(",") if key.kind is Kind.MEASURANDS and key.value else []
            if lost := [word for word in words if not self._is_measured(word)]:
                self._report(f"{key.name}: the meter does not give {', '.join(lost)}; left out")
        self._tell("")

    def add(self, key: Key) -> None:
        """Add a key of a vendor; a value that was restored before is taken over.

        Raises:
            ConfigurationError: there is such a key, or its name or value cannot be.
        """
        folded = self._fold(key.name)
        if not 0 < len(key.name) <= _LONGEST_NAME:
            raise ConfigurationError(f"{key.name!r}: the name of a key has 1 to {_LONGEST_NAME} characters")
        if folded in self._keys:
            raise ConfigurationError(f"{key.name}: there is such a key")
        try:
            key.value = self._checked(key, key.value)
        except ValueError as error:
            raise ConfigurationError(f"{key.name}: {error}") from error
        self._keys[folded] = key
        if folded in self._unclaimed:
            self.restore({key.name: self._unclaimed.pop(folded)})

    def read(self, names: tuple[str, ...]) -> Configuration:
        """Return the keys that were asked for, all if none was; of too many names only the first are looked at."""
        # Before 1.6 there is no limit that a central system could know of, so none is held against it.
        most = self.integer("GetConfigurationMaxKeys", len(names))
        if len(names) > most:
            self._report(f"GetConfiguration: {len(names)} keys, only the first {most} are answered")
            names = names[:most]
        found = [self._keys.get(self._fold(name)) for name in names] if names else list(self._keys.values())
        return Configuration(
            keys=tuple(ConfigurationKey(key=key.name, readonly=key.readonly, value=key.value) for key in found if key),
            unknown=tuple(name for name in names if self._fold(name) not in self._keys),
        )

    def change(self, name: str, value: str) -> ConfigurationStatus:
        """Set a key, if it exists, may be set and the value is of its type; otherwise nothing changes."""
        key = self._keys.get(self._fold(name))
        if key is None:
            return ConfigurationStatus.NOT_SUPPORTED
        if key.readonly:
            self._report(f"ChangeConfiguration {key.name}: read only")
            return ConfigurationStatus.REJECTED
        try:
            text = self._checked(key, value)
        except ValueError as error:
            self._report(f"ChangeConfiguration {key.name}: {error}")
            return ConfigurationStatus.REJECTED
        if key.after_reboot:
            self._after_reboot[self._fold(name)] = text
            return ConfigurationStatus.REBOOT_REQUIRED
        self._set(key, text)
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
            if key is None:
                self._unclaimed[self._fold(name)] = value
                continue
            if key.readonly:
                continue
            try:
                # What the meter gives may have changed since; that is seen to when the value is used.
                self._set(key, self._checked(key, value, measured=measurands_of(self._version)))
            except ValueError as error:
                self._report(f"{key.name}: the kept value {value[:100]!r} is passed over: {error}")

    def reboot(self) -> None:
        """Take over what waited for a reboot."""
        for folded, value in self._after_reboot.items():
            self._set(self._keys[folded], value)
        self._after_reboot.clear()

    def on_change(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call a function after each change.

        Args:
            listener: gets the key as the specification spells it, empty if the measurands of the meter changed; must
                not wait.

        Returns:
            A function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _set(self, key: Key, value: str) -> None:
        key.value = value
        self._tell(key.name)

    def _tell(self, name: str) -> None:
        self.changed.set()
        for listener in list(self._listeners):
            listener(name)

    def _checked(self, key: Key, value: str, *, measured: frozenset[str] | None = None) -> str:
        choices = key.choices
        if key.kind is Kind.MEASURANDS:
            choices = self._measurands if measured is None else measured
            if self._version is OcppVersion.V16:
                choices = choices | {f"{measurand}.{phase}" for measurand in choices for phase in PHASES}
        return checked(key, value, choices=choices, ignore_case=self._rules.keys_ignore_case)

    def _is_measured(self, word: str) -> bool:
        return split_word(word)[0] in self._measurands

    def _fold(self, name: str) -> str:
        return name.lower() if self._rules.keys_ignore_case else name
