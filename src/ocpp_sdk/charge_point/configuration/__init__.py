"""Configuration keys: the standard keys of each version, keys of a vendor, their types, ranges and rights."""

from ocpp_sdk.charge_point.configuration.key import Key, Kind
from ocpp_sdk.charge_point.configuration.standard import LOCAL_LIST_LENGTH, SAMPLE_ON_TRANSACTION, keys_of
from ocpp_sdk.charge_point.configuration.table import ConfigurationTable

__all__ = ["LOCAL_LIST_LENGTH", "SAMPLE_ON_TRANSACTION", "ConfigurationTable", "Key", "Kind", "keys_of"]
