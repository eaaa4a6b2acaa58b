"""Serving Authorize over 32 keep-alive connections: this SDK, strong-soap, and uvicorn with fixed bytes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from lxml import etree

from benchmarks.load import LoadError, LoadGenerator, LoadResult, unchunked
from benchmarks.measuring import Pace, Series, rotated, steady_gc
from benchmarks.messages import CENTRAL_SYSTEM, CHARGE_POINT, IDENTITY, WSDLS
from benchmarks.peers.npm_peer import NpmError, install
from benchmarks.processes import Cores, Server, choose_cores, pinned, python_server, server
from benchmarks.report import Row, faster
from ocpp_sdk import v15
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.soap.exchange import encode_request
from ocpp_sdk.soap.namespaces import ANONYMOUS, WSA

CONNECTIONS = 32
REQUESTS = 512
AGAINST_STRONG_SOAP = 2.3
AGAINST_FIXED = 0.4
LOWER = 1.0


@dataclass
class Measured:
    """What one server did, a number a round."""

    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    per_core_s: list[float] = field(default_factory=list)

    def add(self, result: LoadResult, core_s: float) -> None:
        self.rates.append(result.rate)
        self.p99.append(result.percentile(0.99))
        self.p50.append(result.percentile(0.5))
        self.per_core_s.append(len(result.latencies_s) / core_s if core_s else 0.0)


def message_id(number: int) -> str:
    """Return the MessageID of one of the requests."""
    return f"urn:uuid:5d6e7f80-91a2-4b3c-8d4e-{number:012x}"


def http_requests() -> list[bytes]:
    """Return different Authorize requests as bytes, HTTP included."""
    found = []
    for number in range(REQUESTS):
        body = encode_request(
            v15.AUTHORIZE,
            v15.AuthorizeRequest(id_tag=f"04A1B2C3{number:06X}"),
            charge_box_identity=IDENTITY,
            message_id=message_id(number),
            to=CENTRAL_SYSTEM,
            from_address=CHARGE_POINT,
        )
        head = (
            f"POST {DEFAULT_PATH} HTTP/1.1\r\nHost: central.example.com:8080\r\nUser-Agent: benchmarks\r\n"
            'Content-Type: application/soap+xml; charset=utf-8; action="/Authorize"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        found.append(head.encode() + body)
    return found


def check(name: str, result: LoadResult) -> None:
    """See that replies are what they should be: accepted, and with the headers that OCPP asks of a reply.

    Raises:
        LoadError: one is not.
    """
    for number, body in result.samples:
        document = body.lstrip() if body.lstrip().startswith(b"<") else unchunked(body).lstrip()
        root = etree.fromstring(document)
        status = root.findtext(f".//{{{v15.AUTHORIZE.service.namespace}}}status")
        if status != "Accepted":
            raise LoadError(f"{name}: status {status}")
        action, own_id, related, to = (
            root.findtext(f".//{{{WSA}}}{header}") for header in ("Action", "MessageID", "RelatesTo", "To")
        )
        if action != v15.AUTHORIZE.response_action or not own_id or to != ANONYMOUS:
            raise LoadError(f"{name}: Action {action}, MessageID {own_id}, To {to}")
        # Fixed bytes relate to the same request for ever.
        if name != "fixed" and related != message_id(number):
            raise LoadError(f"{name}: RelatesTo {related} in the reply to {message_id(number)}")


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure all servers in turns."""
    cores = choose_cores()
    notes.append(f"server: {cores}; {CONNECTIONS} connections; gc of the servers as each sets it")
    commands = {"sdk": python_server("sdk"), "fixed": python_server("fixed")}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(server(command, cores.servers)) for name, command in commands.items()}
        try:
            folder = install()
            node = ["node", "server.js", str(WSDLS / "central_system.wsdl")]
            servers["strong-soap"] = stack.enter_context(server(node, cores.servers, folder))
        except NpmError as error:
            notes.append(f"server: rows of strong-soap not run, {error}")
        found = measure(servers, cores, pace)
    return rows_of(found, notes)


def measure(servers: dict[str, Server], cores: Cores, pace: Pace) -> dict[str, Measured]:
    """Load every server in every round."""
    found = {name: Measured() for name in servers}
    requests = http_requests()
    with ExitStack() as stack, steady_gc():
        stack.enter_context(pinned(cores.callers))
        generators = {
            name: stack.enter_context(LoadGenerator(each.port, requests, b"Accepted", CONNECTIONS))
            for name, each in servers.items()
        }
        for name, generator in generators.items():
            check(name, generator.run(pace.load_warm_up_s))
        for turn in range(pace.load_rounds):
            for name in rotated(list(servers), turn):
                before = servers[name].core_s()
                result = generators[name].run(pace.load_s)
                found[name].add(result, servers[name].core_s() - before)
                check(name, result)
    return found


def rows_of(found: dict[str, Measured], notes: list[str]) -> list[Row]:
    """Make the rows, and notes with the latencies."""
    rates = {name: Series(tuple(measured.rates)) for name, measured in found.items()}
    p99 = {name: Series(tuple(measured.p99)) for name, measured in found.items()}
    per_core_s = {name: Series(tuple(measured.per_core_s)) for name, measured in found.items()}
    what, alone = "Authorize, 32 connections", "the same, per second of its core"
    strong_soap, fixed = "npm strong-soap", "uvicorn, fixed bytes"
    rows: list[Row] = []
    if "strong-soap" in found:
        theirs = rates["strong-soap"]
        rows.append(faster("server", what, strong_soap, rates["sdk"], theirs, "/s", AGAINST_STRONG_SOAP))
        rows.append(faster("server", "the same, p99", strong_soap, p99["sdk"], p99["strong-soap"], "ms", LOWER))
    rows.append(faster("server", what, fixed, rates["sdk"], rates["fixed"], "/s", AGAINST_FIXED))
    if all(min(series.values) > 0 for series in per_core_s.values()):
        rows += [
            faster("server", alone, against, per_core_s["sdk"], per_core_s[name], "/s", None)
            for name, against in (("strong-soap", strong_soap), ("fixed", fixed))
            if name in found
        ]
    for name, measured in found.items():
        p50 = Series(tuple(measured.p50)).median
        notes.append(f"server: latency of {name}: p50 {p50 * 1e3:.1f} ms, p99 {p99[name].median * 1e3:.1f} ms")
    return rows
