"""The standard configuration keys of each version (1.2 section 6.8, 1.5 section 6.9.1, 1.6 section 9).

Optional keys are left out where the simulated charge point has nothing that they could set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.operation import OcppVersion

__all__ = ["LOCAL_LIST_LENGTH", "Key", "Kind", "keys_of"]

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
LOCAL_LIST_LENGTH = 10_000
_NO_LIMIT = 2**31 - 1
_MEASURANDS = frozenset({ENERGY, POWER})
_NOTHING: frozenset[str] = frozenset()


class Kind(Enum):
    """Type of a value."""

    INTEGER = auto()
    BOOLEAN = auto()
    LIST = auto()
    TEXT = auto()


@dataclass(slots=True)
class Key:
    """One key.

    Attributes:
        name: as the specification spells it.
        kind: type of the value.
        value: as text.
        readonly: whether ChangeConfiguration is refused.
        most: the greatest number.
        choices: the words that a list may hold; None for any.
        after_reboot: whether a change waits for the next start.
    """

    name: str
    kind: Kind
    value: str
    readonly: bool = False
    most: int = _NO_LIMIT
    choices: frozenset[str] | None = None
    after_reboot: bool = False


def _number(name: str, value: int, *, readonly: bool = False, most: int = _NO_LIMIT) -> Key:
    return Key(name, Kind.INTEGER, str(value), readonly, most)


def _yes_or_no(name: str, *, value: bool, readonly: bool = False) -> Key:
    return Key(name, Kind.BOOLEAN, "true" if value else "false", readonly)


def _list(name: str, value: str, choices: frozenset[str] | None, *, readonly: bool = False) -> Key:
    return Key(name, Kind.LIST, value, readonly, choices=choices)


def keys_of(settings: ChargePointSettings) -> list[Key]:
    """Return the keys of the version, with their first values."""
    if settings.version is OcppVersion.V16:
        return _keys_of_1_6(settings)
    keys = _keys_of_1_2(settings)
    return keys + _keys_that_1_5_adds() if settings.version is OcppVersion.V15 else keys


def _keys_of_1_2(settings: ChargePointSettings) -> list[Key]:
    return [
        _number("HeartBeatInterval", settings.heartbeat_interval_s),
        _number("ConnectionTimeOut", 60),
        _number("ProximityContactRetries", 3),
        _number("ProximityLockRetries", 3),
        _number("ResetRetries", 1),
        _number("BlinkRepeat", 3),
        _number("LightIntensity", 100, most=100),
        Key("ChargePointId", Kind.TEXT, settings.identity, readonly=True),
        _number("MeterValueSampleInterval", settings.sample_interval_s),
    ]


def _keys_that_1_5_adds() -> list[Key]:
    return [
        # Nothing is sent by the clock, so that only "off" can be set.
        _number("ClockAlignedDataInterval", 0, most=0),
        _list("MeterValuesSampledData", ENERGY, _MEASURANDS),
        _list("MeterValuesAlignedData", "", _NOTHING),
        _list("StopTxnSampledData", "", _NOTHING),
        _list("StopTxnAlignedData", "", _NOTHING),
    ]


def _keys_of_1_6(settings: ChargePointSettings) -> list[Key]:
    rotation = ",".join(f"{number}.NotApplicable" for number in range(settings.connectors + 1))
    return [
        _yes_or_no("AllowOfflineTxForUnknownId", value=False),
        _yes_or_no("AuthorizationCacheEnabled", value=True),
        _yes_or_no("AuthorizeRemoteTxRequests", value=False),
        _number("BlinkRepeat", 3),
        _number("ConnectionTimeOut", 60),
        Key("ConnectorPhaseRotation", Kind.LIST, rotation, after_reboot=True),
        _number("GetConfigurationMaxKeys", 100, readonly=True),
        _number("HeartbeatInterval", settings.heartbeat_interval_s),
        _number("LightIntensity", 100, most=100),
        _yes_or_no("LocalAuthorizeOffline", value=True),
        _yes_or_no("LocalPreAuthorize", value=False),
        *_keys_that_1_5_adds(),
        _number("MeterValueSampleInterval", settings.sample_interval_s),
        _number("NumberOfConnectors", settings.connectors, readonly=True),
        _number("ResetRetries", 1),
        # The simulated vehicle leaves only when its transaction has ended.
        _yes_or_no("StopTransactionOnEVSideDisconnect", value=True, readonly=True),
        _yes_or_no("StopTransactionOnInvalidId", value=True),
        _list(
            "SupportedFeatureProfiles",
            "Core,LocalAuthListManagement,Reservation,RemoteTrigger",
            None,
            readonly=True,
        ),
        _number("TransactionMessageAttempts", 3),
        _number("TransactionMessageRetryInterval", 60),
        _yes_or_no("UnlockConnectorOnEVSideDisconnect", value=True, readonly=True),
        _yes_or_no("LocalAuthListEnabled", value=True),
        _number("LocalAuthListMaxLength", LOCAL_LIST_LENGTH, readonly=True),
        _number("SendLocalListMaxLength", LOCAL_LIST_LENGTH, readonly=True),
        _yes_or_no("ReserveConnectorZeroSupported", value=False, readonly=True),
    ]
