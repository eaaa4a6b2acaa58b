"""OCPP 1.2 over SOAP: `central_system`, `charge_point`, and every name that only one of them defines."""

from ocpp_sdk.generated import v12 as _generated
from ocpp_sdk.generated.v12 import *  # noqa: F403 - `__all__` of generated code is its public surface

__all__ = _generated.__all__
