"""What a charge point counts, fetched as Prometheus does."""

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ocpp_sdk.charge_point import ChargePoint, SimulatedHardware, Station
from ocpp_sdk.charge_point.metrics import serving_metrics
from ocpp_sdk.errors import ConfigurationError, ConnectError, ProtocolError
from ocpp_sdk.operation import OcppVersion
from tests.unit.charge_point.fakes import FakeCentralSystem, memory_store, on_bench, settings_of

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
Found = dict[tuple[str, frozenset[str]], float]


async def metrics_at(port: int) -> Found:
    """Return every sample by its name and the values of its labels."""

    def fetch() -> str:
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
            assert answer.status == 200
            text: str = answer.read().decode()
            return text

    families: Iterable[object] = text_string_to_metric_families(await asyncio.to_thread(fetch))
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples  # type: ignore[attr-defined] # the library types only a part of itself
    }


def one(found: Found, name: str, *labels: str) -> float:
    """Return one sample."""
    return found[name, frozenset(labels)]


async def test_metrics_tell_registration_connection_queue_and_transactions() -> None:
    """A scrape at any time tells how things are at that time."""
    async with on_bench(OcppVersion.V15) as bench, serving_metrics(bench.charge_point, HOST, 0) as port:
        found = await metrics_at(port)
        assert one(found, "ocpp_registration", "accepted") == 1
        states = [value for (name, _), value in found.items() if name == "ocpp_registration"]
        assert sorted(states) == [0] * (len(states) - 1) + [1]
        assert len(states) == 6
        assert (one(found, "ocpp_online"), one(found, "ocpp_queue_waiting"), one(found, "ocpp_transactions")) == (
            1,
            0,
            0,
        )

        await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(61)
        found = await metrics_at(port)
        assert one(found, "ocpp_transactions") == 1
        assert one(found, "ocpp_metering_total", "read") >= 1

        bench.central_system.fail("any", *[ConnectError("http://cs: gone", url="http://cs")] * 1000)
        await bench.hardware.unplugged(1)
        await bench.clock.pass_time(1)
        found = await metrics_at(port)
        assert (one(found, "ocpp_online"), one(found, "ocpp_transactions")) == (0, 0)
        assert one(found, "ocpp_queue_waiting") >= 1


async def test_metrics_tell_what_was_given_up() -> None:
    """A start that is refused again and again is kept and counted, and so is what belongs to it."""
    async with on_bench(OcppVersion.V16) as bench, serving_metrics(bench.charge_point, HOST, 0) as port:
        assert one(await metrics_at(port), "ocpp_given_up_total") == 0
        bench.central_system.fail("StartTransaction", *[ProtocolError("no")] * 20)
        await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(3600)
        kept = await bench.charge_point.outbox.queue.given_up()
        assert kept[0].operation == "StartTransaction"
        assert one(await metrics_at(port), "ocpp_given_up_total") == len(kept)


class AbsentHardware(SimulatedHardware):
    """Hardware that never starts."""

    async def run(self, station: Station) -> None:
        await asyncio.Event().wait()


async def test_metrics_tell_that_the_hardware_is_away() -> None:
    """Before it starts there is no charge point to register."""
    central_system = FakeCentralSystem()
    settings = settings_of(OcppVersion.V15)
    charge_point = ChargePoint(settings, central_system, AbsentHardware(), memory_store(), flush_s=0)
    async with charge_point, serving_metrics(charge_point, HOST, 0) as port:
        assert one(await metrics_at(port), "ocpp_registration", "hardware offline") == 1


async def test_metrics_tell_what_the_hardware_counts() -> None:
    """By what happened, and its kind."""
    counts = {("cycles", ""): 7, ("failures", "ShortReadError"): 2}
    async with (
        on_bench(OcppVersion.V12) as bench,
        serving_metrics(bench.charge_point, HOST, 0, hardware=lambda: counts) as port,
    ):
        found = await metrics_at(port)
        assert one(found, "ocpp_hardware_total", "cycles", "") == 7
        assert one(found, "ocpp_hardware_total", "failures", "ShortReadError") == 2
        counts["cycles", ""] = 8
        assert one(await metrics_at(port), "ocpp_hardware_total", "cycles", "") == 8


async def test_port_in_use_is_one_line() -> None:
    """It names address and port."""
    async with on_bench(OcppVersion.V15) as bench:
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            said = f"^metrics: cannot listen at {HOST} port {port}: Address already"
            with pytest.raises(ConfigurationError, match=said):
                async with serving_metrics(bench.charge_point, HOST, port):
                    pytest.fail("it serves")


async def test_port_is_given_back_at_the_end() -> None:
    """The next start of the program can have it."""
    async with on_bench(OcppVersion.V15) as bench:
        async with serving_metrics(bench.charge_point, HOST, 0) as port:
            await metrics_at(port)
        with pytest.raises(urllib.error.URLError):
            await metrics_at(port)
        async with serving_metrics(bench.charge_point, HOST, port) as again:
            assert again == port
            await metrics_at(port)
