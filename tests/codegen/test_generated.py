"""What is true of the generated code that is shipped."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.operation import OcppVersion, Role, Service

ROOT = Path(__file__).parents[2]
VERSIONS = {OcppVersion.V12: v12, OcppVersion.V15: v15, OcppVersion.V16: v16}
SERVICES = [
    pytest.param(getattr(module, role.value), version, role, id=f"{version}-{role}")
    for version, module in VERSIONS.items()
    for role in Role
]
FACES = [pytest.param(module, id=version) for version, module in VERSIONS.items()]


@pytest.mark.parametrize(("module", "version", "role"), SERVICES)
def test_service_operations_are_those_of_the_fact_sheet(module: ModuleType, version: OcppVersion, role: Role) -> None:
    """Names, actions and payload elements of every operation, as the fact sheet has them."""
    sheet = json.loads((ROOT / "tests" / "facts" / f"messages_v{version.replace('.', '')}.json").read_text())
    service: Service = module.SERVICE
    (facts,) = (entry for entry in sheet["services"] if entry["targetNamespace"] == service.namespace)
    assert (service.version, service.role, service.identity_header) == (version, role, "chargeBoxIdentity")
    default = f"{service.namespace}{service.name}/"
    assert {
        operation.name: (
            operation.soap_action,
            operation.request_action,
            operation.response_action,
            operation.request.element,
            operation.response.element,
        )
        for operation in service.operations.values()
    } == {
        fact["name"]: (
            fact["soapAction"],
            fact["inputAction"],
            fact["outputAction"] or f"{default}{fact['name']}Response",
            fact["requestElement"],
            fact["responseElement"],
        )
        for fact in facts["operations"]
    }


@pytest.mark.parametrize(("module", "version", "role"), SERVICES)
def test_public_names_of_a_service_are_all_there(module: ModuleType, version: OcppVersion, role: Role) -> None:
    """`__all__` is sorted by ruff's rule, has no name twice, and each name is bound and documented."""
    for part in (
        module,
        *(importlib.import_module(f"{module.__name__}.{n}") for n in ("types", "codec", "operations")),
    ):
        assert len(set(part.__all__)) == len(part.__all__)
        for name in part.__all__:
            found = getattr(part, name)
            assert not inspect.isclass(found) or inspect.getdoc(found)


@pytest.mark.parametrize(("module", "version", "role"), SERVICES)
def test_types_of_a_service_are_slotted_dataclasses_or_string_enumerations(
    module: ModuleType, version: OcppVersion, role: Role
) -> None:
    """Messages take keywords only, have slots and stay mutable; enumerations are text."""
    types = importlib.import_module(f"{module.__name__}.types")
    for name in types.__all__:
        kind = getattr(types, name)
        if issubclass(kind, StrEnum):
            assert all(member.name == member.name.upper() for member in kind)
            continue
        assert dataclasses.is_dataclass(kind)
        assert "__dict__" not in dir(kind)
        assert all(field.kw_only and field.name.islower() for field in dataclasses.fields(kind))


@pytest.mark.parametrize(("module", "version", "role"), SERVICES)
def test_stub_and_handler_document_every_operation(module: ModuleType, version: OcppVersion, role: Role) -> None:
    """Arguments, reply, errors with what to retry, and the source stand in the docstring of each method."""
    stem = "CentralSystem" if role is Role.CENTRAL_SYSTEM else "ChargePoint"
    client, handler = getattr(module, f"{stem}Client"), getattr(module, f"{stem}Handler")
    for operation in module.SERVICE.operations.values():
        doc = inspect.getdoc(getattr(client, operation.method)) or ""
        fields = dataclasses.fields(operation.request.type)
        assert ("Args:" in doc) == bool(fields)
        assert all(f"    {field.name}: " in doc for field in fields)
        for words in ("Returns:", "Raises:", "FaultError: ", "CallError: ", "MessageError: ", "retry"):
            assert words in doc
        for text in (doc, inspect.getdoc(getattr(handler, operation.method)) or ""):
            assert f"Source: WSDL operation {operation.name} of {module.SERVICE.namespace}." in text


@pytest.mark.parametrize("face", FACES)
def test_face_of_a_version_has_what_only_one_service_defines(face: ModuleType) -> None:
    """Names that both services have are reached through the service only."""
    own, other = set(face.central_system.__all__), set(face.charge_point.__all__)
    assert set(face.__all__) == (own ^ other) | {"central_system", "charge_point"}
    for name in own - other:
        assert getattr(face, name) is getattr(face.central_system, name)
    for name in own & other:
        assert not hasattr(face, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("KWH", "kWh"), ("KVARH", "kvarh"), ("SOC", "SoC"), ("L1_N", "L1-N"), ("SUSPENDED_EVSE", "SuspendedEVSE")],
)
def test_members_of_enumerations_are_spelled_as_people_say_them(name: str, value: str) -> None:
    """Units and states have no letters torn apart."""
    members = {
        member.name: member.value
        for kind in vars(v16.central_system).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum)
        for member in kind
    }
    assert members[name] == value


def test_import_of_a_version_loads_neither_xsdata_nor_a_client() -> None:
    """Generated code stands on the codec alone; xsdata is for those who want it."""
    program = (
        "import sys; import ocpp_sdk.generated.v15; "
        "print(sorted({'xsdata', 'hypothesis', 'jinja2', 'ocpp_sdk.generated.v16'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
