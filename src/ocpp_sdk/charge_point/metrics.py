"""What a charge point counts, for Prometheus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Final

from prometheus_client import CollectorRegistry, make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ocpp_sdk.charge_point.charge_point import ChargePoint
from ocpp_sdk.charge_point.connection.boot import BootState
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.server.run import serve

__all__ = ["HardwareCounts", "serving_metrics"]

HardwareCounts = Callable[[], Mapping[tuple[str, str], int]]
"""Returns what the hardware counted, by name and kind."""

_BOOT: Final = {state: number for number, state in enumerate(BootState)}


class _ChargePointCollector(Collector):
    """Reads a charge point whenever somebody asks."""

    def __init__(self, charge_point: ChargePoint, hardware: HardwareCounts) -> None:
        self._charge_point = charge_point
        self._hardware = hardware

    def collect(self) -> Iterator[Metric]:
        """Return everything as it is now."""
        charge_point = self._charge_point
        registration = GaugeMetricFamily(
            "ocpp_registration", "Where the charge point stands with its central system.", labels=["state"]
        )
        for state in _BOOT:
            registration.add_metric([state.value], charge_point.registration.state is state)
        yield registration
        yield _gauge("ocpp_online", "Whether the central system answers.", charge_point.online)
        yield _gauge("ocpp_queue_waiting", "Requests that have not ended.", charge_point.outbox.queue.waiting)
        yield _gauge("ocpp_transactions", "Transactions that run.", len(charge_point.transactions.running()))
        given_up = CounterMetricFamily("ocpp_given_up", "Requests that were given up; they are kept.")
        given_up.add_metric([], charge_point.outbox.given_up)
        yield given_up
        metering = CounterMetricFamily("ocpp_metering", "What happened to meters.", labels=["what"])
        for name, count in asdict(charge_point.metering.counters).items():
            metering.add_metric([name], count)
        yield metering
        hardware = CounterMetricFamily("ocpp_hardware", "What happened to the hardware.", labels=["what", "kind"])
        for (name, kind), count in self._hardware().items():
            hardware.add_metric([name, kind], count)
        yield hardware


@asynccontextmanager
async def serving_metrics(
    charge_point: ChargePoint, host: str, port: int, *, hardware: HardwareCounts = dict
) -> AsyncIterator[int]:
    """Serve the metrics of a charge point over HTTP.

    Args:
        charge_point: to be looked at.
        host: address to serve at.
        port: to serve at; 0 takes a free one.
        hardware: returns what the hardware counted.

    Yields:
        The port.

    Raises:
        ConfigurationError: the port is in use.
    """
    registry = CollectorRegistry()
    registry.register(_ChargePointCollector(charge_point, hardware))
    async with AsyncExitStack() as stack:
        try:
            address = await stack.enter_async_context(serve(make_asgi_app(registry), host, port))
        except ConfigurationError as error:
            raise ConfigurationError(f"metrics: {error}") from None
        yield address.port


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
