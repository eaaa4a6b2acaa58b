"""Where this server is reached from outside, and who is really asking, told only by proxies that are trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from ocpp_sdk.server.asgi import Scope
from ocpp_sdk.server.settings import Network

__all__ = ["is_within", "peer_of", "public_base"]

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9._-]{0,253})|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE).fullmatch
_PREFIX = re.compile(r"(?:/[\w.~-]+)*", re.ASCII).fullmatch


def is_within(address: str | None, networks: Sequence[Network]) -> bool:
    """Tell whether an address lies in one of the networks; an IPv4 address in IPv6 form counts as IPv4."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return False
    plain = getattr(ip, "ipv4_mapped", None) or ip
    return any(plain in network for network in networks)


def peer_of(scope: Scope, headers: Mapping[bytes, bytes], trusted: Sequence[Network]) -> str | None:
    """Return the address of the peer: the end of the connection, or whom the trusted proxies at that end name.

    The list of addresses is read from its end, since each proxy appends whom it saw, and only as far as
    the proxies are trusted.
    """
    client = scope.get("client")
    peer: str | None = client[0] if client else None
    if not trusted or not is_within(peer, trusted):
        return peer
    for text in reversed(_forwarded_for(headers)):
        try:
            peer = str(ip_address(text))
        except ValueError:
            break
        if not is_within(peer, trusted):
            break
    return peer


def public_base(
    scope: Scope, headers: Mapping[bytes, bytes], *, public_url: str | None, trusted: Sequence[Network]
) -> str:
    """Return scheme, host and path prefix under which the peer reached this server, without a slash at the end.

    Args:
        scope: the request.
        headers: its headers.
        public_url: what the operator has set; it wins.
        trusted: networks of proxies whose word counts.
    """
    if public_url is not None:
        return public_url.rstrip("/")
    scheme = scope.get("scheme") or "http"
    host = _text(headers, b"host")
    prefix = ""
    client = scope.get("client")
    if trusted and is_within(client[0] if client else None, trusted):
        stated = _forwarded(headers)
        scheme = stated.get("proto") or _last(headers, b"x-forwarded-proto") or scheme
        host = stated.get("host") or _last(headers, b"x-forwarded-host") or host
        prefix = _last(headers, b"x-forwarded-prefix").rstrip("/")
    if scheme not in {"http", "https"}:
        scheme = "http"
    if not _HOST(host):
        host = _bound_host(scope)
    root: str = scope.get("root_path", "")
    if prefix and _PREFIX(prefix) and not root.startswith(prefix):
        root = prefix + root
    return f"{scheme}://{host}{root}".rstrip("/")


def _bound_host(scope: Scope) -> str:
    """Return the address the connection was accepted at, for a peer that gives no usable Host."""
    server = scope.get("server")
    if not server or server[1] is None:
        return "localhost"
    name, port = server
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1").strip()


def _last(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """Return the last value of a list: the one that the nearest proxy has written."""
    return _text(headers, name).rpartition(",")[2].strip()


def _forwarded(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Read the last element of a Forwarded header (RFC 7239)."""
    return _pairs(_last(headers, b"forwarded"))


def _pairs(element: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in element.split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _forwarded_for(headers: Mapping[bytes, bytes]) -> list[str]:
    forwarded = _text(headers, b"forwarded")
    if forwarded:
        stated = [_pairs(element).get("for", "") for element in forwarded.split(",")]
    else:
        stated = [item.strip() for item in _text(headers, b"x-forwarded-for").split(",") if item.strip()]
    return [_without_port(node) for node in stated]


def _without_port(node: str) -> str:
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node
