"""What an operator can set on a central system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ocpp_sdk.central_system.policies import AcceptAll, AuthorizationPolicy, RegistrationPolicy, StoredTags
from ocpp_sdk.client import ClientSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.server import AllowAll, CallbackPolicy, IdentityPolicy, ServerSettings
from ocpp_sdk.storage import WireMessage

__all__ = ["CentralSystemSettings", "MessageObserver", "now_in_utc"]

_LONGEST_RETENTION_DAYS = 36_500

MessageObserver = Callable[[WireMessage], None]
"""Hears of each request of a charge point, with its answer, after both were stored."""


def now_in_utc() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSystemSettings:
    """Settings of a `CentralSystem`; the defaults take every charge point and every id tag that is not stored.

    Attributes:
        heartbeat_interval_s: told to charge points that are accepted.
        retry_interval_s: told to those that are not, as the wait before the next BootNotification.
        registration: which charge points are taken.
        authorization: which id tags may charge.
        server: limits and time-outs of the server.
        identity: who may speak as which charge_box_identity.
        callback: which addresses charge points may be called at.
        client: time-outs, credentials and TLS of calls to charge points.
        clock: tells the time.
        message_retention_days: for how many days requests and replies are kept; None for ever.
        on_message: hears of each request of a charge point, with its answer, after both were stored.
    """

    heartbeat_interval_s: int = 300
    retry_interval_s: int = 60
    registration: RegistrationPolicy = field(default_factory=AcceptAll)
    authorization: AuthorizationPolicy = field(default_factory=StoredTags)
    server: ServerSettings = field(default_factory=ServerSettings)
    identity: IdentityPolicy = field(default_factory=AllowAll)
    callback: CallbackPolicy = field(default_factory=CallbackPolicy)
    client: ClientSettings = field(default_factory=ClientSettings)
    clock: Callable[[], datetime] = now_in_utc
    message_retention_days: float | None = 30.0
    on_message: MessageObserver | None = None

    def __post_init__(self) -> None:
        for name in ("heartbeat_interval_s", "retry_interval_s"):
            if not 0 < getattr(self, name) < 2**31:
                raise ConfigurationError(f"{name}: must be 1 s or more and fit 31 bits, not {getattr(self, name)}")
        if self.message_retention_days is not None and not 0 < self.message_retention_days <= _LONGEST_RETENTION_DAYS:
            raise ConfigurationError(
                f"message_retention_days: must be more than 0 and at most {_LONGEST_RETENTION_DAYS}, or None for ever,"
                f" not {self.message_retention_days}"
            )
