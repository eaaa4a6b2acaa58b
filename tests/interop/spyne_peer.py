"""A spyne server for one service, its classes made from the fact sheet, and trees in the form that spyne takes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from spyne import (
    AnyUri,
    Application,
    Boolean,
    ComplexModel,
    DateTime,
    Fault,
    Integer32,
    ServiceBase,
    Unicode,
    XmlAttribute,
    XmlData,
    rpc,
)
from spyne import Decimal as SpyneDecimal
from spyne.protocol.soap import Soap12
from spyne.server.wsgi import WsgiApplication

from tests.interop.table import EXCHANGES, TEXT, Exchange, Leaf, Node, Shape, Tree

SIMPLE: dict[str, Any] = {
    "xsd:int": Integer32,
    "xsd:boolean": Boolean,
    "xsd:decimal": SpyneDecimal,
    "xsd:dateTime": DateTime,
    "xsd:anyURI": AnyUri,
}


@dataclass(slots=True)
class Desk:
    """What the next reply is, and what came.

    Attributes:
        replies: by operation; a fault is raised.
        seen: the request that came last, as its operation, its tree and the local names of its headers with their text.
    """

    replies: dict[str, Node | Fault] = field(default_factory=dict)
    seen: tuple[str, Node, dict[str, str]] | None = None

    def take(self) -> tuple[str, Node, dict[str, str]]:
        """The request that came last, once."""
        assert self.seen is not None, "no request reached the service"
        seen, self.seen = self.seen, None
        return seen


class Classes:
    """The spyne classes of the types of one service."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._made: dict[str, Any] = {}

    def of(self, kind: Leaf | Shape) -> Any:  # noqa: ANN401 - spyne is not typed
        """The class of a type of the fact sheet."""
        if isinstance(kind, Leaf):
            if kind.enum:
                return Unicode(values=list(kind.enum))
            return SIMPLE.get(kind.base) or Unicode(max_len=kind.max_length or Decimal("inf"))
        if kind.name not in self._made:
            names = {"__namespace__": self._namespace, "__type_name__": kind.name, "_type_info": self._fields(kind)}
            self._made[kind.name] = type(kind.name, (ComplexModel,), names)
        return self._made[kind.name]

    def _fields(self, shape: Shape) -> list[tuple[str, Any]]:
        fields: list[tuple[str, Any]] = []
        for part in shape.parts:
            inner = self.of(part.kind)
            if part.key == TEXT:
                fields.append(("value", XmlData(inner)))
            elif part.key[0] == "@":
                fields.append((part.key[1:], XmlAttribute(inner)))
            else:
                most = "unbounded" if part.many else 1
                fields.append(
                    (part.key, inner.customize(min_occurs=int(part.required), max_occurs=most, nullable=False))
                )
        return fields


def to_spyne(tree: Tree, kind: Leaf | Shape, classes: Classes) -> object:
    """Turn a tree into an instance of its spyne class."""
    if isinstance(tree, list):
        return [to_spyne(entry, kind, classes) for entry in tree]
    if isinstance(kind, Shape):
        assert isinstance(tree, dict)
        parts = {part.key: part for part in kind.parts}
        return classes.of(kind)(
            **{_attribute(key): to_spyne(value, parts[key].kind, classes) for key, value in tree.items()}
        )
    return tree


def from_spyne(value: Any, shape: Shape) -> Node:  # noqa: ANN401 - spyne is not typed
    """Read what spyne made of a message."""
    tree: Node = {}
    for part in shape.parts:
        found = getattr(value, _attribute(part.key))
        if found is None or found == []:
            continue
        if isinstance(part.kind, Shape):
            inner = part.kind
            tree[part.key] = [from_spyne(entry, inner) for entry in found] if part.many else from_spyne(found, inner)
        else:
            tree[part.key] = [_leaf(entry) for entry in found] if part.many else _leaf(found)
    return tree


def _leaf(value: object) -> Tree:
    assert isinstance(value, str | int | bool | Decimal | datetime)
    return value


def _attribute(key: str) -> str:
    return "value" if key == TEXT else key.lstrip("@")


def _method(exchange: Exchange, classes: Classes, desk: Desk) -> Any:  # noqa: ANN401 - spyne is not typed
    def answer(ctx: Any, message: Any = None) -> object:  # noqa: ANN401 - spyne is not typed
        headers = {element.tag.rpartition("}")[2]: "".join(element.itertext()) for element in ctx.in_header_doc or ()}
        desk.seen = (exchange.name, from_spyne(message, exchange.request), headers)
        reply = desk.replies[exchange.name]
        if isinstance(reply, Fault):
            raise reply
        return to_spyne(reply, exchange.reply, classes)

    def answer_empty(ctx: Any) -> object:  # noqa: ANN401 - spyne is not typed
        return answer(ctx)

    # spyne refuses an empty class as the only argument, and takes a function without one instead.
    chosen = answer if exchange.request.parts else answer_empty
    chosen.__name__ = exchange.name
    return rpc(
        *([classes.of(exchange.request)] if exchange.request.parts else []),
        _returns=classes.of(exchange.reply),
        _body_style="bare",
        _in_message_name=exchange.request_element,
        _out_message_name=exchange.reply_element,
    )(chosen)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are no news."""


@contextmanager
def serving(version: str, service: str) -> Iterator[tuple[str, Desk]]:
    """Serve a service for the time of the block; gives its address and its desk."""
    desk = Desk()
    exchanges = [exchange for exchange in EXCHANGES if (exchange.version, exchange.service) == (version, service)]
    namespace = exchanges[0].namespace
    classes = Classes(namespace)
    methods = {exchange.name: _method(exchange, classes, desk) for exchange in exchanges}
    application = Application(
        [type("Service", (ServiceBase,), methods)],
        namespace,
        in_protocol=Soap12(validator="soft"),
        out_protocol=Soap12(),
    )
    server: WSGIServer = make_server("127.0.0.1", 0, WsgiApplication(application), handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
