"""Limits that cannot be, and what a request may ask for within them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance import DiagnosticsSettings, RetrySettings, TransferSettings
from ocpp_sdk.errors import ConfigurationError


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((None, None), (3, 60.0)),
        ((0, 10), (0, 10.0)),
        ((5, 10), (5, 10.0)),
        ((2_000_000_000, 0), (20, 1.0)),
        ((-1, -1), (0, 1.0)),
        ((1, 2_000_000_000), (1, 3600.0)),
    ],
)
def test_retries_that_are_asked_for_have_limits(asked: tuple[int | None, int | None], given: tuple[int, float]) -> None:
    """A central system cannot have us call a server without end or pause."""
    assert RetrySettings().times(*asked) == given


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["connect_timeout_s", "silence_timeout_s", "total_timeout_s", "max_download_bytes"])
def test_limit_that_is_none_is_refused(name: str, value: float) -> None:
    """A time-out of zero or without end is a mistake in a file."""
    with pytest.raises(ConfigurationError, match=name):
        TransferSettings(**{name: value})  # type: ignore[arg-type]  # the names are the fields'


def test_pauses_that_contradict_each_other_are_refused() -> None:
    """When the charge point is set up."""
    with pytest.raises(ConfigurationError, match="retry_interval_s"):
        RetrySettings(retry_interval_s=10, max_retry_interval_s=5)
    with pytest.raises(ConfigurationError, match="max_retries"):
        RetrySettings(retries=30)
    with pytest.raises(ConfigurationError, match="max_log_file_bytes"):
        DiagnosticsSettings(folder=Path("x"), max_log_file_bytes=0)
