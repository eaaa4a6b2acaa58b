"""A process that writes until it is killed, and prints what was acknowledged: `python writer.py URL TURN`."""

import asyncio
import sys

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract.examples import message, sample, start, status, stop


async def write(url: str, turn: str) -> None:
    """Write in four tasks, each of its own charge point."""
    store = await open_store(url)
    print("open", flush=True)

    async def work(task: int) -> None:
        identity = f"CP-{turn}-{task}"
        for step in range(10_000):
            mark = f"{identity}/{step}"
            await store.record_message(message(mark, identity=identity, deviations=("x",)))
            print("message", mark, flush=True)
            await store.set_connector_status(status(mark, identity=identity))
            print("status", mark, flush=True)
            begun = await store.start_transaction(start(identity=identity, at=step))
            number = begun.transaction.transaction_id
            await store.stop_transaction(
                stop(number, identity=identity, at=step),
                [sample(mark, identity=identity, transaction_id=number)] * 2,
                (begun.transaction.start.started_at),
            )
            print("stop", mark, flush=True)

    await asyncio.gather(*map(work, range(4)))


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:]))
