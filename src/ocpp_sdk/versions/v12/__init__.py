"""OCPP 1.2 in the words of the domain."""

from __future__ import annotations

from ocpp_sdk.generated.v12 import central_system as cs
from ocpp_sdk.generated.v12 import charge_point as cp
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.translation import VersionTranslation
from ocpp_sdk.versions.v12.central_system import Gateway12, ServedCentralSystem12
from ocpp_sdk.versions.v12.charge_point import Commands12, ServedChargePoint12

__all__ = ["TRANSLATION"]

TRANSLATION = VersionTranslation(
    version=OcppVersion.V12,
    central_system=cs.SERVICE,
    charge_point=cp.SERVICE,
    serve_central_system=ServedCentralSystem12,
    serve_charge_point=ServedChargePoint12,
    call_central_system=lambda caller: Gateway12(cs.CentralSystemClient(caller)),
    call_charge_point=lambda caller: Commands12(cp.ChargePointClient(caller)),
)
