"""By which numbers a PLC knows its transactions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.modbus.map import default_map, parse_toml
from ocpp_sdk.modbus.station.numbers import ToldNumbers, TransactionNumbers
from ocpp_sdk.modbus.words import encode

MAP = default_map(1)
NUMBERS = TransactionNumbers.of(MAP)


@pytest.mark.parametrize(("number", "fits"), [(None, False), (-1, False), (0, False), (1, True), (2**31 - 1, True)])
def test_number_fits_if_the_register_holds_it_and_it_says_that_there_is_a_transaction(
    number: int | None, *, fits: bool
) -> None:
    """0 would tell the PLC that nothing runs."""
    assert NUMBERS.fits(number) is fits


@given(st.integers(min_value=1, max_value=2**63))
def test_provisional_number_is_the_same_for_the_same_record_and_fits_its_register(record_number: int) -> None:
    """A start that is answered again after a restart gets the number that the PLC may have already."""
    number = NUMBERS.provisional(record_number)
    assert NUMBERS.fits(number)
    assert number >= NUMBERS.first_provisional
    assert number == NUMBERS.provisional(record_number) != NUMBERS.provisional(record_number + 1)
    assert encode(MAP.registers["START_CON1_TRANSACTION_ID"], number)


def test_narrow_register_leaves_room_for_provisional_numbers() -> None:
    """A map with one register for a transaction works as well."""
    row = '{ address = 0, type = "u16" }'
    text = f"[read]\nfunction = 4\n[read.registers]\nSTOP_CON1_TRANSACTION_ID = {row}\n[write]\nfunction = 16\n"
    narrow = TransactionNumbers.of(parse_toml(text, name="narrow.toml"))
    assert (narrow.greatest, narrow.first_provisional) == (65535, 65024)


def test_stop_is_for_another_transaction_only_if_its_number_is_known_to_be() -> None:
    """A PLC that tells a number nobody knows means the transaction that runs."""
    told = ToldNumbers()
    told.tell(1, "first", 100)
    told.tell(1, "second", 101)
    assert told.number("second") == 101
    assert told.is_another(1, 100, "second")
    assert not told.is_another(1, 101, "second")
    assert not told.is_another(1, 7, "second")
    assert not told.is_another(2, 100, "second")
