"""The configuration keys under a short name."""

from ocpp_sdk.charge_point.configuration.key import Key, Kind
from ocpp_sdk.charge_point.configuration.standard import LOCAL_LIST_LENGTH, keys_of
from ocpp_sdk.charge_point.hardware import ENERGY

__all__ = ["ENERGY", "LOCAL_LIST_LENGTH", "Key", "Kind", "keys_of"]
