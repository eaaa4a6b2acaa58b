"""OCPP 1.6 in the words of the domain."""

from __future__ import annotations

from ocpp_sdk.generated.v16 import central_system as cs
from ocpp_sdk.generated.v16 import charge_point as cp
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.translation import VersionTranslation
from ocpp_sdk.versions.v16.central_system import Gateway16, ServedCentralSystem16
from ocpp_sdk.versions.v16.charge_point import Commands16, ServedChargePoint16

__all__ = ["TRANSLATION"]

TRANSLATION = VersionTranslation(
    version=OcppVersion.V16,
    central_system=cs.SERVICE,
    charge_point=cp.SERVICE,
    serve_central_system=ServedCentralSystem16,
    serve_charge_point=ServedChargePoint16,
    call_central_system=lambda caller: Gateway16(cs.CentralSystemClient(caller)),
    call_charge_point=lambda caller: Commands16(cp.ChargePointClient(caller)),
)
