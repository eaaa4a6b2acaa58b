"""Tables with keys and with numbers, against plain dicts and lists."""

from array import array
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.storage.keyed.draft import Draft, apply, revert
from ocpp_sdk.storage.keyed.numbered import Numbered
from ocpp_sdk.storage.keyed.numbers import add, cut, ranges, window
from ocpp_sdk.storage.keyed.tables import Keyed

NUMBERS = st.sets(st.integers(1, 60), max_size=40)


@dataclass(frozen=True)
class Thing:
    """A record."""

    number: int
    owner: str
    color: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """Owner and number."""
        return self.owner, self.number


THINGS = st.builds(Thing, st.integers(1, 9), st.sampled_from(["a", "a\0", "a!", "b", ""]), st.sampled_from("xyz"))


def table_with_keys() -> Keyed[Thing]:
    """Return an empty table with keys."""
    return Keyed("things", Thing, lambda thing: thing.key)


def table_with_numbers() -> Numbered[Thing]:
    """Return an empty table with numbers."""
    return Numbered(
        "things",
        Thing,
        lambda thing: thing.number,
        lambda thing: (("owner", thing.owner), ("color", thing.color)),
        unique_of=lambda thing: f"{thing.owner}{thing.color}{thing.number}".encode(),
    )


def state(table: Numbered[Thing]) -> tuple[object, ...]:
    """Return all that a table with numbers knows."""
    groups = {group: list(table.group(group)) for group in table.groups()}
    uniques = {
        thing: table.number_with(f"{thing.owner}{thing.color}{thing.number}".encode())
        for thing in table.objects.values()
    }
    return list(table.numbers), dict(table.objects), groups, uniques


@given(st.lists(st.tuples(st.booleans(), THINGS), max_size=150), st.integers(1, 100))
def test_table_with_keys_is_in_order_after_any_changes(steps: list[tuple[bool, Thing]], often: int) -> None:
    """However many changes come between two looks at it."""
    table, plain = table_with_keys(), dict[tuple[str, int], Thing]()
    for position, (put, thing) in enumerate(steps):
        if put:
            table.put(thing.key, thing)
            plain[thing.key] = thing
        else:
            table.drop(thing.key)
            plain.pop(thing.key, None)
        if position % often == 0:
            assert [found.key for found in table.scan()] == sorted(plain)
    for owner in ("a", "b", "", "a\0", "missing"):
        expected = [plain[key] for key in sorted(plain) if key[0] == owner]
        assert list(table.scan((owner,))) == expected
        assert table.count((owner,)) == len(expected)
        assert list(table.scan((owner,), after=(owner, 4))) == [thing for thing in expected if thing.number > 4]


@given(NUMBERS, NUMBERS)
def test_numbers_are_cut_and_put_together_like_a_set(numbers: set[int], gone: set[int]) -> None:
    """In any order."""
    found = array("q")
    for number in numbers:
        add(found, number)
        add(found, number)
    assert list(found) == sorted(numbers)
    if gone & numbers:
        cut(found, sorted(gone & numbers))
    assert list(found) == sorted(numbers - gone)
    stretches = [set(range(first, last + 1)) for first, last in ranges(found)]
    assert set().union(*stretches) == numbers - gone
    assert sum(len(stretch) for stretch in stretches) == len(numbers - gone)
    assert all(max(one) + 1 < min(other) for one, other in pairwise(stretches))


@given(NUMBERS, st.integers(-1, 61), st.none() | st.integers(0, 61), st.booleans(), st.integers(1, 50))
def test_window_of_numbers_is_the_next_ones(
    numbers: set[int], after: int, before: int | None, newest_first: bool, size: int
) -> None:
    """Between two others, from either end."""
    fitting = sorted(number for number in numbers if number > after and (before is None or number < before))
    expected = (fitting[::-1] if newest_first else fitting)[:size]
    found = window(array("q", sorted(numbers)), after=after, before=before, newest_first=newest_first, size=size)
    assert found == expected


@given(st.lists(THINGS, max_size=30), st.lists(st.tuples(st.booleans(), THINGS), max_size=15))
def test_changes_that_are_undone_leave_a_table_as_it_was(first: list[Thing], then: list[tuple[bool, Thing]]) -> None:
    """Its indexes included."""
    table = table_with_numbers()
    for thing in first:
        draft = Draft()
        draft.put_number(table, thing)
        apply(draft.changes)
    plain = {thing.number: thing for thing in first}
    assert table.objects == plain
    before = state(table)
    draft = Draft()
    for put, thing in then:
        old = table.get(thing.number)
        if put:
            draft.put_number(table, thing)
        elif old is not None and not any(other.number == thing.number for kind, other in then if kind):
            draft.drop_number(table, old)
    changes = draft.changes
    apply(changes)
    revert(changes)
    assert state(table) == before
