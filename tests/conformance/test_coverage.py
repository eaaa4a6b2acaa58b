"""Nothing that has a name goes without a message that shows it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ocpp_sdk import errors
from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.errors import FaultError, MessageError, WireError
from tests.conformance.corpus import SERVICES, Json, own_cases

TESTS = Path(__file__).parents[1]
SERVER, CLIENT = "integration/server/test_http.py", "unit/client/test_soap_client.py"
INFLATE, WRITER = "unit/soap/test_inflate.py", "unit/codec/test_explain.py"

# What no message can show by itself, and the test that does.
PROVEN_ELSEWHERE: dict[str, str] = {
    DeviationKind.CONTENT_TYPE: f"{SERVER}::test_content_type_that_can_carry_soap_is_accepted",
    DeviationKind.CONTENT_ENCODING: f"{INFLATE}::test_inflate_data_in_another_form_than_declared_is_a_deviation",
    DeviationKind.FAULT_STATUS: f"{CLIENT}::test_reply_with_a_status_of_failure_is_read_and_reported",
    "InvalidTextError": f"{WRITER}::test_writer_forbidden_value_is_a_named_error_with_its_path",
    "InvalidTypeError": f"{WRITER}::test_writer_forbidden_value_is_a_named_error_with_its_path",
}


def expectations() -> list[Json]:
    found = [case.expected() for case in own_cases()]
    return [expected for expected in found if expected is not None]


def shown_deviations() -> set[str]:
    shown: set[str] = set()
    for expected in expectations():
        noted = [*expected.get("deviations", ()), *expected.get("fault", {}).get("deviations", ())]
        shown |= {text.partition(" at ")[0] for text in noted}
    return shown


def shown_errors() -> set[str]:
    texts = [expected[key] for expected in expectations() for key in ("error", "strict") if key in expected]
    return {text.partition(" at ")[0] for text in texts}


def subclasses(kind: type[Exception]) -> set[str]:
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, kind) and value is not kind
    }


@pytest.mark.parametrize("kind", DeviationKind, ids=str)
def test_every_kind_of_deviation_is_shown_by_a_vector(kind: DeviationKind) -> None:
    """Or by a test that is named here."""
    assert (kind.value in shown_deviations()) != (kind in PROVEN_ELSEWHERE)


@pytest.mark.parametrize("name", sorted(subclasses(WireError) | subclasses(MessageError) | subclasses(FaultError)))
def test_every_error_of_a_message_is_shown_by_a_vector(name: str) -> None:
    """Errors of wire and payload, and faults."""
    assert (name in shown_errors()) != (name in PROVEN_ELSEWHERE)


@pytest.mark.parametrize("place", PROVEN_ELSEWHERE.values())
def test_tests_that_are_named_here_exist(place: str) -> None:
    """A test that was renamed proves nothing any more."""
    file, _, name = place.partition("::")
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in functions


def test_every_version_and_direction_has_vectors() -> None:
    """Requests and replies of each service."""
    shown = {
        (expected["read_as"], *str(expected.get("operation") or expected.get("asked", {}).get("operation")).split()[:2])
        for expected in expectations()
    }
    wanted = {
        (read_as, str(service.version), str(service.role)) for read_as in ("request", "reply") for service in SERVICES
    }
    assert wanted - shown == set()
