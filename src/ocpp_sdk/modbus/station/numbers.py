"""By which number a PLC knows a transaction. Pure.

A PLC hears one number with the answer to its start and keeps to it. That is the number of the central system, unless
this one did not answer in time or gave a number that the register cannot hold: then it is a provisional one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ocpp_sdk.modbus.registers import RegisterMap, RegisterType

__all__ = ["ToldNumbers", "TransactionNumbers"]

_BITS: Final = {
    RegisterType.U16: 16,
    RegisterType.S16: 15,
    RegisterType.U32: 31,
    RegisterType.S32: 31,
    RegisterType.U64: 31,
    RegisterType.S64: 31,
}


_MOST_KNOWN: Final = 10_000


@dataclass(frozen=True, slots=True)
class TransactionNumbers:
    """The numbers that a register can hold, and which of them are provisional.

    Attributes:
        greatest: that fits.
        first_provisional: of the upper part, about 1 in 128, which is for provisional numbers.
    """

    greatest: int
    first_provisional: int

    @classmethod
    def of(cls, register_map: RegisterMap) -> TransactionNumbers:
        """Return them for the narrowest register of a map."""
        kinds = (one.type for name, one in register_map.registers.items() if name.endswith("_TRANSACTION_ID"))
        bits = min((_BITS.get(kind, 31) for kind in kinds), default=31)
        return cls(greatest=2**bits - 1, first_provisional=2**bits - 2 ** (bits - 7))

    def fits(self, number: int | None) -> bool:
        """Return whether the PLC can be told a number; 0 would say that there is no transaction."""
        return number is not None and 0 < number <= self.greatest

    def provisional(self, record_number: int) -> int:
        """Return the provisional number for a start, the same one for the same record."""
        span = self.greatest - self.first_provisional + 1
        return self.first_provisional + record_number % span


@dataclass(slots=True)
class ToldNumbers:
    """What a PLC was told about its transactions; keys are those of `Transaction`."""

    _numbers: dict[str, int] = field(default_factory=dict)
    _keys: dict[tuple[int, int], str] = field(default_factory=dict)

    def tell(self, connector_id: int, key: str, number: int) -> None:
        """Take note of the number of a transaction."""
        self._numbers[key] = number
        self._keys[connector_id, number] = key
        for known in (self._numbers, self._keys):
            if len(known) > _MOST_KNOWN:
                known.pop(next(iter(known)))  # type: ignore[call-overload] # each has its own keys

    def number(self, key: str) -> int | None:
        """Return the number of a transaction, None if the PLC was told none."""
        return self._numbers.get(key)

    def is_another(self, connector_id: int, number: int, key: str) -> bool:
        """Return whether a number is known to be that of another transaction than the one with this key."""
        return self._keys.get((connector_id, number), key) != key
