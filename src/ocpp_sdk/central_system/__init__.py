"""The central system: registers charge points, authorizes, keeps transactions and meter values, sends commands."""

from __future__ import annotations

from ocpp_sdk.central_system.policies import (
    AcceptAll,
    AllowList,
    AuthorizationPolicy,
    RegistrationPolicy,
    StoredTags,
)
from ocpp_sdk.central_system.runtime import CentralSystem, create_app
from ocpp_sdk.central_system.settings import CentralSystemSettings, MessageObserver

__all__ = [
    "AcceptAll",
    "AllowList",
    "AuthorizationPolicy",
    "CentralSystem",
    "CentralSystemSettings",
    "MessageObserver",
    "RegistrationPolicy",
    "StoredTags",
    "create_app",
]
