"""Calls peers: `SoapClient` one of them, `ClientPool` many."""

from ocpp_sdk.client.peers import ClientPool, PeerClient
from ocpp_sdk.client.retry import NO_RETRY, RetryPolicy
from ocpp_sdk.client.settings import ClientSettings, TlsSettings
from ocpp_sdk.client.soap_client import DeviationHook, SoapClient
from ocpp_sdk.soap.exchange import Reply

__all__ = [
    "NO_RETRY",
    "ClientPool",
    "ClientSettings",
    "DeviationHook",
    "PeerClient",
    "Reply",
    "RetryPolicy",
    "SoapClient",
    "TlsSettings",
]
