"""What opening a store says when it cannot serve, and that it comes back when the database does."""

import json
import sys
from pathlib import Path

import pytest

from ocpp_sdk.errors import ConfigurationError, StorageError, StorageUnavailableError
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk_backends.firebase import rules_text
from tests.servers.firebase.server import FirebaseServer
from tests.servers.keeping import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("firebase")]


async def _refusal(url: str) -> str:
    """Return the one line with which a URL is refused."""
    with pytest.raises(ConfigurationError) as caught:
        await open_store(url)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("firebase:", "names no database; use firebase://HOST"),
        ("firebase:example", "names no database"),
        ("firebase:ftp://example/", "names no database"),
        ("firebase:http://[::1/?ns=a", "cannot be read, Invalid IPv6 URL"),
        ("firebase:http://127.0.0.1:99999/?ns=a", "cannot be read, Port out of range"),
        ("firebase:http://127.0.0.1:9000/", "http:// and ?ns=NAME belong together"),
        ("firebase://example.firebaseio.com?ns=a", "http:// and ?ns=NAME belong together"),
        ("firebase://example.firebaseio.com/a?color=red", "'color' is not known"),
        ("firebase://example.firebaseio.com/a.b", "'a.b' in the path is no name"),
        ("firebase://example.firebaseio.com?timeout=soon", "timeout 'soon' is no number"),
        ("firebase://example.firebaseio.com?timeout=0", "timeout '0' is no number"),
    ],
)
async def test_url_that_names_no_database_is_refused(url: str, complaint: str) -> None:
    """In one line, with the form that it should have."""
    assert complaint in await _refusal(url)


async def test_url_with_a_password_is_refused_without_it() -> None:
    """A password is not shown, and would be of no use."""
    line = await _refusal("firebase://somebody:secret@example.firebaseio.com/")
    assert "of no use" in line
    assert "secret" not in line


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"type": "service_account"}'])
async def test_key_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    """Missing, or something else than the key of a service account."""
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    line = await _refusal(f"firebase://example.firebaseio.com?credentials={path}")
    assert str(path) in line
    assert ("cannot be read" if content is None else "no key of a service account") in line


async def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With both ways to give them."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    line = await _refusal("firebase://example-default-rtdb.firebaseio.com/ocpp")
    assert "no credentials were found; give credentials=FILE in the URL, or set GOOGLE_APPLICATION_CREDENTIALS" in line


async def test_server_that_is_not_there_is_told() -> None:
    """With the reason, and without the URL that the client made of it."""
    line = await _refusal(f"firebase:http://127.0.0.1:{free_port()}/?ns=a")
    assert line == (
        "firebase 127.0.0.1 cannot be reached: [Errno 111] Connection refused; check the host and the network"
    )


async def test_database_without_the_rules_is_refused(server: FirebaseServer) -> None:
    """Google asks for the indexes, and the line says how to get them."""
    namespace = "ocpp-without-rules"
    server.ask("PUT", "/.settings/rules", {"rules": {".read": False}}, namespace=namespace)
    line = await _refusal(server.url_of(namespace))
    assert "lack an index, publish the rules that `ocpp-sdk storage rules` prints" in line


async def test_database_of_a_newer_version_is_refused(server: FirebaseServer) -> None:
    """Before anything is done to it."""
    url = server.new_database()
    server.ask("PUT", "/meta/format", 2, namespace=url.partition("?ns=")[2])
    assert "the data have format 2, and this version knows 1; update ocpp-sdk" in await _refusal(url)


async def test_database_that_refuses_access_is_told_and_comes_back(server: FirebaseServer) -> None:
    """At opening what to check; at work that nothing was stored; and it works again when access is granted again."""
    url = server.new_database()
    store = await open_store(url)
    server.shut(url, True)
    try:
        line = await _refusal(url)
        assert "refuses access: Permission denied; give credentials=FILE" in line
        with pytest.raises(StorageError, match="refuses access") as caught:
            await store.put_setting("k", "v")
        assert not isinstance(caught.value, StorageUnavailableError)
    finally:
        server.shut(url, False)
    await store.put_setting("k", "v")
    assert await store.setting("k") == "v"
    await store.close()


async def test_emulator_of_the_environment_serves_a_url_of_the_cloud(
    server: FirebaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FIREBASE_DATABASE_EMULATOR_HOST leads there without credentials; the first part of the host names the data."""
    namespace = "ocpp-by-environment"
    server.ask("PUT", "/.settings/rules", {"rules": {"box": json.loads(rules_text())["rules"]}}, namespace=namespace)
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", f"127.0.0.1:{server.port}")
    store = await open_store(f"firebase://{namespace}.firebaseio.com/box")
    await store.put_setting("k", "v")
    await store.close()
    assert server.ask("GET", "/box/settings/k/value", namespace=namespace) == "v"
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", "http://127.0.0.1")
    assert 'Invalid FIREBASE_DATABASE_EMULATOR_HOST: "http://127.0.0.1"' in await _refusal(
        "firebase://a.firebaseio.com"
    )


async def test_missing_client_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is an extra."""
    monkeypatch.setitem(sys.modules, "firebase_admin", None)
    assert (await _refusal("firebase://example.firebaseio.com")).endswith("pip install 'ocpp-sdk[firebase]'")


def test_rules_shut_out_everybody_without_an_administrators_credentials() -> None:
    """Clients read and write nothing."""
    rules = json.loads(rules_text())["rules"]
    assert (rules[".read"], rules[".write"]) == (False, False)
