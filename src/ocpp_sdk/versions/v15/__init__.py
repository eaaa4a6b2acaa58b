"""OCPP 1.5 in the words of the domain."""

from __future__ import annotations

from ocpp_sdk.generated.v15 import central_system as cs
from ocpp_sdk.generated.v15 import charge_point as cp
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.translation import VersionTranslation
from ocpp_sdk.versions.v15.central_system import Gateway15, ServedCentralSystem15
from ocpp_sdk.versions.v15.charge_point import Commands15, ServedChargePoint15

__all__ = ["TRANSLATION"]

TRANSLATION = VersionTranslation(
    version=OcppVersion.V15,
    central_system=cs.SERVICE,
    charge_point=cp.SERVICE,
    serve_central_system=ServedCentralSystem15,
    serve_charge_point=ServedChargePoint15,
    call_central_system=lambda caller: Gateway15(cs.CentralSystemClient(caller)),
    call_charge_point=lambda caller: Commands15(cp.ChargePointClient(caller)),
)
