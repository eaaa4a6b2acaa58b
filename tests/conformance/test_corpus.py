"""Every message of every corpus folder: what it comes to, and that it breaks no rule whatever it is."""

from __future__ import annotations

import difflib
import json

import pytest

from tests.conformance.corpus import (
    EXPECTED,
    FIELD_EXPECTED,
    SHARED,
    Asked,
    Case,
    Json,
    asked_for,
    field_cases,
    field_folders,
    is_reply,
    operation_named,
    own_cases,
)
from tests.conformance.invariants import check
from tests.conformance.outcome import outcome_of

OWN = own_cases()
FIELD = [case for folder in field_folders() for case in field_cases(folder)]
NO_FIELD = pytest.param(None, marks=pytest.mark.skip(reason=f"no messages of the field: {SHARED} is no folder"), id="-")


def asked_in(case: Case, expected: Json | None) -> Asked | None:
    """Return what a reply answers, None for a request."""
    if expected is None:
        return asked_for(case) if is_reply(case) else None
    if expected["read_as"] == "request":
        return None
    asked = expected["asked"]
    return Asked(operation_named(asked["operation"]), asked["message_id"])


def shown(outcome: Json) -> list[str]:
    return json.dumps(outcome, indent=2, ensure_ascii=False).splitlines()


def hold(case: Case, expected: Json) -> None:
    """Hold a message against its expectation, and show the difference."""
    found = outcome_of(case.data, asked_in(case, expected))
    wanted = {key: value for key, value in expected.items() if key != "about"}
    if found != wanted:
        names = (f"expected ({case.expectation.name})", "found")
        lines = difflib.unified_diff(shown(wanted), shown(found), *names, lineterm="", n=2)
        pytest.fail(f"{case.label}: {expected['about']}\n" + "\n".join(lines), pytrace=False)


@pytest.mark.parametrize("case", OWN, ids=str)
def test_own_vector_comes_to_what_is_expected(case: Case) -> None:
    """Each has an expectation that says why it is here."""
    expected = case.expected()
    assert expected is not None, f"{case.label} has no expectation; see docs/conformance.md"
    assert expected["about"].strip()
    hold(case, expected)


@pytest.mark.parametrize("case", FIELD or [NO_FIELD], ids=str)
def test_message_of_the_field_comes_to_what_is_expected(case: Case) -> None:
    """Where nothing is expected, the rules for every message are all that is checked."""
    expected = case.expected()
    if expected is not None:
        hold(case, expected)


@pytest.mark.parametrize("case", [*OWN, *FIELD], ids=str)
def test_message_breaks_no_rule(case: Case) -> None:
    """Read or refused by name, strict no laxer than tolerant, and what was read is written as the schema says."""
    asked = asked_in(case, case.expected())
    check(case.data, asked)
    # Whoever sends a request where a reply is due, or a reply where a request is, is told so by name as well.
    check(case.data, asked_for(case) if asked is None else None)


def test_every_expectation_has_its_message() -> None:
    """An expectation that is left over is held against nothing."""
    ours = {case.expectation for case in OWN}
    kept = {path for path in EXPECTED.rglob("*.json") if path.parent.name != FIELD_EXPECTED.name}
    assert kept == ours


def test_a_wrong_expectation_fails_with_name_and_difference() -> None:
    """The runner is able to fail."""
    case = OWN[0]
    expected = case.expected()
    assert expected is not None
    with pytest.raises(pytest.fail.Exception, match=case.label) as caught:
        hold(case, expected | {"strict": "something else"})
    assert '+  "strict"' in str(caught.value)
