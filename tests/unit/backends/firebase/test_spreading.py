"""What a process has decided and not brought to its places when it died, others bring there."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.transfer import Topic
from ocpp_sdk.testing.storage_contract.examples import CP, after, call, message, sample, start, status, stop
from tests.servers.firebase.server import FirebaseServer

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("firebase")]


class Database:
    """A database, looked at and changed beside the store."""

    def __init__(self, server: FirebaseServer) -> None:
        self.url = server.new_database()
        self._server = server
        self._namespace = self.url.partition("?ns=")[2]

    def read(self, path: str) -> dict[str, dict[str, object]]:
        """Return a node."""
        found = self._server.ask("GET", f"/{quote(path)}", namespace=self._namespace)
        assert found is None or isinstance(found, dict)
        return found or {}

    def take_back(self, decider: str, places: str, *, token: str, marked: bool = False) -> None:
        """Put the nodes at some place back into the node that decided about them, as a death in between leaves it."""
        writes = [{"path": f"{places}/{name}", "node": node} for name, node in self.read(places).items()]
        assert writes
        changes: dict[str, object] = {places: None, f"{decider}/unspread/{token}": writes}
        if marked:
            changes[f"{decider}/index/unspread"] = token
        self._server.ask("PATCH", "/", changes, namespace=self._namespace)

    def only(self, path: str) -> str:
        """Return the path of the only child of a node."""
        (name,) = self.read(path)
        return f"{path}/{name}"


@pytest.fixture
def database(server: FirebaseServer) -> Database:
    """Give an empty database."""
    return Database(server)


async def test_samples_of_a_stop_are_there_after_the_next_opening(database: Database) -> None:
    """The stop was decided, so its samples are kept whoever comes next, and once."""
    store = await open_store(database.url)
    number = (await store.start_transaction(start())).transaction.transaction_id
    await store.stop_transaction(stop(number), [sample(), sample("2")], after(1))
    kept = await store.samples()
    await store.close()
    decider = database.only("transactions")
    database.take_back(decider, "samples", token="stop", marked=True)
    store = await open_store(database.url)
    assert await store.samples() == kept
    assert "unspread" not in database.read(database.only("transactions"))
    await store.close()


async def test_samples_of_a_stop_are_there_when_it_is_repeated(database: Database) -> None:
    """The charge point was not answered, so it sends the stop again."""
    store = await open_store(database.url)
    number = (await store.start_transaction(start())).transaction.transaction_id
    sent = [sample(transaction_id=number)]
    await store.stop_transaction(stop(number), sent, after(1))
    database.take_back(database.only("transactions"), "samples", token="stop", marked=True)
    assert (await store.stop_transaction(stop(number), sent, after(2))).repeated
    assert len(await store.samples()) == 1
    await store.close()


async def test_samples_of_a_transaction_are_there_when_they_are_asked_for(database: Database) -> None:
    """Without any other event."""
    store = await open_store(database.url)
    number = (await store.start_transaction(start())).transaction.transaction_id
    await store.stop_transaction(stop(number), [sample(transaction_id=number)], after(1))
    database.take_back(database.only("transactions"), "samples", token="stop", marked=True)
    assert len(await store.samples(transaction_id=number)) == 1
    await store.close()


async def test_samples_of_a_refused_stop_are_there_after_the_next_opening(database: Database) -> None:
    """Nothing of the charging is lost."""
    store = await open_store(database.url)
    await store.stop_transaction(stop(77), [sample()], after(1))
    await store.close()
    database.take_back(database.only("refused_stops"), "samples", token="stop", marked=True)
    store = await open_store(database.url)
    assert len(await store.samples()) == 1
    await store.close()


async def test_message_is_there_when_its_charge_point_is_asked_about(database: Database) -> None:
    """The charge point's record has taken note of it, so it is there as well."""
    store = await open_store(database.url)
    await store.record_message(message(deviations=("x",)))
    whole = await store.messages()
    database.take_back("charge_points/cp-1", "messages", token="n1")
    assert await store.messages(CP) == whole == await store.messages()
    database.take_back("charge_points/cp-1", "messages", token="n1")
    assert await store.count(Topic.MESSAGES) == 1
    assert "unspread" not in database.read("charge_points/cp-1")
    await store.close()


async def test_message_is_there_when_the_next_one_comes(database: Database) -> None:
    """Both are, and each deviation is counted once."""
    store = await open_store(database.url)
    await store.record_message(message(deviations=("x",)))
    database.take_back("charge_points/cp-1", "messages", token="n1")
    await store.record_message(message("2", deviations=("x",)))
    assert [found.request for found in await store.messages()][1:] == ["2"]
    found = await store.charge_point(CP)
    assert found is not None
    assert found.deviations == {"x": 2}
    await store.close()


async def test_status_in_place_is_in_the_history(database: Database) -> None:
    """Also one whose process died before it had written the history."""
    store = await open_store(database.url)
    await store.set_connector_status(status("Available"))
    database.take_back("connectors/cp-1 1", "connector_statuses", token="n1")
    assert [found.status for found in await store.status_history(CP)] == ["Available"]
    database.take_back("connectors/cp-1 1", "connector_statuses", token="n1")
    await store.set_connector_status(status("Charging"))
    assert [found.status for found in await store.status_history(CP)] == ["Charging", "Available"]
    await store.close()


async def test_samples_that_were_only_set_aside_are_stored_when_the_request_comes_again(
    database: Database, server: FirebaseServer
) -> None:
    """They are not seen until then, and afterwards they are there once."""
    store = await open_store(database.url)
    sent = [sample(), sample("2")]
    assert await store.add_samples(sent) is True
    kept = await store.samples()
    namespace = database.url.partition("?ns=")[2]
    request = database.only("sample_requests")
    server.ask("PATCH", "/", {"samples": None, f"{request}/pending": "yes"}, namespace=namespace)
    assert (await store.count(Topic.SAMPLE_REQUESTS), (await store.dump(Topic.SAMPLE_REQUESTS)).records) == (0, ())
    await store.add_samples(sent)
    assert await store.samples() == kept
    assert await store.add_samples([replace(sent[0], value="3")]) is True
    assert await store.count(Topic.SAMPLE_REQUESTS) == 2
    await store.close()


async def test_call_is_claimed_though_the_lane_was_not_touched_again(
    database: Database, server: FirebaseServer
) -> None:
    """A process that died right after it had queued a call delays it by a minute at the most."""
    store = await open_store(database.url)
    await store.enqueue(Queue.COMMANDS, call("k"))
    namespace = database.url.partition("?ns=")[2]
    queued = database.read("commands")
    # Somebody looks after the first touch and before the call is there.
    server.ask("PATCH", "/", {"commands": None}, namespace=namespace)
    assert await store.claim(Queue.COMMANDS, worker="w", now=after(0), lease=timedelta(1)) is None
    server.ask("PATCH", "/", {"commands": queued}, namespace=namespace)
    assert await store.claim(Queue.COMMANDS, worker="w", now=after(61), lease=timedelta(1)) is not None
    await store.close()
