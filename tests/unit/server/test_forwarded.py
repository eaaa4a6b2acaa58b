"""Peers and public addresses, with and without proxies."""

from __future__ import annotations

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.server.forwarded import peer_of, public_base
from ocpp_sdk.server.settings import ServerSettings, networks

TRUSTED = networks("trusted_proxies", ("10.0.0.0/8", "2001:db8::1"))


@pytest.mark.parametrize(
    ("client", "headers", "peer"),
    [
        ("10.0.0.1", {b"x-forwarded-for": b"1.1.1.1, 8.8.8.8"}, "8.8.8.8"),
        ("10.0.0.1", {b"x-forwarded-for": b"1.1.1.1, 8.8.8.8, 10.0.0.2"}, "8.8.8.8"),
        ("::ffff:10.0.0.1", {b"x-forwarded-for": b"8.8.8.8:1234"}, "8.8.8.8"),
        ("2001:db8::1", {b"forwarded": b'for=1.1.1.1, for="[2001:db8::7]:80";proto=https'}, "2001:db8::7"),
        ("10.0.0.1", {b"forwarded": b"for=unknown"}, "10.0.0.1"),
        ("10.0.0.1", {b"x-forwarded-for": b"8.8.8.8, nonsense"}, "10.0.0.1"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("8.8.8.8", {b"x-forwarded-for": b"1.1.1.1"}, "8.8.8.8"),
    ],
)
def test_peer_behind_trusted_proxies_is_the_last_one_they_vouch_for(
    client: str, headers: dict[bytes, bytes], peer: str
) -> None:
    """What stands before it was written by the peer itself and is worth nothing."""
    assert peer_of({"client": (client, 1)}, headers, TRUSTED) == peer


def test_peer_without_an_address_is_unknown() -> None:
    """A Unix socket has no peer address."""
    assert peer_of({"client": None}, {b"x-forwarded-for": b"1.1.1.1"}, TRUSTED) is None


@pytest.mark.parametrize(
    ("scope", "headers", "base"),
    [
        ({"scheme": "https"}, {b"host": b"a.example:8443"}, "https://a.example:8443"),
        ({"scheme": "http", "root_path": "/x"}, {b"host": b"[::1]:80"}, "http://[::1]:80/x"),
        ({"server": ("10.0.0.9", 80)}, {}, "http://10.0.0.9:80"),
        ({"server": ("::1", 80)}, {b"host": b"a/b"}, "http://[::1]:80"),
        ({"server": ("/run/socket", None)}, {}, "http://localhost"),
        (
            {"client": ("10.0.0.1", 1), "root_path": "/ev"},
            {b"host": b"a", b"x-forwarded-prefix": b"/ev/"},
            "http://a/ev",
        ),
        ({"client": ("10.0.0.1", 1)}, {b"host": b"a", b"x-forwarded-prefix": b'/"><'}, "http://a"),
        ({"client": ("10.0.0.1", 1)}, {b"host": b"a", b"x-forwarded-proto": b"gopher"}, "http://a"),
    ],
)
def test_public_address_is_always_a_plain_one(scope: dict[str, object], headers: dict[bytes, bytes], base: str) -> None:
    """Whatever the headers say, what comes out can stand in a WSDL."""
    assert public_base(scope, headers, public_url=None, trusted=TRUSTED) == base


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"trusted_proxies": ("10.0.0.1/8",)}, "trusted_proxies"),
        ({"public_url": "ocpp.example.com"}, "public_url"),
        ({"public_url": "https://u:p@ocpp.example.com"}, "public_url"),
        ({"public_url": "https://ocpp.example.com:x"}, "public_url"),
        ({"handler_timeout_s": 0}, "handler_timeout_s"),
        ({"max_in_flight_per_peer": 0}, "max_in_flight_per_peer"),
        ({"drain_s": -1}, "drain_s"),
    ],
)
def test_setting_that_cannot_work_is_refused_by_name(settings: dict[str, object], name: str) -> None:
    """The one line says which setting to mend."""
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        ServerSettings(**settings)  # type: ignore[arg-type]  # values come from the table
