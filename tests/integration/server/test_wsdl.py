"""The WSDL as it is served: which one, and with which address."""

from __future__ import annotations

import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.generated.v15 import charge_point as cp15
from ocpp_sdk.server import ServerSettings, SoapServer
from ocpp_sdk.server.run import ServerAddress, serve

from .serving import SERVICES, handled_by
from .wire import PATH, HttpReply, ask, envelope, post

pytestmark = pytest.mark.anyio

PROXIED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "ocpp.example.com",
    "X-Forwarded-Prefix": "/ev",
}


def location(reply: HttpReply) -> str:
    """The address in a served WSDL."""
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/xml")
    element = etree.fromstring(reply.body).find(".//{*}address")
    assert element is not None
    return element.get("location", "")


def namespace(reply: HttpReply) -> str:
    """The target namespace of a served WSDL."""
    return etree.fromstring(reply.body).get("targetNamespace", "")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (PATH, "wsdl", "urn://Ocpp/Cs/2015/10/"),
        (PATH, "WSDL", "urn://Ocpp/Cs/2015/10/"),
        (PATH, "singleWsdl=", "urn://Ocpp/Cs/2015/10/"),
        (f"{PATH}/v16", "wsdl", "urn://Ocpp/Cs/2015/10/"),
        (f"{PATH}/v15", "wsdl", "urn://Ocpp/Cs/2012/06/"),
        (f"{PATH.lower()}/V15/", "wsdl", "urn://Ocpp/Cs/2012/06/"),
    ],
)
async def test_wsdl_of_each_version_is_served_with_an_address_that_answers(
    path: str, query: str, expected: str
) -> None:
    """The newest version at the plain path, each at its own; a request to the address in it is answered."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        reply = await ask(address, "GET", f"{path}?{query}")
        assert location(reply) == f"{address.url}{PATH}"
        assert (await post(address, envelope(), path=location(reply).removeprefix(address.url))).status == 200
    assert namespace(reply) == expected


async def test_services_with_paths_of_their_own_are_told_apart() -> None:
    """A path that ends in the name of a service shows that service."""
    paths = (PATH, "/Ocpp/ChargePointService")
    async with serve(SoapServer([*SERVICES, cp15.SERVICE], path=paths)) as address:
        one = await ask(address, "GET", "/Ocpp/ChargePointService/v15?wsdl")
        other = await ask(address, "GET", f"{PATH}/v15?wsdl")
    assert (namespace(one), location(one)) == ("urn://Ocpp/Cp/2012/06/", f"{address.url}/Ocpp/ChargePointService")
    assert namespace(other) == "urn://Ocpp/Cs/2012/06/"


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        (ServerSettings(public_url="https://a.example/x/"), PROXIED, "https://a.example/x" + PATH),
        (ServerSettings(), PROXIED, "{url}" + PATH),
        (ServerSettings(trusted_proxies=("10.0.0.0/8",)), PROXIED, "{url}" + PATH),
        (ServerSettings(trusted_proxies=("127.0.0.1",)), PROXIED, "https://ocpp.example.com/ev" + PATH),
        (
            ServerSettings(trusted_proxies=("127.0.0.0/8",)),
            {"Forwarded": 'proto=http;host=evil, proto=https;host="b.example:8443"'},
            "https://b.example:8443" + PATH,
        ),
        (ServerSettings(trusted_proxies=("127.0.0.1",)), {"X-Forwarded-Host": "a b<"}, "{url}" + PATH),
        (ServerSettings(), {"Host": 'x"><script>'}, "{url}" + PATH),
    ],
    ids=["public-url", "nobody-trusted", "other-trusted", "trusted", "forwarded", "odd-host", "odd-own-host"],
)
async def test_address_in_the_wsdl_believes_only_trusted_proxies(
    settings: ServerSettings, headers: dict[str, str], expected: str
) -> None:
    """The setting wins, then the word of a trusted proxy, then the request itself."""
    async with serve(SoapServer(SERVICES, settings=settings)) as address:
        reply = await ask(address, "GET", f"{PATH}?wsdl", headers)
    assert location(reply) == expected.format(url=address.url)


async def test_server_mounted_in_another_application_serves_under_its_prefix() -> None:
    """The own application keeps its routes; path and WSDL of the server carry the prefix of the mount."""

    async def hello(_: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    server = SoapServer(SERVICES)
    handled_by(server)
    outer = Starlette(routes=[Route("/hello", hello), Mount("/soap", app=server)])
    async with serve(outer) as address:
        assert (await ask(address, "GET", "/hello")).body == b"hello"
        assert (await post(address, envelope(), path=f"/soap{PATH}")).status == 200
        assert (await post(address, envelope(), path=PATH)).status == 404
        assert location(await ask(address, "GET", f"/soap{PATH}?wsdl")) == f"{address.url}/soap{PATH}"


async def test_further_routes_of_the_application_are_served() -> None:
    """A REST interface can live beside SOAP in one application."""

    async def health(_: object) -> PlainTextResponse:
        return PlainTextResponse("well")

    async with serve(SoapServer(SERVICES, routes=[Route("/health", health)])) as address:
        assert (await ask(address, "GET", "/health")).body == b"well"


@pytest.mark.parametrize("path", ["Ocpp", "/Ocpp/", "/Ocpp?x=1", ()])
def test_path_that_cannot_be_served_is_refused(path: str | tuple[str, ...]) -> None:
    """A mistake in a path shows at start, not as a 404."""
    with pytest.raises(ConfigurationError, match="path"):
        SoapServer(SERVICES, path=path)


def test_address_as_url_puts_ipv6_into_brackets() -> None:
    """An address of a server can be pasted into a client."""
    assert ServerAddress("::1", 80).url == "http://[::1]:80"
