"""What all backends share."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the case with many samples the time that it takes on a busy machine."""
    for item in items:
        if "million_samples" in item.name:
            item.add_marker(pytest.mark.timeout(600))
