"""The namespaces of subcodes per version."""

import pytest

from ocpp_sdk.soap.namespaces import fold, split_tag, subcode_namespace


@pytest.mark.parametrize(
    ("service", "subcode"),
    [
        ("urn://Ocpp/Cs/2010/08/", "urn://Ocpp/2010/08/"),
        ("urn://Ocpp/Cp/2010/08/", "urn://Ocpp/2010/08/"),
        ("urn://Ocpp/Cs/2012/06/", "urn://Ocpp/2012/02/"),
        ("urn://Ocpp/Cp/2012/06/", "urn://Ocpp/2012/02/"),
        ("urn://Ocpp/Cs/2015/10/", "urn://Ocpp/Cs/2015/10"),
        ("urn://Ocpp/Cp/2015/10/", "urn://Ocpp/Cp/2015/10"),
        ("urn:vendor", "urn:vendor"),
        (None, "urn://Ocpp/Cs/2015/10"),
    ],
)
def test_subcode_namespace_of_a_service_is_the_one_its_version_specifies(service: str | None, subcode: str) -> None:
    """1.2 and 1.5 share one between both services, 1.6 does not."""
    assert subcode_namespace(service) == subcode


@pytest.mark.parametrize(("tag", "parts"), [("{urn:a}b", ("urn:a", "b")), ("b", ("", "b")), ("{}b", ("", "b"))])
def test_split_tag_gives_namespace_and_name(tag: str, parts: tuple[str, str]) -> None:
    """With and without a namespace."""
    assert split_tag(tag) == parts


def test_fold_makes_confused_spellings_equal() -> None:
    """Letter case and the final slash do not count, Cs and Cp do."""
    assert fold("urn://Ocpp/Cs/2015/10") == fold("urn://ocpp/cs/2015/10/")
    assert fold("urn://Ocpp/Cs/2015/10/") != fold("urn://Ocpp/Cp/2015/10/")
