"""From the payload element to the operation."""

from __future__ import annotations

import pytest
from lxml import etree

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import ConfigurationError, UnknownOperationError
from ocpp_sdk.operation import AnyOperation, Service
from ocpp_sdk.soap.dispatch import OperationIndex

from .messages import CP12_NS, CP15_NS, CP16_NS, CS12_NS, CS15_NS, CS16_NS
from .services import CENTRAL_SYSTEM, CP15, CS15, CS16, EVERYTHING, VENDOR, make_operation, make_service

K = DeviationKind


def find(index: OperationIndex, tag: str) -> tuple[AnyOperation, list[DeviationKind]]:
    deviations: list[Deviation] = []
    operation = index.find(etree.Element(tag), deviations)
    return operation, [deviation.kind for deviation in deviations]


@pytest.mark.parametrize("service", EVERYTHING.services)
def test_find_every_operation_by_its_own_element(service: Service) -> None:
    """Without a deviation, vendor services too."""
    for operation in service.operations.values():
        assert find(EVERYTHING, operation.request.tag) == (operation, [])


@pytest.mark.parametrize(
    ("tag", "kinds"),
    [
        ("{urn://Ocpp/Cs/2015/10}heartbeatRequest", [K.BODY_NAMESPACE]),
        ("{urn://ocpp/cs/2015/10/}heartbeatRequest", [K.BODY_NAMESPACE]),
        (f"{{{CP16_NS}}}heartbeatRequest", [K.BODY_NAMESPACE]),
        ("{urn://Ocpp/Cp/2015/10}HeartbeatRequest", [K.BODY_NAMESPACE, K.BODY_ELEMENT_NAME]),
        (f"{{{CS16_NS}}}HeartBeatRequest", [K.BODY_ELEMENT_NAME]),
    ],
)
@pytest.mark.parametrize("index", [CENTRAL_SYSTEM, EVERYTHING])
def test_find_an_operation_in_an_odd_spelling(index: OperationIndex, tag: str, kinds: list[DeviationKind]) -> None:
    """Whether the other service is served here or not."""
    assert find(index, tag) == (CS16.operations["Heartbeat"], kinds)


def test_find_an_operation_of_both_services_by_its_namespace() -> None:
    """Only where the other service is not served, its namespace is taken for a slip."""
    tag = f"{{{CP15_NS}}}dataTransferRequest"
    assert find(EVERYTHING, tag) == (CP15.operations["DataTransfer"], [])
    assert find(CENTRAL_SYSTEM, tag) == (CS15.operations["DataTransfer"], [K.BODY_NAMESPACE])


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        (f"{{{CS12_NS}}}dataTransferRequest", True),
        (f"{{{CS15_NS}}}heartbeatResponse", True),
        (f"{{{CS15_NS}}}heartbeat", True),
        (f"{{{CP12_NS}}}resetRequest", True),
        ("{urn://Ocpp/Cs/2018/04/}heartbeatRequest", False),
        ("{urn:other}heartbeatRequest", False),
        ("heartbeatRequest", False),
    ],
)
def test_find_no_operation_says_whether_the_namespace_is_known(tag: str, known: bool) -> None:
    """Versions do not lend each other operations."""
    with pytest.raises(UnknownOperationError) as caught:
        find(CENTRAL_SYSTEM, tag)
    assert caught.value.known_service is known


def test_find_at_a_vendor_service_tolerates_letter_case_too() -> None:
    """But no other service's namespace."""
    assert find(EVERYTHING, "{urn:vendor:meters}readmeterrequest") == (
        VENDOR.operations["ReadMeter"],
        [K.BODY_ELEMENT_NAME],
    )
    with pytest.raises(UnknownOperationError):
        find(EVERYTHING, "{urn:vendor:meters}heartbeatRequest")


def test_index_of_two_operations_with_one_element_is_refused() -> None:
    """No request could tell them apart."""
    twin = make_service(None, None, "urn:vendor:meters", None)
    make_operation(twin, "ReadMeter", {}, {})
    with pytest.raises(ConfigurationError, match="readMeterRequest"):
        OperationIndex((VENDOR, twin))


def test_service_of_a_payload_goes_by_its_namespace() -> None:
    """Give or take the spelling."""
    assert EVERYTHING.service_of(etree.Element("{urn://Ocpp/Cs/2015/10}nothing")) is CS16
    assert EVERYTHING.service_of(etree.Element("nothing")) is None
