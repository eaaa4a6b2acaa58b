"""A zeep client with WS-Addressing, and trees in the form that zeep takes."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import zeep
from lxml import etree
from zeep.plugins import HistoryPlugin
from zeep.wsa import WsAddressingPlugin

from tests.interop.table import TEXT, Exchange, Leaf, Node, Shape, Tree

VALUE = "_value_1"
"""What zeep calls the text of an element with attributes."""

HEADER_PART = "ChargeBoxIdentity"
"""What the WSDL calls the header that names the charge point."""


class ZeepPeer:
    """Calls a service by its WSDL.

    Args:
        wsdl: where the WSDL is, an address or a file.
        twice: whether to add the WS-Addressing plugin by hand. zeep applies it by itself to operations for which the
            WSDL declares wsaw:Action, and then sends every header twice.
    """

    def __init__(self, wsdl: str, *, twice: bool = False) -> None:
        self._history = HistoryPlugin()  # type: ignore[no-untyped-call]  # zeep types in part
        addressing = [WsAddressingPlugin()] if twice else []
        self._client = zeep.Client(wsdl, plugins=[*addressing, self._history])  # type: ignore[no-untyped-call]  # as above

    def call(self, exchange: Exchange, request: Node, identity: str) -> Node:
        """Call an operation with typed values; zeep writes and reads by the WSDL that it was given.

        Raises:
            zeep.exceptions.Fault: the answer is a fault.
        """
        operation = getattr(self._client.service, exchange.name)
        reply = operation(**to_zeep(request), _soapheaders={HEADER_PART: identity})
        parts = exchange.reply.parts
        if len(parts) == 1:
            # The only field of a reply is what zeep returns, without the reply around it.
            reply = {parts[0].key: reply}
        return from_zeep(reply or {}, exchange.reply)

    @property
    def sent(self) -> etree._Element:
        """The envelope that was sent last."""
        return _envelope(self._history.last_sent)

    @property
    def received(self) -> etree._Element:
        """The envelope that was received last."""
        return _envelope(self._history.last_received)


def _envelope(record: Any) -> etree._Element:  # noqa: ANN401 - zeep types in part
    envelope = record["envelope"]
    assert isinstance(envelope, etree._Element)
    return envelope


def to_zeep(tree: Node) -> dict[str, object]:
    """Turn a tree into keyword arguments."""
    return {_name(key): _to_zeep(value) for key, value in tree.items()}


def _to_zeep(tree: Tree) -> object:
    if isinstance(tree, list):
        return [_to_zeep(entry) for entry in tree]
    return to_zeep(tree) if isinstance(tree, dict) else tree


def from_zeep(value: Any, shape: Shape) -> Node:  # noqa: ANN401 - zeep is not typed
    """Read what zeep made of a message."""
    tree: Node = {}
    found = value if isinstance(value, Mapping) else value.__values__
    assert found.keys() <= {_name(part.key) for part in shape.parts}, f"{shape.name} has not all of {list(found)}"
    for part in shape.parts:
        entry = found.get(_name(part.key))
        if entry is None or entry == []:
            continue
        tree[part.key] = [_read(each, part.kind) for each in entry] if part.many else _read(entry, part.kind)
    return tree


def _read(value: object, kind: Leaf | Shape) -> Tree:
    if isinstance(kind, Shape):
        return from_zeep(value, kind)
    assert isinstance(value, str | int | bool | Decimal | datetime)
    return value


def _name(key: str) -> str:
    return VALUE if key == TEXT else key.lstrip("@")
