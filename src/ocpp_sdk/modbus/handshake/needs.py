"""Which registers the handshake needs of a map, in groups that are there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.registers import Kind, RegisterMap, Side

__all__ = ["check_handshake", "has_group"]

_NUMBER, _TEXT, _TIME = Kind.NUMBER, Kind.TEXT, Kind.TIME
_READ, _WRITE = Side.READ, Side.WRITE
_Group = Mapping[str, tuple[Side, Kind]]

_STATION: Final[Mapping[str, _Group]] = {
    "BN": {
        "PLC_RUNNING": (_READ, _NUMBER),
        "CS_DATETIME": (_WRITE, _TIME),
        "EVCHST_ACCEPTED": (_WRITE, _NUMBER),
    },
    "HB": {"CS_DATETIME": (_WRITE, _TIME)},
}
_CONNECTOR: Final[Mapping[str, _Group]] = {
    "AUTH_CON": {
        "CMD": (_READ, _NUMBER),
        "IDTAG": (_READ, _TEXT),
        "COMPLETE": (_WRITE, _NUMBER),
        "IDTAG_ACCEPTED": (_WRITE, _NUMBER),
    },
    "START_CON": {
        "CMD": (_READ, _NUMBER),
        "WHMETER": (_READ, _NUMBER),
        "IDTAG": (_READ, _TEXT),
        "COMPLETE": (_WRITE, _NUMBER),
        "ACCEPTED": (_WRITE, _NUMBER),
        "TRANSACTION_ID": (_WRITE, _NUMBER),
    },
    "STOP_CON": {
        "CMD": (_READ, _NUMBER),
        "WHMETER": (_READ, _NUMBER),
        "IDTAG": (_READ, _TEXT),
        "TRANSACTION_ID": (_READ, _NUMBER),
        "COMPLETE": (_WRITE, _NUMBER),
    },
    "SN_CON": {
        "CMD": (_READ, _NUMBER),
        "FAULTCODE": (_READ, _NUMBER),
        "STATUS": (_READ, _NUMBER),
        "COMPLETE": (_WRITE, _NUMBER),
    },
    "MV_CONNECTOR": {"WHMETER": (_READ, _NUMBER)},
    "RMT_START_CON": {
        "COMPLETE": (_READ, _NUMBER),
        "ACCEPTED": (_READ, _NUMBER),
        "CMD": (_WRITE, _NUMBER),
        "IDTAG": (_WRITE, _TEXT),
    },
    "RMT_STOP_CON": {
        "COMPLETE": (_READ, _NUMBER),
        "ACCEPTED": (_READ, _NUMBER),
        "CMD": (_WRITE, _NUMBER),
        "TRANSACTION_ID": (_WRITE, _NUMBER),
    },
    "RESERV_CON": {
        "CMD": (_WRITE, _NUMBER),
        "IDTAG": (_WRITE, _TEXT),
        "RESID": (_WRITE, _NUMBER),
        "DATETIME": (_WRITE, _TIME),
    },
    "CONTROL_CON": {
        "LOCK_ALLOW": (_WRITE, _NUMBER),
        "AUTH_ALLOW": (_WRITE, _NUMBER),
        "CHARGING_ALLOW": (_WRITE, _NUMBER),
    },
}
_NEEDED: Final = frozenset({"START_CON", "STOP_CON", "SN_CON"})


def has_group(register_map: RegisterMap, prefix: str) -> bool:
    """Return whether a checked map has a group, as `AUTH_CON1` or `HB`."""
    return any(name.startswith(f"{prefix}_") for name in register_map.registers)


def check_handshake(register_map: RegisterMap) -> None:
    """See that a map has all registers that the handshake needs.

    Start, stop and status are needed for each connector. The other groups may be missing, and what they are for then
    cannot be done; a group of which only a part is there is a mistake.

    Raises:
        ConfigurationError: one line that names the register, and what it is for.
    """
    if register_map.connectors == 0:
        raise ConfigurationError(f"{register_map.name}: START_CON1_CMD is missing in [read]; there is no connector")
    for prefix, group in _STATION.items():
        _check_group(register_map, prefix, group, needed=False)
    for number in range(1, register_map.connectors + 1):
        for prefix, group in _CONNECTOR.items():
            _check_group(register_map, f"{prefix}{number}", group, needed=prefix in _NEEDED)


def _check_group(register_map: RegisterMap, prefix: str, group: _Group, *, needed: bool) -> None:
    if not needed and not has_group(register_map, prefix):
        return
    for suffix, (side, kind) in group.items():
        name = f"{prefix}_{suffix}"
        register = register_map.registers.get(name)
        if register is None:
            why = "the handshake needs it" if needed else f"the handshake needs all of {prefix} or nothing of it"
            raise ConfigurationError(f"{register_map.name}: {name} is missing in [{side}]; {why}")
        if register.side is not side:
            raise ConfigurationError(f"{register.where}: {name} is in [{register.side}], but belongs into [{side}]")
        if register.type.kind is not kind:
            raise ConfigurationError(f"{register.where}: {name} is {register.type}, but the handshake needs a {kind}")
