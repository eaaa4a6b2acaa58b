"""The table of messages: nothing of the fact sheets is forgotten, and it means the same to the SDK."""

from collections import Counter
from datetime import datetime

import pytest

from ocpp_sdk.codec.fields import FieldKind, spec_of
from tests.interop.own_side import SERVICES, operation_of, to_message, to_tree
from tests.interop.table import EXCHANGES, SAMPLES, TEXT, Exchange, Node, Sample, Shape, Tree

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES, ids=str)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def test_table_against_services_has_every_operation() -> None:
    """Every operation of both services of 1.2, 1.5 and 1.6 is in the table, and no other."""
    table = Counter((exchange.version, exchange.service, exchange.name) for exchange in EXCHANGES)
    served = [(*key, name) for key, service in SERVICES.items() for name in service.operations]
    assert table == Counter(served)
    assert Counter((s.exchange, s.size) for s in SAMPLES) == Counter(
        (exchange, size) for exchange in EXCHANGES for size in ("full", "minimal")
    )


def _keys(kind: type) -> dict[str, bool]:
    """Every field below a message class by its path, and whether it is required."""
    found: dict[str, bool] = {}
    for spec in spec_of(kind).fields:
        name = {FieldKind.TEXT: TEXT, FieldKind.ATTRIBUTE: f"@{spec.name}", FieldKind.ELEMENT: spec.name}[spec.kind]
        found[name] = spec.required
        if spec.kind is FieldKind.ELEMENT and hasattr(spec.type, "__dataclass_fields__"):
            found |= {f"{name}/{inner}": required for inner, required in _keys(spec.type).items()}
    return found


def _given(tree: Tree) -> set[str]:
    if isinstance(tree, list):
        return set().union(*map(_given, tree))
    if not isinstance(tree, dict):
        return set()
    return set(tree) | {f"{key}/{inner}" for key, value in tree.items() for inner in _given(value)}


@each_exchange
def test_table_full_sample_gives_every_field_of_the_message_classes(exchange: Exchange) -> None:
    """The full samples give every field that the generated classes have, down to attributes of list entries."""
    full = next(sample for sample in SAMPLES if sample.exchange is exchange and sample.size == "full")
    operation = operation_of(exchange)
    assert _given(full.request) == _keys(operation.request.type).keys()
    assert _given(full.reply) == _keys(operation.response.type).keys()


@each_exchange
def test_table_minimal_sample_gives_the_required_fields_only(exchange: Exchange) -> None:
    """The minimal samples leave out what may be left out."""
    minimal = next(sample for sample in SAMPLES if sample.exchange is exchange and sample.size == "minimal")
    operation = operation_of(exchange)
    for kind, tree in ((operation.request.type, minimal.request), (operation.response.type, minimal.reply)):
        required = _keys(kind)
        assert set(tree) == {key for key, must in required.items() if must and "/" not in key}
        assert all(required[key] for key in _given(tree))


@each_sample
def test_sample_made_a_message_and_back_is_the_same(sample: Sample) -> None:
    """Trees and message classes say the same, so that comparing trees compares messages."""
    operation = operation_of(sample.exchange)
    assert to_tree(to_message(operation.request.type, sample.request)) == sample.request
    assert to_tree(to_message(operation.response.type, sample.reply)) == sample.reply


def _leaves(tree: Tree) -> list[Tree]:
    if isinstance(tree, list | dict):
        inner = tree.values() if isinstance(tree, dict) else tree
        return [leaf for value in inner for leaf in _leaves(value)]
    return [tree]


@each_sample
def test_sample_values_of_one_kind_differ(sample: Sample) -> None:
    """Numbers, times and free texts of a message are all different, so that fields which change places are seen."""
    for tree in (sample.request, sample.reply):
        _check_distinct(tree)


def _check_distinct(tree: Node) -> None:
    leaves = [leaf for leaf in _leaves(tree) if not isinstance(leaf, bool)]
    free = [leaf for leaf in leaves if not isinstance(leaf, str) or leaf[0].isdigit() or leaf.startswith("ftp")]
    assert len(set(map(repr, free))) == len(free)


def test_samples_together_show_every_kind_of_value() -> None:
    """Offsets in both directions, fractions, negative numbers, references and text beyond ASCII are all sent."""
    leaves = [leaf for sample in SAMPLES for leaf in (*_leaves(sample.request), *_leaves(sample.reply))]
    offsets = {leaf.utcoffset() for leaf in leaves if isinstance(leaf, datetime)}
    assert len(offsets) == 3
    assert any(isinstance(leaf, datetime) and leaf.microsecond for leaf in leaves)
    assert {type(leaf).__name__ for leaf in leaves} == {"str", "int", "bool", "Decimal", "datetime"}
    assert {True, False} <= {leaf for leaf in leaves if isinstance(leaf, bool)}
    text = "".join(leaf for leaf in leaves if isinstance(leaf, str))
    assert set("<&>\"'ü漢🔌\n\t") <= set(text)
    assert "]]>" in text


def test_shapes_with_text_and_attributes_are_in_the_table() -> None:
    """The meter values of 1.5, which are text with five attributes, are among the samples."""
    shapes = [shape for exchange in EXCHANGES for shape in _shapes(exchange.request)]
    mixed = [shape for shape in shapes if TEXT in {part.key for part in shape.parts}]
    assert mixed
    assert {sum(part.key[0] == "@" and part.key != TEXT for part in shape.parts) for shape in mixed} == {5}


def _shapes(shape: Shape) -> list[Shape]:
    inner = [part.kind for part in shape.parts if isinstance(part.kind, Shape)]
    return [shape, *(found for each in inner for found in _shapes(each))]
