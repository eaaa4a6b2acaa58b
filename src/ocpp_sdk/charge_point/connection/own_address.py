"""At which address of this machine a central system can call back; it may change while the program runs."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from ocpp_sdk.errors import ConfigurationError

__all__ = ["own_host"]

_PORTS = {"http": 80, "https": 443}


async def own_host(url: str) -> str | None:
    """Return the address from which this machine speaks to a URL, None if it has no way there now.

    Nothing is sent: the system is asked which way a datagram would go.

    Args:
        url: of the central system.

    Raises:
        ConfigurationError: it is no URL.
    """
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in _PORTS:
        raise ConfigurationError(f"address {url!r} must begin with http:// or https:// and name a host")
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_DGRAM)
    except OSError:
        return None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            try:
                probe.connect(address)
            except OSError:
                continue
            host: str = probe.getsockname()[0]
            return f"[{host}]" if family is socket.AF_INET6 else host
    return None
