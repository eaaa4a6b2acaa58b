"""What an operator can set on a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = ["Network", "ServerSettings", "networks"]

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of a `SoapServer`; the defaults suit a central system on a public network.

    Attributes:
        limits: size and shape of a message that is read.
        strict: whether the first deviation of a message is answered with a fault.
        handler_timeout_s: time a handler may take, in seconds.
        receive_timeout_s: time the whole body of a request may take to arrive, in seconds.
        max_in_flight: requests that are worked on at the same time; more are answered 503.
        max_in_flight_per_peer: the same for one peer address; None for no bound of its own.
        retry_after_s: what a 503 says in Retry-After, in seconds.
        drain_s: time that a shutdown waits for requests in flight, in seconds.
        fault_status: HTTP status of every fault, 200 or 500; None for 400 or 500 by the SOAP 1.2 HTTP binding. Apache
            CXF, and so the most common central system, reads no fault from a 400; some charge points read only 200.
        identity_required: whether a request without chargeBoxIdentity is refused with ProtocolError; None for the
            rule of the specification: a central system refuses it, a charge point tolerates it.
        compress_from_bytes: replies of this size and more are compressed when the peer accepts it.
        public_url: scheme, host and path prefix under which peers reach this server, such as
            `https://ocpp.example.com`; it stands in the served WSDL.
        trusted_proxies: networks of proxies whose Forwarded and X-Forwarded-* headers are believed, such as
            `10.0.0.0/8`; those of any other peer are ignored.
        prefix_styles: by charge_box_identity, the fixed XML prefixes of peers that parse by prefix.
        log_calls: whether every answered request is logged, not only the failed ones.
    """

    limits: Limits = field(default_factory=Limits)
    strict: bool = False
    handler_timeout_s: float = 30.0
    receive_timeout_s: float = 20.0
    max_in_flight: int = 1024
    max_in_flight_per_peer: int | None = None
    retry_after_s: int = 5
    drain_s: float = 10.0
    fault_status: int | None = None
    identity_required: bool | None = None
    compress_from_bytes: int = 1024
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    prefix_styles: Mapping[str, PrefixStyle] = field(default_factory=dict)
    log_calls: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigurationError: names the setting.
        """
        for name in ("handler_timeout_s", "receive_timeout_s", "max_in_flight"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name}: must be more than 0, not {getattr(self, name)}")
        if self.max_in_flight_per_peer is not None and self.max_in_flight_per_peer <= 0:
            raise ConfigurationError(f"max_in_flight_per_peer: must be more than 0, not {self.max_in_flight_per_peer}")
        if self.fault_status not in {None, 200, 500}:
            raise ConfigurationError(f"fault_status: 200, 500 or nothing, not {self.fault_status}")
        for name in ("retry_after_s", "drain_s", "compress_from_bytes"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name}: must not be negative, but is {getattr(self, name)}")
        networks("trusted_proxies", self.trusted_proxies)
        if self.public_url is not None and not _is_base_url(self.public_url):
            raise ConfigurationError(
                f"public_url: {self.public_url!r} is no http or https address such as https://ocpp.example.com"
            )


def networks(setting: str, texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Read networks such as `10.0.0.0/8`; a bare address is a network of one.

    Raises:
        ConfigurationError: names the setting and the text.
    """
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise ConfigurationError(f"{setting}: {error}") from error


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and plain
