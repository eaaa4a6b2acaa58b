"""OCPP 1.2, 1.5 and 1.6 over SOAP: both services, both sides.

Start with one version, `from ocpp_sdk import v15`, and one side: `ocpp_sdk.client.SoapClient` calls a peer,
`ocpp_sdk.server.SoapServer` answers one.
"""

from __future__ import annotations

from ocpp_sdk.call import Addressing, Call
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    CallError,
    ConfigurationError,
    FaultError,
    MessageError,
    OcppError,
    WireError,
)
from ocpp_sdk.operation import Caller, OcppVersion, Operation, Role, Service

__all__ = [
    "Addressing",
    "Call",
    "CallError",
    "Caller",
    "ConfigurationError",
    "Deviation",
    "DeviationKind",
    "FaultError",
    "MessageError",
    "OcppError",
    "OcppVersion",
    "Operation",
    "Role",
    "Service",
    "WireError",
    "__version__",
]

__version__ = "0.1.0"
