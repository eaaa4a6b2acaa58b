"""OCPP 1.5 in the words of the domain."""

from __future__ import annotations

from ocpp_sdk.generated.v15 import central_system, charge_point
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.translation import VersionTranslation
from ocpp_sdk.versions.v15.central_system import Gateway15, ServedCentralSystem15
from ocpp_sdk.versions.v15.charge_point import Commands15, ServedChargePoint15

__all__ = ["TRANSLATION"]

TRANSLATION = VersionTranslation(
    version=OcppVersion.V15,
    central_system=central_system.SERVICE,
    charge_point=charge_point.SERVICE,
    serve_central_system=ServedCentralSystem15,
    serve_charge_point=ServedChargePoint15,
    call_central_system=lambda caller: Gateway15(central_system.CentralSystemClient(caller)),
    call_charge_point=lambda caller: Commands15(charge_point.ChargePointClient(caller)),
)
