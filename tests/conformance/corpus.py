"""Where messages lie, what is known about each, and which operation a reply without an expectation answers."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.operation import AnyOperation, Service
from ocpp_sdk.soap.dispatch import OperationIndex

HERE: Final = Path(__file__).parent
VECTORS: Final = HERE / "vectors"
EXPECTED: Final = HERE / "expected"
FIELD_EXPECTED: Final = EXPECTED / "field"
SHARED: Final = HERE.parents[2] / "shared" / "corpus"
ENVIRONMENT: Final = "OCPP_CORPUS"

SERVICES: Final[tuple[Service, ...]] = tuple(
    service for version in (v12, v15, v16) for service in (version.central_system.SERVICE, version.charge_point.SERVICE)
)
INDEX: Final = OperationIndex(SERVICES)
_NAME: Final = re.compile(r"v(?P<version>1[256])_(?P<role>cs|cp)_(?P<operation>[a-z]+)_(?:req|conf)").search
_RELATES_TO: Final = re.compile(rb"<(?:[\w.-]{1,64}:)?RelatesTo(?:\s[^<>]*)?>([^<]*)<").search

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The request that a reply answers."""

    operation: AnyOperation
    message_id: str


@dataclass(frozen=True)
class Case:
    """One message and where its expectation lies, if it has one."""

    path: Path
    label: str
    expectation: Path

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()

    def expected(self) -> Json | None:
        if not self.expectation.is_file():
            return None
        found: Json = json.loads(self.expectation.read_text("utf-8"))
        return found

    def __str__(self) -> str:
        return self.label


def own_cases() -> list[Case]:
    """Return the vectors of this project."""
    return [
        Case(path, path.relative_to(VECTORS).with_suffix("").as_posix(), _beside(path))
        for path in sorted(VECTORS.rglob("*.xml"))
    ]


def _beside(path: Path) -> Path:
    return (EXPECTED / path.relative_to(VECTORS)).with_suffix(".json")


def field_cases(folder: Path) -> list[Case]:
    """Return the messages of another folder; expectations go by the name of the file."""
    return [
        Case(path, path.relative_to(folder).as_posix(), FIELD_EXPECTED / f"{path.stem}.json")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix.lower() not in {".tsv", ".md", ".json", ".txt", ".py"}
    ]


def field_folders() -> list[Path]:
    """Return the folders of others that are there: the shared one, and what the environment names."""
    named = [Path(part) for part in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if part]
    for folder in named:
        if not folder.is_dir():
            raise FileNotFoundError(f"{ENVIRONMENT}: {folder} is no folder")
    return [SHARED, *named] if SHARED.is_dir() else named


def operation_named(text: str) -> AnyOperation:
    """Return the operation that an expectation names, as `1.5 central_system Heartbeat`."""
    version, role, name = text.split()
    (service,) = (one for one in SERVICES if (one.version, one.role) == (version, role))
    return service.operations[name]


def name_of(operation: AnyOperation) -> str:
    """Return the name that expectations have for an operation."""
    return f"{operation.service.version} {operation.service.role} {operation.name}"


def is_reply(case: Case) -> bool:
    """Tell replies from requests by the payload; where there is none to see, by the name of the file."""
    payload = _payload(case.data)
    if payload is None:
        return re.search(r"_conf|response|reply|fault", case.path.stem.lower()) is not None
    return payload[1].lower().endswith("response") or payload[1].lower() == "fault"


def asked_for(case: Case) -> Asked:
    """Guess the request that a reply answers: by the name of the file, else by the payload."""
    related = _RELATES_TO(case.data)
    message_id = related[1].decode("utf-8", "replace").strip() if related else ""
    named = _NAME(case.path.stem.lower())
    if named is not None:
        role = "central_system" if named["role"] == "cs" else "charge_point"
        version = f"1.{named['version'][1]}"
        for service in SERVICES:
            for operation in service.operations.values():
                if (service.version, service.role, operation.name.lower()) == (version, role, named["operation"]):
                    return Asked(operation, message_id)
    namespace, local = _payload(case.data) or ("", "")
    folded = local.lower().removesuffix("response")
    candidates = [operation for service in SERVICES for operation in service.operations.values()]
    candidates.sort(key=lambda one: (one.name.lower() != folded, one.service.namespace != namespace))
    return Asked(candidates[0], message_id)


def _payload(data: bytes) -> tuple[str, str] | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError:
        return None
    if root is None:
        return None
    for element in root.iter("{*}Body"):
        for child in element.iterchildren("{*}*"):
            # A prefix that nobody declared stays within the name.
            namespace, _, local = str(child.tag).rpartition("}")
            return namespace.removeprefix("{"), local.rpartition(":")[2]
    return None
