"""The durable queue of a charge point's requests, on any storage.

`DurableQueue` keeps the calls and sends them; `decide` says, without any I/O, what follows from an error.
"""

from ocpp_sdk.client.queue.policy import (
    Decision,
    GiveUp,
    Retry,
    RetryRules,
    WaitForConnection,
    decide,
    is_out_of_reach,
)
from ocpp_sdk.client.queue.queue import DurableQueue
from ocpp_sdk.client.queue.roles import Gate, Report, Sender
from ocpp_sdk.clock import Clock

__all__ = [
    "Clock",
    "Decision",
    "DurableQueue",
    "Gate",
    "GiveUp",
    "Report",
    "Retry",
    "RetryRules",
    "Sender",
    "WaitForConnection",
    "decide",
    "is_out_of_reach",
]
