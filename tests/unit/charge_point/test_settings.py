"""Settings that cannot work are named."""

from collections.abc import Callable

import pytest

from ocpp_sdk.charge_point import ChargePointSettings, SimulatedHardware
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion

V15 = OcppVersion.V15


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: ChargePointSettings(identity=" ", version=V15), "identity"),
        (lambda: ChargePointSettings(identity="CP", version=V15, connectors=0), "connectors: must be at least 1"),
        (lambda: SimulatedHardware(power_w=-1), "power_w: must be a number of W"),
        (lambda: SimulatedHardware(power_w=float("nan")), "power_w"),
        (lambda: SimulatedHardware(power_w=float("inf")), "power_w: must be a number"),
        (lambda: ChargePointSettings(identity="CP", version=V15, sample_interval_s=-1), "sample_interval_s"),
        (lambda: ChargePointSettings(identity="CP", version=V15, boot_attempts=0), "boot_attempts: must be at least 1"),
        (lambda: ChargePointSettings(identity="CP", version=V15, first_retry_s=0), "first_retry_s: must be more"),
    ],
)
def test_setting_that_cannot_work_is_refused_by_name(make: Callable[[], object], complaint: str) -> None:
    """The line says which one and what it may be."""
    with pytest.raises(ConfigurationError, match=complaint):
        make()
