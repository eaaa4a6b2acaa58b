"""Limits are checked when they are made."""

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.soap.limits import Limits


@pytest.mark.parametrize("name", ["max_bytes", "max_inflated_bytes", "max_depth", "max_attributes", "max_elements"])
def test_limits_with_zero_are_refused_by_name(name: str) -> None:
    """A bound that lets nothing through is a mistake of configuration."""
    with pytest.raises(ConfigurationError, match=name):
        Limits(**{name: 0})


def test_limits_with_a_depth_beyond_the_parser_are_refused() -> None:
    """A depth that the parser would cut anyway is not promised."""
    with pytest.raises(ConfigurationError, match="255"):
        Limits(max_depth=256)
