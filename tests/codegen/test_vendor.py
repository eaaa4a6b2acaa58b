"""A vendor's WSDL becomes a vendor's package: it imports, type-checks, and its messages round-trip."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ocpp_sdk.call import Addressing, Call
from ocpp_sdk.errors import MessageError, NotSupportedError
from ocpp_sdk.operation import OcppVersion, Operation, Role, Service
from ocpp_sdk.testing.strategies import messages
from tests.codegen.building import package_of, write_tree
from tests.contract.schemas import schema_of
from tests.contract.test_codecs_agree import SERIALIZER, check_readers

ROOT = Path(__file__).parents[2]
VENDOR_DIR = Path(__file__).parent / "vendor"
Req = TypeVar("Req")
Resp = TypeVar("Resp")


class Recorder:
    """A caller that keeps the request and answers with a prepared reply."""

    def __init__(self, reply: object) -> None:
        self.reply = reply
        self.request: object = None

    async def call(self, operation: Operation[Req, Resp], request: Req, /) -> Resp:
        self.request = request
        assert isinstance(self.reply, operation.response.type)
        return self.reply


def extended_wsdl() -> str:
    """Return the WSDL of 1.5 with a vendor's own operation and fields."""
    text = (ROOT / "wsdl" / "v15" / "central_system.wsdl").read_text()
    for old, new in (
        (
            '<xsd:element name="meterStart" type="xsd:int">',
            '<xsd:element name="tariff" type="xsd:string" minOccurs="0"/>'
            '<xsd:element name="meterStart" type="xsd:int">',
        ),
        (
            '<xsd:element name="chargeBoxIdentity"',
            '<xsd:element name="parkingRequest" type="tns:IdTagInfo"/><xsd:element name="parkingResponse">'
            '<xsd:complexType><xsd:sequence><xsd:element name="lot" type="xsd:short"/></xsd:sequence></xsd:complexType>'
            '</xsd:element>\n<xsd:element name="chargeBoxIdentity"',
        ),
        (
            "<wsdl:portType",
            '<wsdl:message name="ParkingInput"><wsdl:part name="p" element="tns:parkingRequest"/></wsdl:message>'
            '<wsdl:message name="ParkingOutput"><wsdl:part name="p" element="tns:parkingResponse"/></wsdl:message>'
            "<wsdl:portType",
        ),
        (
            "</wsdl:portType>",
            '<wsdl:operation name="Parking"><wsdl:input message="tns:ParkingInput" wsaw:Action="/Parking"/>'
            '<wsdl:output message="tns:ParkingOutput"/></wsdl:operation></wsdl:portType>',
        ),
        (
            "</wsdl:binding>",
            '<wsdl:operation name="Parking"><soap12:operation soapAction="/Parking"/><wsdl:input><soap12:header '
            'message="tns:Header" part="ChargeBoxIdentity" use="literal"/><soap12:body use="literal"/></wsdl:input>'
            '<wsdl:output><soap12:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>',
        ),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the vendors' packages are generated."""
    return tmp_path_factory.mktemp("vendors")


@pytest.fixture(scope="module")
def depot(folder: Path) -> ModuleType:
    """The package of a service that has nothing to do with OCPP."""
    return package_of(folder, VENDOR_DIR, "acme_depot", "depot.parking")


@pytest.fixture(scope="module")
def extended(folder: Path) -> ModuleType:
    """The package of a vendor's 1.5, from a flat folder."""
    wsdl_dir = write_tree(folder / "wsdl", {"central-system.wsdl": extended_wsdl()})
    return package_of(folder, wsdl_dir, "acme_ocpp")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False)
@given(data=st.data())
def test_messages_of_another_service_agree_with_schema_and_oracle(depot: ModuleType, data: st.DataObject) -> None:
    """Two namespaces, unqualified children, dates, decimals, attributes, bytes, nil, recursion: all readers agree."""
    service: Service = depot.SERVICE
    operation = data.draw(st.sampled_from(list(service.operations.values())))
    codec = data.draw(st.sampled_from([operation.request, operation.response]))
    message = data.draw(messages(codec.type))
    text = codec.encode(message)
    schema_of(service).assertValid(etree.fromstring(text))
    check_readers(codec, etree.fromstring(text), text, message)
    rendered = SERIALIZER.render(message, ns_map={"p": codec.namespace})
    check_readers(codec, etree.fromstring(rendered.encode()), rendered, message)


def test_service_of_another_kind_knows_what_it_is(depot: ModuleType) -> None:
    """Names, actions by WS-Addressing's default pattern, no header, no OCPP version."""
    service: Service = depot.SERVICE
    assert (service.name, service.port, service.namespace) == ("Parking", "Soap12", "http://depot.example/parking")
    assert (service.identity_header, service.version, service.role) == (None, None, None)
    assert service.package == "acme_depot.depot.parking"
    assert [(o.method, o.request_action, o.response_action) for o in service.operations.values()] == [
        (
            "list_lots",
            "http://depot.example/parking/Parking/ask",
            "http://depot.example/parking/Parking/ListLotsResponse",
        ),
        ("reserve_lot", "urn:reserve", "http://depot.example/parking/Parking/ReserveLotResponse"),
        (
            "ping",
            "http://depot.example/parking/Parking/pingRequest",
            "http://depot.example/parking/Parking/pingResponse",
        ),
    ]


def valid_reservation(depot: ModuleType) -> dict[str, object]:
    """Return the fields of a request that can be written."""
    return {
        "urgent": True,
        "plate": "ZH 1234",
        "from_": datetime(2024, 1, 1, tzinfo=UTC).date(),
        "owner": depot.Person(id="p1", name="A", manager=depot.Contact(email="a@example")),
        "lot": [
            depot.Lot(
                number=1,
                height=2.5,
                rate=[depot.Rate(value=Decimal("1.50"), per="PT1H"), depot.Rate(value=Decimal(2), per="P1D")],
            )
        ],
        "class_": 7,
        "list_": [1],
        "mode": depot.ReserveLotMode.A_B,
    }


def test_writing_a_valid_request_spells_every_part(depot: ModuleType) -> None:
    """Default namespaces change where the schema says so; nil, defaults and attributes are written."""
    text = depot.SERVICE.operations["ReserveLot"].request.encode(depot.ReserveLot(**valid_reservation(depot)))
    assert text.startswith('<reserveLot xmlns="http://depot.example/parking" urgent="true" version="3">')
    assert '<owner xmlns="http://depot.example/common" active="true" id="p1"><name>A</name>' in text
    assert '<free xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>' in text
    assert '<rate currency="EUR" per="PT1H">1.50</rate>' in text
    assert "a &amp; b" in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plate", "A"),
        ("plate", "ABCDEFGHIJK"),
        ("plate", "zh 1"),
        ("plate", 1),
        ("plate", None),
        ("from_", "2024-01-01"),
        ("urgent", None),
        ("urgent", "yes"),
        ("version", 2**31),
        ("lang", "d e"),
        ("class_", 256),
        ("class_", -1),
        ("class_", True),
        ("list_", []),
        ("list_", [2**63]),
        ("list_", "12"),
        ("ticket", "text"),
        ("digest", b"123"),
        ("mode", "+"),
        ("owner", None),
        ("lot", None),
        ("note", "\x00"),
    ],
)
def test_writing_what_the_schema_forbids_is_an_error_that_names_the_field(
    field: str, value: object, depot: ModuleType
) -> None:
    """Writing never emits what the schema forbids."""
    message = depot.ReserveLot(**{**valid_reservation(depot), field: value})
    with pytest.raises(MessageError) as caught:
        depot.SERVICE.operations["ReserveLot"].request.encode(message)
    assert caught.value.path.startswith(f"reserveLot/{'@' if field in {'urgent', 'version', 'lang'} else ''}")
    assert field.rstrip("_") in caught.value.path


@pytest.mark.parametrize(
    ("value", "rates"),
    [
        ("0.001", 2),
        ("0", 2),
        ("10", 2),
        ("NaN", 2),
        ("1.234", 2),
        ("1.5", 1),
        ("1.5", 4),
    ],
)
def test_writing_a_rate_out_of_bounds_is_an_error(value: str, rates: int, depot: ModuleType) -> None:
    """Ranges, digits and occurrence of nested values are held as well."""
    lot = depot.Lot(number=1, height=1.0, rate=[depot.Rate(value=Decimal(value), per="P1D")] * rates)
    message = depot.ReserveLot(**{**valid_reservation(depot), "lot": [lot]})
    with pytest.raises(MessageError, match=r"^reserveLot/lot\[1\]/rate"):
        depot.SERVICE.operations["ReserveLot"].request.encode(message)


@pytest.mark.parametrize("amount", ["1234567", "12345.67", "100000.1", "1E+6"])
def test_writing_too_many_digits_is_an_error(amount: str, depot: ModuleType) -> None:
    """Six digits in all mean six digits in plain notation."""
    with pytest.raises(MessageError, match=r"^pong/amount"):
        depot.SERVICE.operations["ping"].response.encode(depot.Pong(amount=Decimal(amount), share=0.5))


def test_recursive_message_round_trips_at_any_depth(depot: ModuleType) -> None:
    """A type that holds itself has no straight-line code, and is read and written all the same."""
    codec = depot.SERVICE.operations["ListLots"].request
    message = depot.ListLots(not_=[depot.Filter(not_=[depot.Filter(free=True)]), depot.Filter()])
    assert codec.decode(etree.fromstring(codec.encode(message)), []) == message


def test_extended_ocpp_is_still_ocpp(extended: ModuleType) -> None:
    """The namespace says version and role; own operations and fields are there beside the standard's."""
    assert extended.SERVICE.version is OcppVersion.V15
    assert extended.SERVICE.role is Role.CENTRAL_SYSTEM
    assert extended.SERVICE.identity_header == "chargeBoxIdentity"
    assert extended.PARKING.response_action == "urn://Ocpp/Cs/2012/06/CentralSystemService/ParkingResponse"
    assert len(extended.SERVICE.operations) == 11
    request = extended.StartTransactionRequest(
        connector_id=1, id_tag="A", timestamp=datetime(2024, 1, 1, tzinfo=UTC), tariff="night", meter_start=0
    )
    assert "<tariff>night</tariff><meterStart>" in extended.START_TRANSACTION.request.encode(request)


def test_extended_ocpp_type_under_another_message_name_is_copied(extended: ModuleType) -> None:
    """IdTagInfo is the request of Parking and a field of other messages: two classes, each with its name."""
    assert extended.ParkingRequest is not extended.IdTagInfo
    assert extended.ParkingRequest.Meta.name == "parkingRequest"
    codec = extended.PARKING.request
    request = extended.ParkingRequest(status=extended.AuthorizationStatus.ACCEPTED)
    assert codec.decode(etree.fromstring(codec.encode(request)), []) == request


@pytest.mark.anyio
async def test_client_stub_passes_its_arguments_on(extended: ModuleType) -> None:
    """Keyword arguments become the request; the reply comes back as it is."""
    caller = Recorder(extended.ParkingResponse(lot=3))
    client = extended.CentralSystemClient(caller)
    reply = await client.parking(status=extended.AuthorizationStatus.BLOCKED, parent_id_tag="B")
    assert reply is caller.reply
    assert caller.request == extended.ParkingRequest(status=extended.AuthorizationStatus.BLOCKED, parent_id_tag="B")


@pytest.mark.anyio
async def test_handler_operation_that_is_not_overridden_is_not_supported(extended: ModuleType) -> None:
    """The interface answers NotSupported by itself, and its methods are those of the service."""
    call = Call(operation=extended.PARKING, charge_box_identity="CP1", addressing=Addressing())
    handler = extended.CentralSystemHandler()
    with pytest.raises(NotSupportedError, match="Parking is not supported"):
        await handler.parking(extended.ParkingRequest(status=extended.AuthorizationStatus.ACCEPTED), call)
    methods = {name for name, _ in inspect.getmembers(handler, inspect.iscoroutinefunction)}
    assert methods == {operation.method for operation in extended.SERVICE.operations.values()}


def test_packages_of_vendors_are_accepted_by_mypy(folder: Path, depot: ModuleType, extended: ModuleType) -> None:
    """mypy --strict has nothing to say about generated code."""
    packages = [str(folder / module.__name__.split(".")[0]) for module in (depot, extended)]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join([str(folder), str(ROOT / "src")])}
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unreachable", f"--cache-dir={folder / 'cache'}"]
    done = subprocess.run(
        [*command, *packages], cwd=folder, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
