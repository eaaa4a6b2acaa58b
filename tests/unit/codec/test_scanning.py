"""Start tags that were taken apart: kept, but never more than a peer may make us keep."""

from __future__ import annotations

import pytest

from ocpp_sdk.codec.exact import NotExact
from ocpp_sdk.codec.scanning import Attributes, StartTags, split_start_tag


def same(attributes: Attributes) -> Attributes:
    """Keep attributes as they are."""
    return attributes


def test_start_tags_known_tag_is_taken_apart_once_and_others_are_none() -> None:
    """A tag of another element ends a list, and is no error."""
    calls: list[Attributes] = []

    def read(attributes: Attributes) -> Attributes:
        calls.append(attributes)
        return attributes

    tags = StartTags("value", read)
    assert tags["value unit='Wh'"] == tags["value unit='Wh'"] == [("unit", "Wh")]
    assert tags["value"] == []
    assert tags["/values"] is None
    assert tags["values"] is None
    assert len(calls) == 2


def test_start_tags_from_a_hostile_peer_take_bounded_memory() -> None:
    """Neither long tags nor many different ones are kept for ever."""
    tags = StartTags("value", same)
    for name in ("x", "value "):
        with pytest.raises(NotExact):
            tags[name + "a" * 2000]
    assert not tags
    for number in range(2000):
        assert tags[f"value a='{number}'"] == [("a", str(number))]
    assert len(tags) <= 256


@pytest.mark.parametrize(
    "tag", ["", "1a", "a b", "a b=1", 'a b="<"', 'a b="&lt;"', 'a b="1" b="2"', 'a b="1"c="2"', "a:b:c"]
)
def test_split_start_tag_that_is_none_by_the_rules_of_xml_is_not_exact(tag: str) -> None:
    """What a parser refuses, or would have to resolve, is left to it."""
    with pytest.raises(NotExact):
        split_start_tag(tag)
