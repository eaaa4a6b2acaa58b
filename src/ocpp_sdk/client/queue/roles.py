"""What a queue needs from its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from ocpp_sdk.errors import OcppError
from ocpp_sdk.storage.calls import QueuedCall

__all__ = ["Gate", "Report", "Sender"]

Report: TypeAlias = Callable[[str], None]
"""Takes one line that says what happened."""


class Sender(Protocol):
    """Knows what the calls of a queue mean."""

    async def send(self, call: QueuedCall) -> str:
        """Send a call and return its reply.

        A call may be sent more than once: when its answer was lost, and when the process ended before the answer was
        stored. It must be the same request each time, so that the central system recognises it.

        Args:
            call: CLAIMED by the queue.

        Returns:
            JSON text, which is kept with the call.

        Raises:
            OcppError: it was not answered; `ocpp_sdk.client.queue.decide` tells what follows. After a StorageError the
                same call is sent again after a pause. A ConfigurationError ends `DurableQueue.run`, and the call stays.
        """
        ...

    async def ended(self, call: QueuedCall) -> None:
        """Hear that the end of a call is durable, before the next one is sent that is no more of the same run.

        It is not told again after a restart: what must not be missed is read from the storage then.

        Args:
            call: ANSWERED with its `reply`, or GIVEN_UP with its `error`.
        """
        ...


class Gate(Protocol):
    """Knows whether the central system can be reached and has accepted the charge point."""

    @property
    def is_open(self) -> bool:
        """Whether `open` would return at once."""
        ...

    async def open(self) -> None:
        """Return once messages may be sent, at once if they may now."""
        ...

    def lost(self, error: OcppError) -> None:
        """Hear that a message found no connection; the gate closes until it has found one."""
        ...
