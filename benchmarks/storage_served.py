"""MeterValues of eight samples over 64 keep-alive connections, stored durably before each reply."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import overload

from benchmarks.load import LoadGenerator
from benchmarks.measuring import Pace, Series, rotated, steady_gc
from benchmarks.messages import CENTRAL_SYSTEM, CHARGE_POINT, WSDLS, readings
from benchmarks.peers.npm_peer import NpmError, install
from benchmarks.processes import choose_cores, pinned, python_server, server
from benchmarks.report import Row, costs, faster
from ocpp_sdk import v15
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.soap.exchange import encode_request
from ocpp_sdk.storage.opening import open_store

CONNECTIONS = 64
AGAINST_STRONG_SOAP = 1.6
AGAINST_MEMORY = 0.7
FULL_COST = 1.3
FILLED = 10_000_000
FILLED_QUICK = 1_000_000
_REQUESTS = 1_000_000


class FreshRequests(Sequence[bytes]):
    """Requests of 64 charge points, each with another time of the first sample, so that none is a repetition."""

    def __init__(self) -> None:
        values = readings(8)
        values[0].timestamp = values[0].timestamp.replace(microsecond=123_456)
        request = v15.MeterValuesRequest(connector_id=1, transaction_id=48213, values=values)
        body = encode_request(
            v15.METER_VALUES,
            request,
            charge_box_identity="CP-00",
            message_id="urn:uuid:5d6e7f80-91a2-4b3c-8d4e-000000000000",
            to=CENTRAL_SYSTEM,
            from_address=CHARGE_POINT,
        )
        head = (
            f"POST {DEFAULT_PATH} HTTP/1.1\r\nHost: central.example.com:8080\r\nUser-Agent: benchmarks\r\n"
            'Content-Type: application/soap+xml; charset=utf-8; action="/MeterValues"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        whole = head.encode() + body
        if whole.count(b"CP-00") != 1 or whole.count(b".123456") != 1:
            raise ValueError("the identity and the fraction of a second must stand in the request once")
        self._template = whole.replace(b"%", b"%%").replace(b"CP-00", b"CP-%02d").replace(b".123456", b".%06d")

    def __len__(self) -> int:
        return _REQUESTS

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self._template % (index % CONNECTIONS, index)


def run(folder: Path, pace: Pace, notes: list[str], filled: int) -> list[Row]:
    """Measure all servers in turns."""
    cores = choose_cores()
    full = folder / "full.db"
    asyncio.run(_fill(full, filled))
    # What the system still has to write of it would be in the way of those that are measured.
    os.sync()
    urls = {"sqlite": f"sqlite:///{folder / 'empty.db'}", "full": f"sqlite:///{full}", "memory": "memory:"}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(server([*python_server("central_system"), url], cores.servers))
            for name, url in urls.items()
        }
        try:
            node = ["node", "server.js", str(WSDLS / "central_system.wsdl")]
            servers["strong-soap"] = stack.enter_context(server(node, cores.servers, install()))
        except NpmError as error:
            notes.append(f"storage: row of strong-soap not run, {error}")
        stack.enter_context(steady_gc())
        stack.enter_context(pinned(cores.callers))
        requests = FreshRequests()
        generators = {
            name: stack.enter_context(LoadGenerator(each.port, requests, b"eterValuesResponse", CONNECTIONS))
            for name, each in servers.items()
        }
        rates: dict[str, list[float]] = {name: [] for name in servers}
        per_core_s: dict[str, list[float]] = {name: [] for name in servers}
        for generator in generators.values():
            generator.run(pace.load_warm_up_s)
        for turn in range(pace.load_rounds):
            for name in rotated(list(servers), turn):
                before = servers[name].core_s()
                result = generators[name].run(pace.load_s)
                core_s = servers[name].core_s() - before
                rates[name].append(result.rate)
                per_core_s[name].append(len(result.latencies_s) / core_s if core_s else 0.0)
    series = {name: Series(tuple(values)) for name, values in rates.items()}
    cost = {name: Series(tuple(1 / rate for rate in values)) for name, values in rates.items()}
    what = f"MeterValues, {CONNECTIONS} connections, sqlite"
    rows = []
    if "strong-soap" in series:
        theirs = series["strong-soap"]
        rows.append(
            faster("storage", what, "npm strong-soap, stores none", series["sqlite"], theirs, "/s", AGAINST_STRONG_SOAP)
        )
        ours, theirs = (Series(tuple(per_core_s[name])) for name in ("sqlite", "strong-soap"))
        if min(*ours.values, *theirs.values) > 0:
            alone = "the same, per second of its core"
            rows.append(faster("storage", alone, "npm strong-soap, stores none", ours, theirs, "/s", None))
    rows.append(faster("storage", what, "memory:", series["sqlite"], series["memory"], "/s", AGAINST_MEMORY))
    rows.append(
        costs(
            "storage",
            f"the same, {filled:,} samples there",
            "an empty one",
            cost["full"],
            cost["sqlite"],
            "ms",
            FULL_COST,
        )
    )
    return rows


async def _fill(path: Path, total: int) -> None:
    """Make a database that has so many samples, of 1,000 requests of each of 64 charge points in turns and so on."""
    await (await open_store(f"sqlite:///{path}")).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO charge_points (charge_point_id, identity, identity_key, first_seen, last_seen)"
            " VALUES (?, ?, ?, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')",
            [(number + 1, f"CP-{number:02}", f"cp-{number:02}") for number in range(CONNECTIONS)],
        )
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        time = "strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + {}, 'unixepoch') || '.000000Z'"
        connection.execute(
            f"{numbers} INSERT INTO samples SELECT i, 1 + (i - 1) / 8 % {CONNECTIONS}, 1, 48213, "
            f"{time.format('i / 512')}, 1204300 + i, NULL, NULL, 'Energy.Active.Import.Register', NULL, NULL, 'Wh' "
            "FROM n",
            (total,),
        )
        connection.execute(
            f"{numbers} INSERT INTO sample_requests SELECT {time.format('i / 64')}, 1 + i % {CONNECTIONS},"
            " randomblob(16) FROM n",
            (total // 8,),
        )
        connection.execute(
            "INSERT INTO sample_runs SELECT number >> 12, charge_point_id, min(number), max(number) FROM samples"
            " GROUP BY (number - 1) / 8, number >> 12"
        )
        connection.execute("INSERT INTO sample_blocks SELECT DISTINCT charge_point_id, block FROM sample_runs")
        connection.execute(
            "INSERT INTO sampled_transactions SELECT 48213, charge_point_id, 1, ? FROM charge_points", (total,)
        )
        names = "transaction_id reservation_id connector_statuses refused_stops commands requests exchanges"
        last = {"charge_point_id": CONNECTIONS, "samples": total, **dict.fromkeys(names.split(), 0)}
        last |= {"notifications": 0, "messages": 0}
        connection.executemany("INSERT INTO sequences VALUES (?, ?)", last.items())
        connection.execute("COMMIT")
