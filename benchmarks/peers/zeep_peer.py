"""zeep: reads with its deserializer of the request's envelope, writes as its client does, WS-Addressing included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from benchmarks.messages import IDENTITY, WSDLS, Message

# zeep says that it is typed, and is so in part only.
zeep: Any = import_module("zeep")
helpers: Any = import_module("zeep.helpers")
loader: Any = import_module("zeep.loader")
proxy: Any = import_module("zeep.proxy")
transports: Any = import_module("zeep.transports")
utils: Any = import_module("zeep.wsdl.utils")


@cache
def _client(wsdl: Path) -> Any:  # noqa: ANN401 - zeep has no types
    return zeep.Client(str(wsdl))


def _binding(client: Any) -> Any:  # noqa: ANN401 - zeep has no types
    return next(iter(client.wsdl.bindings.values()))


def decoder(message: Message) -> Callable[[], object]:
    """Return the call that reads the message."""
    client = _client(message.wsdl)
    operation = _binding(client).get(message.operation.name)
    data, settings = message.xml, client.settings

    def decode() -> object:
        return operation.input.deserialize(loader.parse_xml(data, client.transport, settings=settings))

    return decode


def encoder(message: Message) -> Callable[[], bytes]:
    """Return the call that writes the message from plain dicts."""
    client = _client(message.wsdl)
    binding = _binding(client)
    envelope: Any = decoder(message)()
    value = helpers.serialize_object(envelope.body, dict)
    headers = {"ChargeBoxIdentity": IDENTITY}
    name = message.operation.name
    options = {"address": message.to}

    def encode() -> bytes:
        written, _ = binding._create(name, (), {**value, "_soapheaders": headers}, client=client, options=options)
        data: bytes = utils.etree_to_string(written)
        return data

    return encode


@asynccontextmanager
async def async_service(url: str) -> AsyncIterator[Any]:
    """Open an AsyncClient and yield its central system; `create_service` would give a proxy that does not wait."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(limits=limits) as link:
        with httpx.Client() as wsdl_client:
            transport = transports.AsyncTransport(client=link, wsdl_client=wsdl_client)
            client = zeep.AsyncClient(str(WSDLS / "central_system.wsdl"), transport=transport)
        yield proxy.AsyncServiceProxy(client, _binding(client), address=url)
