"""Reading and writing whole messages: this SDK against xsdata, zeep, spyne, strong-soap, and a bare parse."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import ModuleType

from lxml import etree

from benchmarks.measuring import Pace, Series, Slice, calls, take_turns
from benchmarks.messages import Message, encode, messages
from benchmarks.peers import zeep_peer
from benchmarks.peers.npm_peer import NpmError, StrongSoap, strong_soap
from benchmarks.report import Row, costs, faster
from ocpp_sdk import v15
from ocpp_sdk.soap.dispatch import OperationIndex
from ocpp_sdk.soap.exchange import decode_request
from ocpp_sdk.soap.limits import Limits

INDEX = OperationIndex([v15.central_system.SERVICE, v15.charge_point.SERVICE])
LIMITS = Limits()
BARE_PARSE = {"boot": 2.5, "8 meter values": 2.8, "200 transactionData": 3.3, "1,000 list entries": 3.3}
XSDATA_PARSER = 10.0
XSDATA_SERIALIZER = {"boot": 50.0, "8 meter values": 40.0, "200 transactionData": 25.0, "1,000 list entries": 20.0}
STRONG_SOAP = 3.0
FASTER = 1.0


class WrongMessageError(Exception):
    """A contender does not do what it is measured for."""


def python_peers(notes: list[str]) -> dict[str, ModuleType]:
    """Return the peers that can be imported."""
    from benchmarks.peers import xsdata_peer

    found: dict[str, ModuleType] = {"xsdata": xsdata_peer, "zeep": zeep_peer}
    try:
        from benchmarks.peers import spyne_peer
    except ImportError as error:
        notes.append(f"spyne: not run, {error}")
    else:
        found["spyne"] = spyne_peer
    return found


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure all messages in both directions."""
    peers = python_peers(notes)
    decoded: list[Row] = []
    encoded: list[Row] = []
    with ExitStack() as stack:
        node: StrongSoap | None = None
        try:
            node = stack.enter_context(strong_soap())
        except NpmError as error:
            notes.append(f"strong-soap: rows not run, {error}")
        for message in messages():
            print(f"codec: {message.name}", file=sys.stderr, flush=True)
            check(message, peers, node)
            decoded += decode_rows(message, peers, node, pace)
            encoded += encode_rows(message, peers, node, pace)
    return decoded + encoded


def decode_sdk(message: Message) -> Callable[[], object]:
    """The way of the server, from bytes to dataclass, with every check."""
    data = message.xml
    return lambda: decode_request(data, INDEX, limits=LIMITS, strict=False)


def encode_sdk(message: Message) -> Callable[[], bytes]:
    """The way of the client, from dataclass to bytes."""
    operation, request, to = message.operation, message.request, message.to
    return lambda: encode(operation, request, to)


def check(message: Message, peers: dict[str, ModuleType], node: StrongSoap | None) -> None:
    """See that every contender writes this message, by reading it back with this SDK."""
    written = {"this SDK": encode_sdk(message)()}
    written |= {name: peer.encoder(message)() for name, peer in peers.items()}
    if node is not None:
        node.load(message)
        written["strong-soap"] = node.once("encode", message).encode()
    for name, data in written.items():
        incoming = decode_request(data, INDEX, limits=LIMITS, strict=False)
        if incoming.message != message.request:
            raise WrongMessageError(f"{name} writes another {message.name} message: {data[:2000]!r}")


def decode_rows(message: Message, peers: dict[str, ModuleType], node: StrongSoap | None, pace: Pace) -> list[Row]:
    """Measure reading one message."""
    data = message.xml
    contenders: dict[str, Slice] = {"sdk": calls(decode_sdk(message)), "lxml": calls(lambda: etree.fromstring(data))}
    contenders |= {name: calls(peer.decoder(message)) for name, peer in peers.items()}
    if node is not None:
        contenders["strong-soap"] = node.slice("decode", message)
        contenders["typed"] = node.slice("decode typed", message)
    found = take_turns(contenders, pace)
    what, sdk = f"decode {message.name}", found["sdk"]
    rows = [
        _faster(what, "xsdata XmlParser", sdk, found["xsdata"], XSDATA_PARSER),
        costs("codec", what, "bare lxml fromstring", sdk, found["lxml"], "µs", BARE_PARSE[message.name]),
        _faster(what, "zeep", sdk, found["zeep"], FASTER),
    ]
    if "spyne" in found:
        rows.append(_faster(what, "spyne", sdk, found["spyne"], FASTER))
    if "typed" in found:
        rows.append(_faster(what, "npm strong-soap", sdk, found["strong-soap"], STRONG_SOAP))
        rows.append(_faster(what, "npm strong-soap, with types", sdk, found["typed"], STRONG_SOAP))
    return rows


def encode_rows(message: Message, peers: dict[str, ModuleType], node: StrongSoap | None, pace: Pace) -> list[Row]:
    """Measure writing one message."""
    contenders: dict[str, Slice] = {"sdk": calls(encode_sdk(message))}
    contenders |= {name: calls(peer.encoder(message)) for name, peer in peers.items()}
    if node is not None:
        contenders["strong-soap"] = node.slice("encode", message)
    found = take_turns(contenders, pace)
    what, sdk = f"encode {message.name}", found["sdk"]
    rows = [
        _faster(what, "xsdata XmlSerializer", sdk, found["xsdata"], XSDATA_SERIALIZER[message.name]),
        _faster(what, "zeep", sdk, found["zeep"], FASTER),
    ]
    if "spyne" in found:
        rows.append(_faster(what, "spyne", sdk, found["spyne"], FASTER))
    if "strong-soap" in found:
        rows.append(_faster(what, "npm strong-soap", sdk, found["strong-soap"], STRONG_SOAP))
    return rows


def _faster(what: str, against: str, ours: Series, theirs: Series, target: float) -> Row:
    return faster("codec", what, against, ours, theirs, "µs", target)
