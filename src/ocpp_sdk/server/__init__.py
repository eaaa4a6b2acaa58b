"""Serves OCPP services over ASGI: `SoapServer` is the application, `ocpp_sdk.server.run` runs it."""

from __future__ import annotations

from ocpp_sdk.server.answering import CallObserver, Outcome
from ocpp_sdk.server.app import DEFAULT_PATH, SoapServer
from ocpp_sdk.server.callback import CallbackMode, CallbackPolicy
from ocpp_sdk.server.handlers import Handler
from ocpp_sdk.server.identity import AllowAll, BasicAuth, CredentialsError, FixedIdentity, IdentityPolicy, PeerFacts
from ocpp_sdk.server.settings import ServerSettings

__all__ = [
    "DEFAULT_PATH",
    "AllowAll",
    "BasicAuth",
    "CallObserver",
    "CallbackMode",
    "CallbackPolicy",
    "CredentialsError",
    "FixedIdentity",
    "Handler",
    "IdentityPolicy",
    "Outcome",
    "PeerFacts",
    "ServerSettings",
    "SoapServer",
]
