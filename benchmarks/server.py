"""Serving Authorize over 32 keep-alive connections: this SDK, strong-soap, and uvicorn with fixed bytes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from lxml import etree

from benchmarks.load import LoadError, LoadGenerator, LoadResult, unchunked
from benchmarks.measuring import Pace, Series, rotated, steady_gc
from benchmarks.messages import CENTRAL_SYSTEM, CHARGE_POINT, IDENTITY, WSDLS
from benchmarks.peers.npm_peer import NpmError, install
from benchmarks.processes import Cores, choose_cores, pinned, python_server, server
from benchmarks.report import Row, faster
from ocpp_sdk import v15
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.soap.exchange import encode_request
from ocpp_sdk.soap.namespaces import WSA

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

    def add(self, result: LoadResult) -> None:
        self.rates.append(result.rate)
        self.p99.append(result.percentile(0.99))
        self.p50.append(result.percentile(0.5))


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
    """See that replies are what they should be.

    Raises:
        LoadError: one is not.
    """
    for number, body in result.samples:
        document = body.lstrip() if body.lstrip().startswith(b"<") else unchunked(body).lstrip()
        root = etree.fromstring(document)
        status = root.findtext(f".//{{{v15.AUTHORIZE.service.namespace}}}status")
        related = root.findtext(f".//{{{WSA}}}RelatesTo")
        if status != "Accepted" or (name == "sdk" and related != message_id(number)):
            raise LoadError(f"{name}: status {status}, RelatesTo {related}")


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure all servers in turns."""
    cores = choose_cores()
    notes.append(f"server: {cores}; {CONNECTIONS} connections; gc of the servers as each sets it")
    commands = {"sdk": python_server("sdk"), "fixed": python_server("fixed")}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(server(command, cores.servers)) for name, command in commands.items()}
        try:
            folder = install()
            node = ["node", "server.js", str(WSDLS / "central_system.wsdl")]
            ports["strong-soap"] = stack.enter_context(server(node, cores.servers, folder))
        except NpmError as error:
            notes.append(f"server: rows of strong-soap not run, {error}")
        found = measure(ports, cores, pace)
    return rows_of({name: (Series(tuple(m.rates)), Series(tuple(m.p99))) for name, m in found.items()}, found, notes)


def measure(ports: dict[str, int], cores: Cores, pace: Pace) -> dict[str, Measured]:
    """Load every server in every round."""
    found = {name: Measured() for name in ports}
    requests = http_requests()
    with ExitStack() as stack, steady_gc():
        stack.enter_context(pinned(cores.callers))
        generators = {
            name: stack.enter_context(LoadGenerator(port, requests, b"Accepted", CONNECTIONS))
            for name, port in ports.items()
        }
        for name, generator in generators.items():
            check(name, generator.run(pace.load_warm_up_s))
        for turn in range(pace.load_rounds):
            for name in rotated(list(ports), turn):
                result = generators[name].run(pace.load_s)
                check(name, result)
                found[name].add(result)
    return found


def rows_of(series: dict[str, tuple[Series, Series]], found: dict[str, Measured], notes: list[str]) -> list[Row]:
    """Make the rows, and a note with the latencies."""
    sdk_rate, sdk_p99 = series["sdk"]
    rows: list[Row] = []
    if "strong-soap" in series:
        rate, p99 = series["strong-soap"]
        rows.append(
            faster("server", "Authorize, 32 connections", "npm strong-soap", sdk_rate, rate, "/s", AGAINST_STRONG_SOAP)
        )
        rows.append(faster("server", "the same, p99", "npm strong-soap", sdk_p99, p99, "ms", LOWER))
    fixed = series["fixed"][0]
    rows.append(
        faster("server", "Authorize, 32 connections", "uvicorn, fixed bytes", sdk_rate, fixed, "/s", AGAINST_FIXED)
    )
    for name, measured in found.items():
        p50 = Series(tuple(measured.p50)).median
        notes.append(f"server: latency of {name}: p50 {p50 * 1e3:.1f} ms, p99 {series[name][1].median * 1e3:.1f} ms")
    return rows
