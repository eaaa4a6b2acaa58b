"""Messages that are begun to be kept while the caller goes on."""

import asyncio
from datetime import UTC, datetime
from typing import cast

from ocpp_sdk.storage import MessageStore, WireMessage
from ocpp_sdk.storage.messages import begin_record, begun_by

MESSAGE = WireMessage(at=datetime(2026, 5, 4, tzinfo=UTC), identity="CP-1", operation="Heartbeat", request="{}")


class Plain:
    """Has only the verb."""

    async def record_message(self, message: WireMessage) -> int:
        """Return a number that tells who was asked."""
        await asyncio.sleep(0)
        return len(message.identity)


class Quick:
    """Can begin without a task."""

    def _begin(self, _: WireMessage) -> asyncio.Future[int]:
        begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        begun.set_result(70)
        return begun

    @begun_by(_begin)
    async def record_message(self, message: WireMessage) -> int:
        """Return a number that tells who was asked."""
        return await self._begin(message)


class Own(Quick):
    """Has another verb in its place."""

    async def record_message(self, message: WireMessage) -> int:
        """Return a number that tells who was asked."""
        return 1 + await super().record_message(message)


class Front:
    """Stands in front of a store."""

    def __init__(self, inner: Quick) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def begun(store: object) -> int:
    """Keep a message and return its number."""

    async def main() -> int:
        return await begin_record(cast("MessageStore", store), MESSAGE)

    return asyncio.run(main())


def test_message_is_begun_by_whoever_is_asked() -> None:
    """A verb in the place of one that can be begun is not passed over."""
    assert [begun(store) for store in (Plain(), Quick(), Own(), Front(Quick()))] == [4, 70, 71, 70]
