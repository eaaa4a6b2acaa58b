"""The server of the tests keeps to what Google's documentation of the REST interface says."""

import http.client
import json
from collections.abc import Iterator

import pytest

from ocpp_sdk.storage.opening import open_store
from tests.servers.firebase.server import FirebaseServer

pytestmark = pytest.mark.xdist_group("firebase")

SPACE = "ocpp-protocol"


@pytest.fixture
def place(server: FirebaseServer) -> Iterator[str]:
    """Give the path of an empty node."""
    server.ask("DELETE", "/place", namespace=SPACE)
    yield "/place"
    server.ask("DELETE", "/place", namespace=SPACE)


def _send(
    server: FirebaseServer, method: str, target: str, content: object = None, **headers: str
) -> tuple[int, str | None, object]:
    """Send one request, and return status, ETag and content of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        sent = {"Authorization": "Bearer owner", **{name.replace("_", "-"): text for name, text in headers.items()}}
        connection.request(method, target, None if content is None else json.dumps(content), sent)
        answer = connection.getresponse()
        return answer.status, answer.getheader("ETag"), json.loads(answer.read() or b"null")
    finally:
        connection.close()


def test_conditional_put_of_another_etag_is_refused_with_what_is_there(server: FirebaseServer, place: str) -> None:
    """412 with content and ETag, with which the next try succeeds; nothing has an ETag of its own."""
    target = f"{place}.json?ns={SPACE}"
    assert _send(server, "GET", target, X_Firebase_ETag="true") == (200, "null_etag", None)
    status, first, _ = _send(server, "PUT", target, {"a": 1}, if_match="null_etag")
    assert status == 200
    assert _send(server, "PUT", target, {"a": 2}, if_match="null_etag") == (412, first, {"a": 1})
    status, second, _ = _send(server, "PUT", target, {"a": 2}, if_match=str(first))
    assert (status, second != first) == (200, True)
    assert _send(server, "GET", target, X_Firebase_ETag="true") == (200, second, {"a": 2})
    assert _send(server, "PATCH", target, {"a": 3}, if_match=str(second))[0] == 400


def test_update_of_many_places_is_all_or_nothing(server: FirebaseServer, place: str) -> None:
    """A key that is not allowed, or a place within another, leaves all as it was."""
    target = f"{place}.json?ns={SPACE}&print=silent"
    assert _send(server, "PATCH", target, {"a/b": 1, "c": 2, "d/e/f": None}) == (204, None, None)
    for wrong in ({"a/b": 5, "x.y": 1}, {"a": {"z": 1}, "a/b": 5}, {"a/b": 5, "c": {"[": 1}}):
        assert _send(server, "PATCH", target, wrong)[0] == 400
    assert server.ask("GET", place, namespace=SPACE) == {"a": {"b": 1}, "c": 2}


def test_query_is_sorted_and_bounded_by_a_child(server: FirebaseServer, place: str) -> None:
    """Ends are part of the range; nodes without the child come before all texts."""
    nodes = {f"n{number}": {"index": {"all": f"{9 - number}"}} for number in range(9)} | {"none": {"x": 1}}
    server.ask("PUT", place, nodes, namespace=SPACE)
    ask = f"{place}.json?ns={SPACE}&orderBy=%22index/all%22"
    assert _send(server, "GET", f"{ask}&startAt=%223%22&endAt=%225%22")[2] == {
        name: nodes[name] for name in ("n4", "n5", "n6")
    }
    assert _send(server, "GET", f"{ask}&startAt=%223%22&limitToFirst=1")[2] == {"n6": nodes["n6"]}
    assert _send(server, "GET", f"{ask}&limitToLast=1")[2] == {"n0": nodes["n0"]}
    assert _send(server, "GET", f"{ask}&limitToFirst=1")[2] == {"none": nodes["none"]}
    assert _send(server, "GET", f"{place}.json?ns={SPACE}&limitToFirst=1")[0] == 400
    assert _send(server, "GET", f"{place}.json?ns={SPACE}&shallow=true")[2] == dict.fromkeys(nodes, True)


def test_empty_nodes_are_no_nodes(server: FirebaseServer, place: str) -> None:
    """Nothing of an empty object, an empty array or null is left; an empty text is something."""
    server.ask("PUT", place, {"a": {}, "b": [], "c": None, "d": ""}, namespace=SPACE)
    assert server.ask("GET", place, namespace=SPACE) == {"d": ""}
    server.ask("PUT", f"{place}/d", {}, namespace=SPACE)
    assert server.ask("GET", place, namespace=SPACE) is None


def test_request_without_the_owners_token_is_refused(server: FirebaseServer, place: str) -> None:
    """As an emulator refuses it where the rules allow nothing."""
    assert _send(server, "GET", f"{place}.json?ns={SPACE}", Authorization="Bearer somebody")[0] == 401


@pytest.mark.anyio
async def test_data_outlive_stop_and_kill(server: FirebaseServer) -> None:
    """What was answered is there when the server is started again; another server, which no other test uses."""
    with FirebaseServer() as own:
        store = await open_store(own.url)
        await store.put_setting("a", "1")
        own.kill()
        own.start()
        await store.put_setting("b", "2")
        own.stop()
        own.start()
        assert await store.settings() == {"a": "1", "b": "2"}
        await store.close()
