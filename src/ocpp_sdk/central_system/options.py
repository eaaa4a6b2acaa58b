"""What the command `central-system`, and `create_app` without arguments, can be told."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from ocpp_sdk.central_system.policies import AcceptAll, AllowList
from ocpp_sdk.central_system.settings import CentralSystemSettings, MessageObserver
from ocpp_sdk.options import Options, Words
from ocpp_sdk.server import CallbackPolicy, ServerSettings

__all__ = ["CentralSystemOptions", "read_addresses"]


def read_addresses(value: object) -> object:
    """Make a mapping of texts as `CP1=http://10.0.0.7:8080/cp`; anything else is given back as it is.

    Raises:
        ValueError: a text is of another form.
    """
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list):
        return value
    addresses = {}
    for text in value:
        identity, separator, url = str(text).partition("=")
        if not separator or not identity or "://" not in url:
            raise ValueError(f"{text!r}: expected IDENTITY=URL, such as CP1=http://10.0.0.7:8080/cp")
        addresses[identity] = url
    return addresses


class CentralSystemOptions(Options):
    """Options of a central system.

    Attributes:
        host: address to listen at.
        port: port to listen at; 0 takes a free one.
        storage: URL of the storage.
        public_url: address under which charge points reach this, for the WSDL.
        heartbeat_interval: told to charge points, in seconds.
        strict: whether messages that are not as specified are refused.
        allow: identities of charge points to accept; none for all.
        address: where charge points are called, by identity.
        trusted_proxy: networks of proxies whose forwarding headers are believed.
        message_retention: for how many days requests and replies are kept; 0 for ever.
    """

    table: ClassVar[str] = "central-system"

    host: str = "127.0.0.1"
    port: int = Field(default=9220, ge=0, le=65535)
    storage: str = "sqlite:///ocpp.db"
    public_url: str | None = None
    heartbeat_interval: int = Field(default=300, ge=1, lt=2**31)
    strict: bool = False
    allow: Words = ()
    address: Annotated[dict[str, str], NoDecode, BeforeValidator(read_addresses)] = Field(default_factory=dict)
    trusted_proxy: Words = ()
    message_retention: float = Field(default=30.0, ge=0, le=36_500, allow_inf_nan=False)

    def settings(self, on_message: MessageObserver | None = None) -> CentralSystemSettings:
        """Return the settings of a central system with these options.

        Args:
            on_message: hears of each message after it was stored.

        Raises:
            ConfigurationError: a value cannot work.
        """
        return CentralSystemSettings(
            heartbeat_interval_s=self.heartbeat_interval,
            registration=AllowList(self.allow) if self.allow else AcceptAll(),
            server=ServerSettings(
                strict=self.strict, public_url=self.public_url, trusted_proxies=tuple(self.trusted_proxy)
            ),
            callback=CallbackPolicy(addresses=dict(self.address)),
            message_retention_days=self.message_retention or None,
            on_message=on_message,
        )
