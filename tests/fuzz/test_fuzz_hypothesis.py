"""Anything is read, or refused by name: bytes, damaged messages, trees of known words.

OCPP_FUZZ_EXAMPLES sets how many examples each test tries.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.trees import TEXTS, corpus, damaged_bytes, damaged_trees, random_trees, words

MODEST = settings(
    max_examples=int(os.environ.get("OCPP_FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CHOICES = st.integers(0, 255)
ANY_BYTES = st.binary(max_size=400) | damaged_bytes()
ANY_MESSAGE = damaged_bytes() | damaged_trees() | random_trees()


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Drop what the server logs about each refused message."""
    structlog.configure(processors=[_drop])
    yield
    structlog.reset_defaults()
    targets.close()


def _drop(*_: object) -> str:
    raise structlog.DropEvent


@MODEST
@given(ANY_BYTES, CHOICES)
def test_any_bytes_are_refused_by_name_or_read(data: bytes, choice: int) -> None:
    """As a request and as the reply to anything."""
    targets.read_request(data, choice)
    targets.read_reply(data, choice)
    targets.salvage_anything(data, choice)


@MODEST
@given(damaged_trees(), CHOICES)
def test_any_damaged_message_is_refused_by_name_or_read_by_all_rules(data: bytes, choice: int) -> None:
    """What is read is written as the schema says, and strict is never laxer."""
    targets.read_request(data, choice)
    targets.read_reply(data, choice)
    targets.salvage_anything(data, choice)


@MODEST
@given(random_trees(), CHOICES)
def test_any_tree_of_known_words_is_refused_by_name_or_read_by_all_rules(data: bytes, choice: int) -> None:
    """Known names in unknown places."""
    targets.read_request(data, choice)
    targets.read_reply(data, choice)


@MODEST
@given(st.sampled_from(corpus()), st.integers(0, 4000))
def test_any_message_cut_off_is_refused_by_name_or_read(data: bytes, length: int) -> None:
    """As when a connection breaks."""
    targets.read_request(data[:length], 0)


@MODEST
@given(st.binary(max_size=300) | st.binary(max_size=300).map(zlib.compress), CHOICES)
def test_any_bytes_inflate_within_the_bound_or_are_refused_by_name(data: bytes, choice: int) -> None:
    """In every coding, and in none that is known."""
    targets.inflate_anything(data, choice)


@MODEST
@given(ANY_MESSAGE, CHOICES)
def test_server_answers_anything_once(data: bytes, choice: int) -> None:
    """With any content type and coding."""
    targets.serve_anything(data, choice)


@MODEST
@given(ANY_MESSAGE, st.lists(st.integers(0, 3000), max_size=5))
def test_server_answers_the_same_however_the_body_is_cut(data: bytes, cut: list[int]) -> None:
    """Pieces of a body end anywhere, also within a character."""
    headers = [(b"content-type", b"application/soap+xml")]
    assert targets.post(data, headers)[0] == targets.post(data, headers, cut=cut)[0]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TEXTS) | st.text(max_size=10)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words()), inner, max_size=8),
    max_leaves=20,
)


@MODEST
@given(JSON, CHOICES)
def test_any_json_is_refused_by_name_or_shown_again(value: object, choice: int) -> None:
    """Values of any kind under names that messages know."""
    targets.read_json(json.dumps(value).encode(), choice)
