"""Where a PLC is reached, and how patiently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ocpp_sdk.errors import ConfigurationError

__all__ = ["DeviceSettings", "SerialAddress", "TcpAddress", "address_of", "reconnect_delay_s"]


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A device on Modbus TCP.

    Attributes:
        host: name or address.
        port: 1 to 65535.
    """

    host: str
    port: int = 502

    def __post_init__(self) -> None:
        if not self.host or not 1 <= self.port <= 65535:
            raise ConfigurationError(f"{self} is no address; it is HOST or HOST:PORT with a port of 1 to 65535")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A device on Modbus RTU.

    Attributes:
        path: of the serial port, as `/dev/ttyS0`.
        baud_rate: bits a second.
        parity: `N`one, `E`ven or `O`dd.
        stop_bits: of a character.
    """

    path: str
    baud_rate: int = 19200
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1

    def __str__(self) -> str:
        return self.path


def address_of(text: str, *, baud_rate: int = 19200, parity: str = "N") -> TcpAddress | SerialAddress:
    """Read where a device is.

    Args:
        text: HOST, HOST:PORT, or the path of a serial port, which begins with `/` or `COM`.
        baud_rate: of a serial port.
        parity: of a serial port: N, E or O.

    Raises:
        ConfigurationError: it is none of these.
    """
    if text.startswith("/") or text.upper().startswith("COM"):
        letters: dict[str, Literal["N", "E", "O"]] = {"N": "N", "E": "E", "O": "O"}
        letter = letters.get(parity.upper())
        if letter is None:
            raise ConfigurationError(f"--parity is {parity!r}; it is N, E or O")
        return SerialAddress(text, baud_rate, letter)
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, "502"
    if not host or not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ConfigurationError(f"{text!r} is no address; it is HOST or HOST:PORT, or the path of a serial port")
    return TcpAddress(host.removeprefix("[").removesuffix("]"), int(port))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """How a device is spoken to.

    Attributes:
        unit_id: of the device behind its address, 0 to 255.
        timeout_s: for a connection to be made, and for each answer.
        first_delay_s: pause after the first failure; it doubles with each one that follows.
        max_delay_s: the longest pause.
        jitter: the share of a pause that is random, 0 to 1.
    """

    unit_id: int = 1
    timeout_s: float = 3.0
    first_delay_s: float = 0.5
    max_delay_s: float = 30.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.unit_id <= 255:
            raise ConfigurationError(f"unit id {self.unit_id} is outside of 0 to 255")
        if self.timeout_s <= 0:
            raise ConfigurationError(f"a time-out of {self.timeout_s} s cannot be met; it must be greater than 0")
        if self.first_delay_s < 0 or self.max_delay_s < 0 or not 0 <= self.jitter <= 1:
            raise ConfigurationError("DeviceSettings: pauses cannot be negative, and jitter is a share, 0 to 1")


def reconnect_delay_s(settings: DeviceSettings, failures: int, *, random: float) -> float:
    """Tell how long to wait before the next attempt.

    Args:
        settings: what the user wants.
        failures: how many attempts have failed on end, from 1.
        random: a number from 0 to 1 that decides the jitter.
    """
    full = min(settings.first_delay_s * 2.0 ** min(failures - 1, 60), settings.max_delay_s)
    return full * (1 - settings.jitter * random)
