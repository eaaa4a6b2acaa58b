"""What a server shows to a GET: the WSDL of each service, and a short page that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from lxml import etree

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import Service

__all__ = ["ServicePages"]

_ADDRESSES = (
    "{http://schemas.xmlsoap.org/wsdl/soap12/}address",
    "{http://schemas.xmlsoap.org/wsdl/soap/}address",
)


class ServicePages:
    """The services behind each path.

    The SOAP path serves all versions. Its WSDL is that of the newest version; `<path>/v15` is the same endpoint, and
    its WSDL is that of OCPP 1.5. A service that is not OCPP's own is found by its name. Where a server has a path
    whose last part is the name of a service, such as `/Ocpp/ChargePointService`, that path shows only that service.
    """

    def __init__(self, services: Sequence[Service], paths: Sequence[str]) -> None:
        if not services:
            raise ConfigurationError("a server needs at least one service")
        if not paths:
            raise ConfigurationError("a server needs at least one path")
        self._by_path: dict[str, tuple[str, Service]] = {}
        self._listed: dict[str, list[tuple[str, Service]]] = {}
        for path in paths:
            if not path.startswith("/") or "?" in path or "#" in path or path.endswith("/"):
                raise ConfigurationError(f"path {path!r} must begin with a slash, end without one and have no query")
            named = [service for service in services if service.name == path.rpartition("/")[2]] or list(services)
            listed = list(_with_slugs(named))
            newest = max(named, key=lambda service: service.version or "")
            self._by_path[path.lower()] = (path, newest)
            self._listed[path] = listed
            for slug, service in listed:
                self._by_path[f"{path}/{slug}".lower()] = (path, service)

    def paths(self) -> frozenset[str]:
        """Return every path that answers, in lower case and without a slash at the end."""
        return frozenset(self._by_path)

    def wsdl(self, path: str, base: str) -> bytes:
        """Return the WSDL that belongs to a path, with the address of the SOAP path.

        Args:
            path: one of `paths`, in any letter case.
            base: scheme, host and prefix under which the peer reaches this server.
        """
        endpoint, service = self._by_path[_key(path)]
        root = etree.fromstring(service.wsdl())
        for tag in _ADDRESSES:
            for element in root.iter(tag):
                element.set("location", base + endpoint)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def page(self, path: str, base: str) -> str:
        """Return an HTML page that says what is served behind a path."""
        endpoint, _ = self._by_path[_key(path)]
        rows = "".join(
            f"<tr><td>{escape(service.name)}</td><td>{escape(service.version or '')}</td>"
            f"<td>{escape(service.namespace)}</td><td>{len(service.operations)}</td>"
            f'<td><a href="{escape(f"{base}{endpoint}/{slug}", quote=True)}?wsdl">WSDL</a></td></tr>'
            for slug, service in self._listed[endpoint]
        )
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>OCPP over SOAP</title>'
            f"<h1>OCPP over SOAP</h1><p>Requests are sent by POST to {escape(base + endpoint)}</p>"
            "<table><tr><th>Service<th>OCPP<th>Namespace<th>Operations<th></tr>"
            f"{rows}</table></html>\n"
        )


def _key(path: str) -> str:
    return path.rstrip("/").lower()


def _with_slugs(services: Sequence[Service]) -> Iterator[tuple[str, Service]]:
    versions = [service.version for service in services]
    for service in services:
        if service.version is None:
            yield service.name, service
            continue
        slug = "v" + service.version.replace(".", "")
        yield (slug if versions.count(service.version) == 1 else f"{slug}/{service.name}"), service
