"""OCPP 1.6 over SOAP: `central_system`, `charge_point`, and every name that only one of them defines."""

from ocpp_sdk.generated import v16 as _generated
from ocpp_sdk.generated.v16 import *  # noqa: F403 - `__all__` of generated code is its public surface

__all__ = _generated.__all__
