"""Which address a peer may be called at.

A charge point announces where it listens (wsa:From, or a ReplyTo that is not anonymous). Whoever can send a request
can announce anything, so the address is a wish: unchecked, it would let a stranger aim requests of the central system
at machines that only the central system reaches. This module is pure; it resolves no names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from ocpp_sdk.errors import AddressRefusedError, ConfigurationError
from ocpp_sdk.server.settings import Network, networks

__all__ = ["CallbackMode", "CallbackPolicy"]

_Address: TypeAlias = IPv4Address | IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 2048

_NEVER: tuple[tuple[Network, str], ...] = (
    (IPv4Network("169.254.0.0/16"), "is link-local, where cloud metadata lives"),
    (IPv4Network("100.100.100.200/32"), "is a cloud metadata address"),
    (IPv4Network("192.0.0.0/24"), "is reserved"),
    (IPv4Network("0.0.0.0/8"), "is unspecified"),
    (IPv4Network("224.0.0.0/4"), "is multicast"),
    (IPv4Network("240.0.0.0/4"), "is reserved or broadcast"),
    (IPv6Network("::/128"), "is unspecified"),
    (IPv6Network("fe80::/10"), "is link-local"),
    (IPv6Network("fec0::/10"), "is site-local"),
    (IPv6Network("fd00:ec2::254/128"), "is a cloud metadata address"),
    (IPv6Network("ff00::/8"), "is multicast"),
    # Forms of IPv6 that carry an IPv4 address, which would pass by every rule above.
    (IPv6Network("::ffff:0:0/96"), "is an IPv4 address in IPv6 form"),
    (IPv6Network("64:ff9b::/96"), "is an IPv4 address in IPv6 form"),
    (IPv6Network("64:ff9b:1::/48"), "is an IPv4 address in IPv6 form"),
    (IPv6Network("2001::/32"), "is an IPv4 address in IPv6 form"),
    (IPv6Network("2002::/16"), "is an IPv4 address in IPv6 form"),
)
_COMPATIBLE = IPv6Network("::/96")


class CallbackMode(StrEnum):
    """Whose word on the host counts."""

    ANNOUNCED = "announced"
    OBSERVED = "observed"


@dataclass(frozen=True, kw_only=True, eq=False)
class CallbackPolicy:
    """Decides which address a charge point may be called at.

    Link-local, metadata, multicast, unspecified and reserved addresses are never called, nor is loopback unless the
    peer itself comes from there. Private networks are allowed, since charge points usually live in one.

    Attributes:
        mode: `announced` takes the announced URL; `observed` puts the observed address of the peer in place of its
            host and keeps port and path, for charge points that do not know their own address.
        addresses: by charge_box_identity, the URL that the operator has set; it wins and is not checked.
        networks: networks that addresses must lie in, such as `10.0.0.0/8`; None for all that are not refused.
        schemes: `http`, `https` or both.
        ports: allowed ports; None for all.
        host_names: whether a host name is accepted; whoever connects must then pass what it resolves to
            to `check_resolved`.
    """

    mode: CallbackMode = CallbackMode.ANNOUNCED
    addresses: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] | None = None
    schemes: Collection[str] = frozenset({"http", "https"})
    ports: Collection[int] | None = None
    host_names: bool = False
    _networks: tuple[Network, ...] | None = field(init=False, repr=False, default=None)
    _decided: Callable[[str, str | None], tuple[str, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not set(self.schemes) <= set(_DEFAULT_PORTS):
            raise ConfigurationError(f"callback schemes: only http and https, not {', '.join(sorted(self.schemes))}")
        if self.networks is not None:
            object.__setattr__(self, "_networks", networks("callback networks", self.networks))
        # The decision depends on its arguments alone, and a charge point announces the same address every time.
        object.__setattr__(self, "_decided", lru_cache(maxsize=8192)(self._decide))

    def decide(self, announced: str | None, *, peer_host: str | None, charge_box_identity: str) -> str | None:
        """Return the URL at which a peer may be called, None if there is none.

        Args:
            announced: what it says, None if it says nothing.
            peer_host: the observed address of the other end, None if unknown.
            charge_box_identity: who it is.

        Raises:
            AddressRefusedError: it announces an address that may not be called.
        """
        if self.addresses and charge_box_identity in self.addresses:
            return self.addresses[charge_box_identity]
        if announced is None:
            return None
        url, refusal = self._decided(announced, peer_host)
        if refusal:
            raise AddressRefusedError(f"{announced[:120]!r} may not be called: {refusal}")
        return url

    def check_resolved(self, addresses: Iterable[str], *, peer_host: str | None = None) -> None:
        """Check what a host name resolved to, at the moment of connecting.

        Args:
            addresses: all addresses that may be connected to.
            peer_host: the observed address of the peer, if it is known.

        Raises:
            AddressRefusedError: one of them may not be called.
        """
        for text in addresses:
            try:
                refusal = self._refusal(ip_address(text), _observed(peer_host))
            except ValueError:
                refusal = "is no IP address"
            if refusal:
                raise AddressRefusedError(f"{text[:60]} may not be called: the address {refusal}")

    def _decide(self, announced: str, peer_host: str | None) -> tuple[str, str]:
        """Return the URL to call and an empty text, or nothing and why it is refused."""
        parts, refusal = _split(announced)
        if parts is None:
            return "", refusal
        if parts.scheme not in self.schemes:
            return "", f"the scheme is not {' or '.join(sorted(self.schemes))}"
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        if self.ports is not None and port not in self.ports:
            return "", f"port {port} is not allowed"
        peer = _observed(peer_host)
        host = parts.hostname or ""
        if self.mode is CallbackMode.OBSERVED:
            if peer is None:
                return "", "the address of the peer is unknown"
            refusal = self._refusal(peer, peer)
            shown = f"[{peer}]" if isinstance(peer, IPv6Address) else str(peer)
            netloc = shown if parts.port is None else f"{shown}:{parts.port}"
            url = parts._replace(netloc=netloc, fragment="").geturl()
        else:
            refusal = self._refuse_host(host, peer)
            url = parts._replace(fragment="").geturl()
        return ("", f"the address {refusal}") if refusal else (url, "")

    def _refuse_host(self, host: str, peer: _Address | None) -> str:
        try:
            address = ip_address(host)
        except ValueError:
            if _is_number(host):
                return "is a number in place of an IPv4 address"
            if not self.host_names:
                return "is a host name, not an IP address"
            own = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
            return "is loopback" if own and not (peer and peer.is_loopback) else ""
        return self._refusal(address, peer)

    def _refusal(self, address: _Address, peer: _Address | None) -> str:
        """Say why an address is not called, empty if it may be."""
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return "has a zone, which means something only to its own machine"
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            return "is an IPv4 address in IPv6 form"
        if address.is_loopback:
            if peer is None or not peer.is_loopback:
                return "is loopback, and the peer is not"
        elif isinstance(address, IPv6Address) and address in _COMPATIBLE and address.packed != bytes(16):
            return "is an IPv4 address in IPv6 form"
        for network, reason in _NEVER:
            if address in network:
                return reason
        if self._networks is not None and not any(address in network for network in self._networks):
            return "is outside of the allowed networks"
        return ""


def _split(announced: str) -> tuple[SplitResult | None, str]:
    """Take a URL apart as every reader of it will, or say why that is not sure."""
    if len(announced) > _LONGEST or not announced.isascii() or not announced.isprintable():
        return None, "it is too long or has characters that no URL has"
    if any(character in announced for character in ' \\"<>^`{|}'):
        return None, "it has characters that no URL has"
    try:
        parts = urlsplit(announced)
        port = parts.port
    except ValueError:
        return None, "it is no URL"
    if not parts.hostname or port == 0:
        return None, "it has no host and port that can be called"
    if "@" in parts.netloc:
        return None, "it holds credentials"
    if "%" in parts.netloc:
        return None, "its host is escaped"
    return parts, ""


def _is_number(host: str) -> bool:
    """Whether resolvers would read a host as an IPv4 address in another spelling: 2130706433, 0x7f.1, 0177.0.0.1."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _observed(peer_host: str | None) -> _Address | None:
    """Read the address of a peer; a socket that serves both families shows IPv4 peers in IPv6 form."""
    try:
        address = ip_address(peer_host or "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
