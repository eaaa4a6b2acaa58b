"""Records actions until it is killed, and prints the message id of each after it was acknowledged."""

import asyncio
import sys
from datetime import UTC, datetime

from ocpp_sdk.storage import CentralSystemStore, ReceivedAction, open_store


async def write_for_ever(store: CentralSystemStore, run: str, task: int) -> None:
    """Record one action after the other."""
    number = 0
    while True:
        number += 1
        message_id = f"{run}-{task}-{number}"
        action = ReceivedAction(
            received_at=datetime.now(UTC),
            identity="CP1",
            version="1.5",
            operation="Heartbeat",
            request="{}",
            reply="{}",
            message_id=message_id,
        )
        await store.record_action(action)
        sys.stdout.write(message_id + "\n")
        sys.stdout.flush()


async def main() -> None:
    """Write from several tasks at once, so that commits are shared."""
    store = await open_store(sys.argv[1])
    await asyncio.gather(*(write_for_ever(store, sys.argv[2], task) for task in range(8)))


asyncio.run(main())
