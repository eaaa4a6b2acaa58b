"""The store that ends with its process."""

import asyncio

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import open_store


def test_memory_store_is_another_one_each_time() -> None:
    """Two of them share nothing."""

    async def two() -> None:
        one, other = await open_store("memory:"), await open_store("memory:")
        await one.put_setting("a", "1")
        assert await other.settings() == {}
        await one.close()
        await other.ping()
        await other.close()

    asyncio.run(two())


@pytest.mark.parametrize("url", ["memory:name", "memory://host", "memory:?a=b"])
def test_memory_store_with_a_name_is_refused(url: str) -> None:
    """It says that there is nothing to name."""
    with pytest.raises(ConfigurationError, match="has no name and no options; use memory:"):
        asyncio.run(open_store(url))
