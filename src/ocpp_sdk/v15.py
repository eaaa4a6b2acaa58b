"""OCPP 1.5 over SOAP: `central_system`, `charge_point`, and every name that only one of them defines."""

from ocpp_sdk.generated import v15 as _generated
from ocpp_sdk.generated.v15 import *  # noqa: F403 - `__all__` of generated code is its public surface

__all__ = _generated.__all__
