"""The WSDLs of this project declare what the fact sheets state, all of it and nothing else."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from tests.wsdl.comparing import (
    SERVICES,
    VERSIONS,
    WSDL_DIR,
    compare,
    compare_service,
    load_sheet,
    sheet_facts,
)
from tests.wsdl.reading import Facts, WsdlReader

NAMESPACES = {
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "xsd": "http://www.w3.org/2001/XMLSchema",
}
WSAW_ACTION = "{http://www.w3.org/2006/05/addressing/wsdl}Action"
EACH_SERVICE = [pytest.param(v, s, id=f"{v}-{s}") for v in VERSIONS for s in SERVICES]


def wsdl_path(version: str, service: str) -> Path:
    return WSDL_DIR / version / f"{service}.wsdl"


def _each_kind() -> list[object]:
    """One case for every key that the sheet or the WSDL has at the top of a service."""
    return [
        pytest.param(version, service, kind, id=f"{version}-{service}-{kind}")
        for version in VERSIONS
        for service in SERVICES
        for kind in sheet_facts(version, service) | WsdlReader(wsdl_path(version, service)).facts
    ]


@pytest.mark.parametrize(("version", "service", "kind"), _each_kind())
def test_wsdl_compared_with_fact_sheet_declares_the_same(version: str, service: str, kind: str) -> None:
    """Every value of the fact sheet is in the WSDL, and the WSDL declares no other."""
    facts, declared = sheet_facts(version, service), WsdlReader(wsdl_path(version, service)).facts
    differences = compare(_of_kind(facts, kind), _of_kind(declared, kind))
    assert not list(differences)


def _of_kind(facts: Facts, kind: str) -> Facts:
    return {kind: facts[kind]} if kind in facts else {}


@pytest.mark.parametrize(("version", "service"), EACH_SERVICE)
def test_wsdl_markup_beyond_the_facts_is_absent(version: str, service: str) -> None:
    """The WSDL holds no attribute or element that the fact sheet has no word for."""
    assert not WsdlReader(wsdl_path(version, service)).unexpected


@pytest.mark.parametrize("version", VERSIONS)
def test_fact_sheet_top_level_names_the_version_and_both_services(version: str) -> None:
    """The head of a sheet holds nothing that the other tests would pass by."""
    sheet = load_sheet(version)
    assert sheet.keys() == {"version", "services"}
    assert sheet["version"] == VERSIONS[version]
    services = sheet["services"]
    assert isinstance(services, list)
    assert len(services) == len(SERVICES)


@pytest.mark.parametrize(("version", "service"), EACH_SERVICE)
def test_wsdl_schema_taken_out_validates_the_header_element(version: str, service: str) -> None:
    """The schema inside each WSDL compiles by itself, knows its own elements and no others."""
    schema_node = etree.parse(wsdl_path(version, service)).find(".//xsd:schema", NAMESPACES)
    assert schema_node is not None
    schema = etree.XMLSchema(schema_node)
    namespace = schema_node.get("targetNamespace")
    assert schema.validate(etree.fromstring(f'<chargeBoxIdentity xmlns="{namespace}">CP1</chargeBoxIdentity>'))
    assert not schema.validate(etree.fromstring(f'<chargeBoxId xmlns="{namespace}">CP1</chargeBoxId>'))


@pytest.mark.parametrize(("version", "service"), EACH_SERVICE)
def test_wsdl_loaded_by_zeep_offers_every_operation(version: str, service: str) -> None:
    """A WSDL reader written by others finds every operation with its soapAction."""
    zeep = pytest.importorskip("zeep")
    (binding,) = zeep.Client(str(wsdl_path(version, service))).wsdl.bindings.values()
    found = {name: operation.soapaction for name, operation in binding._operations.items()}
    operations = sheet_facts(version, service)["operations"]
    assert isinstance(operations, list)
    assert found == {operation["name"]: operation["soapAction"] for operation in operations}


@pytest.mark.parametrize(("version", "service"), EACH_SERVICE)
def test_wsdl_operation_carries_documentation(version: str, service: str) -> None:
    """Every operation says in one sentence what it does, which becomes a docstring."""
    operations = etree.parse(wsdl_path(version, service)).findall("wsdl:portType/wsdl:operation", NAMESPACES)
    texts = {op.get("name"): (op.findtext("wsdl:documentation", "", NAMESPACES)).strip() for op in operations}
    assert texts
    assert [name for name, text in texts.items() if not text.endswith(".")] == []


def _only(tree: etree._ElementTree, path: str) -> etree._Element:
    found = tree.getroot().findall(path, NAMESPACES)
    assert len(found) == 1, f"{path} finds {len(found)}"
    return found[0]


def _set(path: str, name: str, value: str) -> Callable[[etree._ElementTree], None]:
    return lambda tree: _only(tree, path).set(name, value)


def _unset(path: str, name: str) -> Callable[[etree._ElementTree], None]:
    def change(tree: etree._ElementTree) -> None:
        del _only(tree, path).attrib[name]

    return change


def _remove(path: str) -> Callable[[etree._ElementTree], None]:
    def change(tree: etree._ElementTree) -> None:
        node = _only(tree, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return change


def _move_last(path: str) -> Callable[[etree._ElementTree], None]:
    def change(tree: etree._ElementTree) -> None:
        node = _only(tree, path)
        parent = node.getparent()
        assert parent is not None
        parent.append(node)

    return change


def _add(path: str, tag: str, **attributes: str) -> Callable[[etree._ElementTree], None]:
    def change(tree: etree._ElementTree) -> None:
        prefix, _, local = tag.partition(":")
        etree.SubElement(_only(tree, path), f"{{{NAMESPACES[prefix]}}}{local}", attributes)

    return change


def _copy_header_to_output(tree: etree._ElementTree) -> None:
    header = _only(tree, f"{BOUND}/wsdl:input/soap12:header")
    _only(tree, f"{BOUND}/wsdl:output").append(copy.deepcopy(header))


SCHEMA = "wsdl:types/xsd:schema"
BOOT = f"{SCHEMA}/xsd:complexType[@name='BootNotificationRequest']/xsd:sequence"
SERIAL = f"{BOOT}/xsd:element[@name='chargePointSerialNumber']"
METER_VALUE = f"{SCHEMA}/xsd:complexType[@name='MeterValue']/xsd:sequence/xsd:element[@name='value']"
UNIT = f"{METER_VALUE}/xsd:complexType/xsd:simpleContent/xsd:extension/xsd:attribute[@name='unit']"
ID_TOKEN = f"{SCHEMA}/xsd:simpleType[@name='IdToken']/xsd:restriction"
LOCATION = f"{SCHEMA}/xsd:simpleType[@name='Location']/xsd:restriction"
OPERATION = "wsdl:portType/wsdl:operation[@name='BootNotification']"
BOUND = "wsdl:binding/wsdl:operation[@name='BootNotification']"

MUTATIONS = {
    "optional made required": (
        _unset(SERIAL, "minOccurs"),
        "BootNotificationRequest.fields.chargePointSerialNumber.min",
    ),
    "single made repeated": (_set(SERIAL, "maxOccurs", "unbounded"), "fields.chargePointSerialNumber.max"),
    "made nillable": (_set(SERIAL, "nillable", "true"), "fields.chargePointSerialNumber.nillable"),
    "other type": (_set(SERIAL, "type", "xsd:string"), "fields.chargePointSerialNumber.type"),
    "default given": (_set(SERIAL, "default", "x"), "element chargePointSerialNumber has the attribute default"),
    "field removed": (_remove(SERIAL), "fields.chargePointSerialNumber: only in the facts"),
    "field added": (
        _add(BOOT, "xsd:element", name="extra", type="xsd:string"),
        "types.BootNotificationRequest.fields.extra: only in the WSDL",
    ),
    "fields reordered": (_move_last(SERIAL), "types.BootNotificationRequest.fields: order"),
    "wildcard added": (_add(BOOT, "xsd:any"), "sequence has the child {http://www.w3.org/2001/XMLSchema}any"),
    "sequence turned into all": (
        lambda tree: setattr(_only(tree, BOOT), "tag", f"{{{NAMESPACES['xsd']}}}all"),
        "types.BootNotificationRequest.group",
    ),
    "facet changed": (_set(f"{ID_TOKEN}/xsd:maxLength", "value", "21"), "types.IdToken.maxLength"),
    "facet removed": (_remove(f"{ID_TOKEN}/xsd:maxLength"), "types.IdToken.maxLength: only in the facts"),
    "facet added": (_add(ID_TOKEN, "xsd:minLength", value="1"), "types.IdToken.minLength: only in the WSDL"),
    "enumeration value removed": (
        _remove(f"{LOCATION}/xsd:enumeration[@value='Inlet']"),
        "types.Location.enum.Inlet: only in the facts",
    ),
    "enumeration value added": (
        _add(LOCATION, "xsd:enumeration", value="Roof"),
        "types.Location.enum.Roof: only in the WSDL",
    ),
    "enumeration value repeated": (
        _add(LOCATION, "xsd:enumeration", value="Inlet"),
        "types.Location.enum: 3 entries in the facts, 4 in the WSDL",
    ),
    "attribute required": (_set(UNIT, "use", "required"), "MeterValue.fields.value.inline.attributes.unit.use"),
    "attribute default unsaid": (
        _remove(f"{UNIT}/xsd:annotation"),
        "MeterValue.fields.value.inline.attributes.unit.comment_default",
    ),
    "request action": (
        _set(f"{OPERATION}/wsdl:input", WSAW_ACTION, "/Boot"),
        "operations.BootNotification.inputAction",
    ),
    "response action": (_unset(f"{OPERATION}/wsdl:output", WSAW_ACTION), "operations.BootNotification.outputAction"),
    "soapAction": (_set(f"{BOUND}/soap12:operation", "soapAction", ""), "operations.BootNotification.soapAction"),
    "request header removed": (
        _remove(f"{BOUND}/wsdl:input/soap12:header"),
        "operations.BootNotification.inputHeaders",
    ),
    "response header added": (_copy_header_to_output, "operations.BootNotification.outputHeaders"),
    "body encoded": (_set(f"{BOUND}/wsdl:input/soap12:body", "use", "encoded"), "body is not literal"),
    "fault added": (_add(OPERATION, "wsdl:fault", name="Oops"), "operations.BootNotification.faults"),
    "operation not bound": (_remove(BOUND), "missing_binding"),
    "header part renamed": (_set("wsdl:message[@name='Header']/wsdl:part", "name", "Id"), "messages.Header.[0].part"),
    "children unqualified": (_unset(SCHEMA, "elementFormDefault"), "elementFormDefault"),
    "port renamed": (_set("wsdl:service/wsdl:port", "name", "Port"), "services.[0].port"),
    "global element retyped": (
        _set(f"{SCHEMA}/xsd:element[@name='heartbeatRequest']", "type", "xsd:string"),
        "elements.heartbeatRequest.type",
    ),
}


@pytest.mark.parametrize(("change", "named"), MUTATIONS.values(), ids=MUTATIONS.keys())
def test_comparison_mutated_wsdl_names_the_field(
    change: Callable[[etree._ElementTree], None], named: str, tmp_path: Path
) -> None:
    """A change of any kind in a WSDL is reported under the name of what changed."""
    tree = etree.parse(wsdl_path("v15", "central_system"))
    change(tree)
    mutated = tmp_path / "mutated.wsdl"
    tree.write(mutated)
    differences = compare_service(sheet_facts("v15", "central_system"), mutated)
    assert any(named in line for line in differences), differences


@pytest.mark.parametrize("version", ["v12"])
def test_comparison_output_action_in_12_is_reported(version: str, tmp_path: Path) -> None:
    """1.2 declares no action on responses, so one that appears is a difference."""
    tree = etree.parse(wsdl_path(version, "central_system"))
    _set(f"{OPERATION}/wsdl:output", WSAW_ACTION, "/BootNotificationResponse")(tree)
    tree.write(tmp_path / "mutated.wsdl")
    differences = compare_service(sheet_facts(version, "central_system"), tmp_path / "mutated.wsdl")
    assert differences == [
        "operations.BootNotification.outputAction: None in the facts, '/BootNotificationResponse' in the WSDL"
    ]


@pytest.mark.parametrize(
    "place",
    [(), ("types", "IdToken"), ("types", "MeterValue", "fields", 1, "inline"), ("operations", 0), ("binding",)],
    ids=["service", "simple type", "inline type", "operation", "binding"],
)
def test_comparison_unknown_fact_key_is_reported(place: tuple[str | int, ...]) -> None:
    """A key that the reader knows nothing of is a difference, so no fact is passed over in silence."""
    facts = sheet_facts("v15", "central_system")
    node: object = facts
    for step in place:
        node = node[step]  # type: ignore[index]  # the path is one of this very sheet
    assert isinstance(node, dict)
    node["novelty"] = 1
    (difference,) = compare_service(facts, wsdl_path("v15", "central_system"))
    assert "novelty: only in the facts: 1" in difference
