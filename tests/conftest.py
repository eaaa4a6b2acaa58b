"""What every test shares: asyncio as the only event loop library, and hypothesis without a clock."""

import os

import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
# On CI the examples are the same every time, so that a failure is the change's own.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio."""
    return "asyncio"
