"""Names of XML become names of Python."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.names import constant_name, field_name, pascal_name, snake_name, unique


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chargePointVendor", "charge_point_vendor"),
        ("idTag", "id_tag"),
        ("iccid", "iccid"),
        ("type", "type"),
        ("hash", "hash"),
        ("id", "id"),
        ("EVDisconnected", "ev_disconnected"),
        ("Mode3Error", "mode3_error"),
        ("getURL", "get_url"),
        ("x-forwarded.for", "x_forwarded_for"),
        ("3phase", "n3_phase"),
        ("class", "class_"),
        ("from", "from_"),
        ("list", "list_"),
        ("str", "str_"),
        ("Date", "date_"),
        ("field", "field_"),
        ("self", "self_"),
        ("None", "none"),
        ("straße", "straße"),
    ],
)
def test_field_name_of_element_is_snake_case(name: str, expected: str) -> None:
    """Fields are spelled with underscores; what Python or its types use gets one behind."""
    assert field_name(name) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("kWh", "KWH"),
        ("SoC", "SOC"),
        ("kVA", "KVA"),
        ("kvarh", "KVARH"),
        ("Wh", "WH"),
        ("W", "W"),
        ("L1-N", "L1_N"),
        ("L1", "L1"),
        ("Energy.Active.Import.Register", "ENERGY_ACTIVE_IMPORT_REGISTER"),
        ("Mode3Error", "MODE3_ERROR"),
        ("SuspendedEVSE", "SUSPENDED_EVSE"),
        ("SuspendedEV", "SUSPENDED_EV"),
        ("EVDisconnected", "EV_DISCONNECTED"),
        ("EVCommunicationError", "EV_COMMUNICATION_ERROR"),
        ("ConcurrentTx", "CONCURRENT_TX"),
        ("a b", "A_B"),
        ("3-phase", "N3_PHASE"),
        ("", "EMPTY"),
        ("+", "VALUE_2B"),
        ("None", "NONE"),
    ],
)
def test_constant_name_of_value_is_upper_snake_case(value: str, expected: str) -> None:
    """Single letters are no words of their own, unless something separates them."""
    assert constant_name(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("authorizeRequest", "AuthorizeRequest"),
        ("IdTagInfo", "IdTagInfo"),
        ("MeterValue/value", "MeterValueValue"),
        ("/ping", "Ping"),
        ("get-it", "GetIt"),
        ("7up", "N7up"),
        ("none", "None_"),
        ("Service", "Service_"),
        ("decimal", "Decimal_"),
    ],
)
def test_pascal_name_of_type_keeps_its_capitals(name: str, expected: str) -> None:
    """Classes are spelled as in the schema, with a capital at the start."""
    assert pascal_name(name) == expected


@given(st.text())
def test_every_name_any_text_is_an_identifier(text: str) -> None:
    """Whatever a WSDL calls a thing, Python can call it something."""
    for name in (field_name(text), constant_name(text), pascal_name(text), snake_name(text)):
        assert name.isidentifier()
    assert not keyword.iskeyword(field_name(text))
    assert not keyword.iskeyword(pascal_name(text))


def test_unique_taken_name_gets_the_first_free_number() -> None:
    """The same names in the same order come out the same."""
    assert unique("a", []) == "a"
    assert unique("a", ["a", "a_2"]) == "a_3"
