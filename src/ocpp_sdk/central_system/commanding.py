"""Calls from the central system to charge points, at the address that each has told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from ocpp_sdk.central_system.calling import RecordedCaller
from ocpp_sdk.central_system.settings import CentralSystemSettings
from ocpp_sdk.client import ClientPool, PeerClient
from ocpp_sdk.errors import AddressRefusedError, ConfigurationError, ConnectError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import Store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.roles import ChargePointCommands

__all__ = ["Commander"]


class Commander:
    """Finds out how a charge point can be called, and calls it in its version.

    Args:
        store: asked for at each call, since it may be opened after this object is made.
        settings: which addresses may be called, and how. An address that the operator has set there goes before the
            one that is set in the store, and this one before what the charge point advertises.
    """

    def __init__(self, store: Callable[[], Store], settings: CentralSystemSettings) -> None:
        self._store = store
        self._callback = settings.callback
        self._client = settings.client
        self._clock = settings.clock
        self._pool: ClientPool | None = None

    async def commands(self, identity: str) -> ChargePointCommands:
        """Return the commands of a charge point.

        Raises:
            ConfigurationError: no such charge point has spoken, so that its version is not known.
            AddressRefusedError: it told no address, or none that may be called.
            ConnectError: the host name in its address is not known.
        """
        known = await self._store().charge_point(identity)
        if known is None or known.version is None:
            raise ConfigurationError(f"charge point {identity!r} has never sent a request to this central system")
        url = self._callback.addresses.get(known.identity) or known.operator_address
        if url is None:
            url = known.advertised_address
            if url is None:
                raise AddressRefusedError(
                    f"charge point {known.identity!r} has told no address that may be called; "
                    "it must send wsa:From, or the operator sets an address for it"
                )
            await self._check_name(url, known.observed_host)
        peer = RecordedCaller(self._peer(url, known.identity), self._store, self._clock)
        return version_of(OcppVersion(known.version)).call_charge_point(peer)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.aclose()

    def _peer(self, url: str, identity: str) -> PeerClient:
        if self._pool is None:
            self._pool = ClientPool(settings=self._client)
        return self._pool.client(url, charge_box_identity=identity)

    async def _check_name(self, url: str, peer_host: str | None) -> None:
        """Hold what a host name means at this moment to the policy, which has only seen the name."""
        host = urlsplit(url).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except OSError as error:
                raise ConnectError(f"{url}: the host name is not known: {error.strerror}", url=url) from error
            self._callback.check_resolved((str(address[0]) for *_, address in found), peer_host=peer_host)
