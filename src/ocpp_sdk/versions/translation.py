"""What a version gives to the two runtimes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocpp_sdk.operation import Caller, OcppVersion, Service
from ocpp_sdk.versions.roles import CentralSystemDomain, CentralSystemGateway, ChargePointCommands, ChargePointDomain

__all__ = ["VersionTranslation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTranslation:
    """One version, in the words of the domain.

    Attributes:
        version: which one.
        central_system: the service that a central system serves.
        charge_point: the service that a charge point serves; its `operations` say which commands exist.
        serve_central_system: makes the handler that a server of the central system takes.
        serve_charge_point: makes the handler that a server of the charge point takes.
        call_central_system: makes a gateway over a caller (such as `ocpp_sdk.client.SoapClient`).
        call_charge_point: makes the commands over a caller.
    """

    version: OcppVersion
    central_system: Service
    charge_point: Service
    serve_central_system: Callable[[CentralSystemDomain], object]
    serve_charge_point: Callable[[ChargePointDomain], object]
    call_central_system: Callable[[Caller], CentralSystemGateway]
    call_charge_point: Callable[[Caller], ChargePointCommands]
