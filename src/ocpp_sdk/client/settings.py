"""What a user can set about calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ocpp_sdk.client.retry import NO_RETRY, RetryPolicy
from ocpp_sdk.errors import ConfigurationError

__all__ = ["ClientSettings", "TlsSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Whom to trust and who we are, for https addresses.

    Attributes:
        ca_file: PEM file of the authorities to trust instead of the machine's.
        certificate_file: PEM file of the own certificate and its chain, for peers that demand one.
        key_file: PEM file of its private key; None if the key lies in `certificate_file`.
        key_password: password of the private key, None if it has none.
        verify: whether the peer's certificate and host name are checked; False only on a bench.
    """

    ca_file: Path | str | None = None
    certificate_file: Path | str | None = None
    key_file: Path | str | None = None
    key_password: str | None = field(default=None, repr=False)
    verify: bool = True

    def __post_init__(self) -> None:
        if self.certificate_file is None and (self.key_file or self.key_password):
            raise ConfigurationError("TlsSettings: a key needs its certificate, set certificate_file as well")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How calls are made; one object can serve any number of clients.

    Attributes:
        connect_timeout_s: the longest wait for a connection, TLS handshake included.
        read_timeout_s: the longest silence of the peer.
        total_timeout_s: the longest duration of a call, all attempts and pauses included.
        username: name for basic authentication, None to send none; an address with `user:password@` overrides it.
        password: its password.
        tls: for https addresses.
        compress_requests: whether requests are sent with gzip; replies may always be compressed.
        max_reply_bytes: the largest reply as it comes over the wire.
        max_inflated_bytes: the largest reply after its compression is undone.
        max_connections: how many connections to one peer may be open; further calls wait for a free one.
        keepalive_s: how long an unused connection stays open. Shorter than what servers commonly allow (5 s), since
            a request on a connection that the peer is just closing fails, and whether it was read nobody knows.
        retry: when to send again.
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    total_timeout_s: float = 60.0
    username: str | None = None
    password: str = field(default="", repr=False)
    tls: TlsSettings = TlsSettings()
    compress_requests: bool = False
    max_reply_bytes: int = 4 * 1024 * 1024
    max_inflated_bytes: int = 16 * 1024 * 1024
    max_connections: int = 100
    keepalive_s: float = 4.0
    retry: RetryPolicy = NO_RETRY

    def __post_init__(self) -> None:
        for name in (
            "connect_timeout_s",
            "read_timeout_s",
            "total_timeout_s",
            "max_reply_bytes",
            "max_inflated_bytes",
            "max_connections",
            "keepalive_s",
        ):
            # `not >` also catches NaN.
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"ClientSettings.{name} is {getattr(self, name)}; it must be more than 0")
        if self.username is not None and ":" in self.username:
            raise ConfigurationError(
                "ClientSettings.username must not hold a colon, basic authentication cannot send it"
            )
