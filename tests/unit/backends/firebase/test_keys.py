"""Keys of nodes, and texts that sort."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import StorageError
from ocpp_sdk_backends.firebase.keys import key, order, padded, plain, split_number

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_key_of_any_text_is_legal_and_leads_back(text: str) -> None:
    """The database takes it, nobody takes it for a number, and unless it is very long the text can be read from it."""
    name = key(text)
    assert name
    assert not re.search(r"[\x00-\x1f\x7f.$#\[\]/]", name)
    assert not re.fullmatch(r"-?[0-9]+", name)
    assert len(name.encode()) <= 768
    if len(text) < 40:
        assert plain(name) == text


@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, min_size=1, max_size=3))
def test_keys_of_different_parts_differ(one: list[str], other: list[str]) -> None:
    """Wherever the borders between the parts are."""
    assert (key(*one) == key(*other)) == (one == other)


def test_keys_of_very_long_texts_differ_and_fit() -> None:
    """Also where they differ at the end alone."""
    names = {key("\U0001f50c" * 400 + end) for end in "abc"} | {key("x" * 5000), key("x" * 5001)}
    assert len(names) == 5
    assert max(len(name.encode()) for name in names) <= 768


def test_key_of_a_usual_text_is_the_text() -> None:
    """So that the console of Firebase can be read."""
    assert key("cp-001") == "cp-001"
    assert key("cp-001", "2026-05-04T03:02:01Z", "größe") == "cp-001 2026-05-04T03:02:01Z größe"
    assert [key("17"), key(""), key("=x"), key("a.b c")] == ["=17", "=", "==x", "a~2Eb~20c"]


def test_key_of_a_lone_surrogate_is_refused() -> None:
    """It could not be sent."""
    with pytest.raises(StorageError, match="no Unicode text"):
        key("a\ud800")
    with pytest.raises(StorageError, match="no Unicode text"):
        order("a\ud800")


PARTS = st.tuples(TEXTS, st.integers(-(2**53), 2**53), TEXTS)


@given(PARTS, PARTS)
def test_order_of_parts_is_that_of_their_texts(one: tuple[str, int, str], other: tuple[str, int, str]) -> None:
    """By code point and by value, one part after the other; and it is plain ASCII, which everybody sorts alike."""
    assert (order(*one) < order(*other)) == (one < other)
    assert re.fullmatch(r"[ -~]*", order(*one))


@given(TEXTS, TEXTS)
def test_order_of_a_text_begins_with_that_of_its_beginning(beginning: str, rest: str) -> None:
    """So that what begins with a text can be asked for."""
    assert order(beginning + rest).startswith(order(beginning))


@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_padded_numbers_sort_as_the_numbers_do(one: int, other: int) -> None:
    """Also below 0."""
    assert (padded(one) < padded(other)) == (one < other)


def test_split_number_gives_the_last_part_back() -> None:
    """Whatever stands before it."""
    assert split_number(order("a b", 3, 17)) == 17
    assert split_number(padded(5)) == 5
