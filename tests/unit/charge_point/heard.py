"""What a central system has heard, and what happens on the way to it."""

from ocpp_sdk.errors import CallTimeoutError, ConnectError
from ocpp_sdk.versions.domain import MeterValues, StartTransaction, StopTransaction
from tests.unit.charge_point.fakes import NOON, Bench


def no_connection() -> ConnectError:
    """Return what the client raises when nobody listens."""
    return ConnectError("nobody there", url="http://cs/")


def no_answer() -> CallTimeoutError:
    """Return what the client raises when an answer is lost."""
    return CallTimeoutError("slow", url="http://cs/", phase="read")


def starts(bench: Bench) -> list[StartTransaction]:
    """Return the starts that were sent, repetitions included."""
    return [one for one in bench.central_system.named("StartTransaction") if isinstance(one, StartTransaction)]


def stops(bench: Bench) -> list[StopTransaction]:
    """Return the stops that were sent."""
    return [one for one in bench.central_system.named("StopTransaction") if isinstance(one, StopTransaction)]


def samples(bench: Bench) -> list[tuple[int, int | None, str]]:
    """Return seconds since noon, transaction and value of each reading that was sent."""
    return [
        (int((reading.timestamp - NOON).total_seconds()), one.transaction_id, reading.values[0].value)
        for one in bench.central_system.named("MeterValues")
        if isinstance(one, MeterValues)
        for reading in one.readings
    ]
