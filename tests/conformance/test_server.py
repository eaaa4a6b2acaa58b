"""Every message of every corpus folder, posted to a real server that serves all services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from lxml import etree

from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import Role
from ocpp_sdk.server import ServerSettings, SoapServer
from ocpp_sdk.server.run import serve
from ocpp_sdk.soap.exchange import Incoming, fault_for, salvage
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, UNSPECIFIED, WSA
from tests.conformance.corpus import INDEX, SERVICES, Case, field_cases, field_folders, own_cases
from tests.conformance.invariants import soap_schema
from tests.conformance.outcome import Read, read
from tests.conformance.samples import samples
from tests.integration.server.wire import HttpReply, post

CASES = [*own_cases(), *(case for folder in field_folders() for case in field_cases(folder))]
CASES += [Case(sample.path, f"exact/{sample}", sample.path) for sample in samples() if sample.is_request]


def make_server(*, strict: bool = False) -> SoapServer:
    """Serve all services with the handlers that answer NotSupported."""
    server = SoapServer(SERVICES, settings=ServerSettings(strict=strict))
    for service in SERVICES:
        server.serve(service, _default_handler(service.package))
    return server


def _default_handler(package: str) -> object:
    from importlib import import_module

    module = import_module(package)
    (name,) = (name for name in dir(module) if name in {"CentralSystemHandler", "ChargePointHandler"})
    made: Callable[[], object] = getattr(module, name)
    return made()


@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
def test_server_answers_every_message_of_the_corpus_with_soap(strict: bool) -> None:
    """An envelope as SOAP 1.2 has it, with the status of its fault, and related to the request where that had an id."""

    async def run() -> list[tuple[Case, HttpReply]]:
        async with serve(make_server(strict=strict)) as address:
            return [(case, await post(address, case.data)) for case in CASES]

    complaints = [
        f"{case.label}: {complaint}"
        for case, reply in asyncio.run(run())
        for complaint in complaints_about(case.data, reply, strict=strict)
    ]
    assert complaints == []


def admitted(request: Read) -> bool:
    """Tell whether a request comes to its handler: one without an identity is none that a central system answers."""
    if isinstance(request, Incoming):
        return bool(request.charge_box_identity) or request.operation.service.role is Role.CHARGE_POINT
    return False


def subcode_of(request: Read) -> str | None:
    return fault_for(request).subcode if isinstance(request, OcppError) else "ProtocolError"


def complaints_about(data: bytes, reply: HttpReply, *, strict: bool) -> list[str]:
    """Return what is wrong with an answer."""
    if not reply.headers.get("content-type", "").startswith("application/soap+xml"):
        return [f"HTTP {reply.status} with {reply.headers.get('content-type')}"]
    root = etree.fromstring(reply.body)
    found: list[str] = []
    if not soap_schema().validate(root):
        found.append("no SOAP 1.2: " + str(soap_schema().error_log))
    # All handlers are those that answer NotSupported, so each answer is a fault.
    code = (root.findtext(f".//{{{SOAP}}}Code/{{{SOAP}}}Value") or "").rpartition(":")[2]
    expected = 400 if code == "Sender" else 500
    if reply.status != expected:
        found.append(f"HTTP {reply.status}, not {expected}, for {code or 'no fault'}")
    request = read(data, None, strict=strict)
    wanted = "NotSupported" if admitted(request) else subcode_of(request)
    subcode = (root.findtext(f".//{{{SOAP}}}Subcode/{{{SOAP}}}Value") or "").rpartition(":")[2]
    if subcode != (wanted or ""):
        found.append(f"subcode {subcode}, not {wanted}")
    related = root.findtext(f"{{{SOAP}}}Header/{{{WSA}}}RelatesTo")
    asked = (
        request.addressing.message_id if isinstance(request, Incoming) else salvage(data, INDEX).addressing.message_id
    )
    if related != (asked or UNSPECIFIED):
        found.append(f"RelatesTo {related}, not {asked}")
    if root.findtext(f"{{{SOAP}}}Header/{{{WSA}}}To") != ANONYMOUS:
        found.append("To is not anonymous")
    return found
