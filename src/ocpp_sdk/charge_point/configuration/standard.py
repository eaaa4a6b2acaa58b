"""The standard configuration keys of each version (1.2 section 6.8, 1.5 section 6.9.1, 1.6 section 9).

WebSocketPingInterval of 1.6 is left out, since SOAP has no WebSocket.
"""

from __future__ import annotations

from typing import Final

from ocpp_sdk.charge_point.configuration.key import MOST_CHARACTERS, Key, Kind
from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.operation import OcppVersion

__all__ = ["LOCAL_LIST_LENGTH", "SAMPLE_ON_TRANSACTION", "keys_of"]

LOCAL_LIST_LENGTH: Final = 10_000
SAMPLE_ON_TRANSACTION: Final = "SampleOnTransaction"
"""Vendor key: whether meters are sampled only while a transaction runs."""

_DAY_S: Final = 86_400
_MOST_MEASURANDS: Final = 16
_ROTATIONS: Final = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
_PROFILES: Final = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)


def keys_of(settings: ChargePointSettings) -> list[Key]:
    """Return the keys of the version, with their first values, and `SAMPLE_ON_TRANSACTION`."""
    keys = [_yes_or_no(SAMPLE_ON_TRANSACTION, value=True)]
    if settings.version is OcppVersion.V16:
        return _core_of_1_6(settings) + _metering() + _profiles_of_1_6() + keys
    if settings.version is OcppVersion.V15:
        keys = _metering() + keys
    return _keys_of_1_2(settings) + keys


def _number(
    name: str, value: int, unit: str | None = None, *, readonly: bool = False, least: int = 0, most: int = 2**31 - 1
) -> Key:
    return Key(name, Kind.INTEGER, str(value), readonly=readonly, unit=unit, least=least, most=most)


def _yes_or_no(name: str, *, value: bool, readonly: bool = False) -> Key:
    return Key(name, Kind.BOOLEAN, "true" if value else "false", readonly=readonly)


def _measurands(name: str, value: str) -> Key:
    return Key(name, Kind.MEASURANDS, value, most_words=_MOST_MEASURANDS)


def _keys_of_1_2(settings: ChargePointSettings) -> list[Key]:
    return [
        _number("HeartBeatInterval", settings.heartbeat_interval_s, "s"),
        _number("ConnectionTimeOut", 60, "s"),
        _number("ProximityContactRetries", 3, "times"),
        _number("ProximityLockRetries", 3, "times"),
        _number("ResetRetries", 1, "times"),
        _number("BlinkRepeat", 3, "times"),
        _number("LightIntensity", 100, "%", most=100),
        Key("ChargePointId", Kind.TEXT, settings.identity, readonly=True),
        _number("MeterValueSampleInterval", settings.sample_interval_s, "s"),
    ]


def _metering() -> list[Key]:
    """Return the keys of metering that 1.5 and 1.6 share."""
    return [
        _number("ClockAlignedDataInterval", 0, "s", most=_DAY_S),
        _measurands("MeterValuesSampledData", ENERGY),
        _measurands("MeterValuesAlignedData", ENERGY),
        _measurands("StopTxnSampledData", ""),
        _measurands("StopTxnAlignedData", ""),
    ]


def _core_of_1_6(settings: ChargePointSettings) -> list[Key]:
    connectors = settings.connectors + 1
    return [
        _yes_or_no("AllowOfflineTxForUnknownId", value=False),
        _yes_or_no("AuthorizationCacheEnabled", value=True),
        _yes_or_no("AuthorizeRemoteTxRequests", value=False),
        _number("BlinkRepeat", 3, "times"),
        _number("ConnectionTimeOut", 60, "s"),
        Key(
            "ConnectorPhaseRotation",
            Kind.LIST,
            _rotation(connectors),
            most_words=connectors,
            choices=frozenset(f"{number}.{rotation}" for number in range(connectors) for rotation in _ROTATIONS),
            # Hardware reads how it is wired when it starts.
            after_reboot=True,
        ),
        _number("ConnectorPhaseRotationMaxLength", connectors, readonly=True),
        _number("GetConfigurationMaxKeys", 100, readonly=True),
        _number("HeartbeatInterval", settings.heartbeat_interval_s, "s"),
        _number("LightIntensity", 100, "%", most=100),
        _yes_or_no("LocalAuthorizeOffline", value=True),
        _yes_or_no("LocalPreAuthorize", value=False),
        _number("MaxEnergyOnInvalidId", 0, "Wh"),
        _number("MeterValuesAlignedDataMaxLength", _MOST_MEASURANDS, readonly=True),
        _number("MeterValuesSampledDataMaxLength", _MOST_MEASURANDS, readonly=True),
        _number("MeterValueSampleInterval", settings.sample_interval_s, "s"),
        _number("MinimumStatusDuration", 0, "s"),
        _number("NumberOfConnectors", settings.connectors, readonly=True),
        _number("ResetRetries", 1, "times"),
        _yes_or_no("StopTransactionOnEVSideDisconnect", value=True),
        _yes_or_no("StopTransactionOnInvalidId", value=True),
        _number("StopTxnAlignedDataMaxLength", _MOST_MEASURANDS, readonly=True),
        _number("StopTxnSampledDataMaxLength", _MOST_MEASURANDS, readonly=True),
        Key("SupportedFeatureProfiles", Kind.LIST, ",".join(_PROFILES), readonly=True),
        _number("SupportedFeatureProfilesMaxLength", len(_PROFILES), readonly=True),
        # With none a transaction would never be sent.
        _number("TransactionMessageAttempts", 3, "times", least=1),
        _number("TransactionMessageRetryInterval", 60, "s"),
        _yes_or_no("UnlockConnectorOnEVSideDisconnect", value=True),
    ]


def _profiles_of_1_6() -> list[Key]:
    """Return the keys of the local list, of reservations and of smart charging (1.6 sections 9.2 to 9.4)."""
    return [
        _yes_or_no("LocalAuthListEnabled", value=True),
        _number("LocalAuthListMaxLength", LOCAL_LIST_LENGTH, readonly=True),
        _number("SendLocalListMaxLength", LOCAL_LIST_LENGTH, readonly=True),
        _yes_or_no("ReserveConnectorZeroSupported", value=True, readonly=True),
        _number("ChargeProfileMaxStackLevel", 10, readonly=True),
        Key("ChargingScheduleAllowedChargingRateUnit", Kind.LIST, "Current,Power", readonly=True),
        _number("ChargingScheduleMaxPeriods", 100, readonly=True),
        _yes_or_no("ConnectorSwitch3to1PhaseSupported", value=False, readonly=True),
        _number("MaxChargingProfilesInstalled", 100, readonly=True),
    ]


def _rotation(connectors: int) -> str:
    """Return the first value of ConnectorPhaseRotation, of as many connectors as a value has room for."""
    text = ",".join(f"{number}.NotApplicable" for number in range(connectors))
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS].rpartition(",")[0]
