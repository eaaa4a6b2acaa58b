"""What all backends share."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the case with many samples the time that it takes, and mark it; it is the suite's, which has no marks."""
    for item in items:
        if "million_samples" in item.name:
            item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.long)
