"""Options and addresses that cannot work, and what is shown of those that can."""

from __future__ import annotations

import pytest

from ocpp_sdk.client import ClientPool, ClientSettings, SoapClient, TlsSettings
from ocpp_sdk.client.address import PeerAddress, without_secrets
from ocpp_sdk.errors import ConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cs.example",
        "/Ocpp",
        "ftp://cs/",
        "http://",
        "http:///path",
        "http://:8080/",
        "http://[::1/",
        "http://cs:99999/",
        "http://cs:port/",
        "http://user:s3cret@",
        "http://user:s3cret/@cs/",
        "http://user:12 s3cret@cs:x/",
        "ftp://user:s3cret@cs/",
        "http://a\nb/",
        "http://us%3Aer:s3cret@cs/",
    ],
)
def test_address_that_cannot_be_called_is_refused_in_one_line(url: str) -> None:
    """Before anything is sent, and without the password."""
    for make in (SoapClient, ClientPool().client):
        with pytest.raises(ConfigurationError) as caught:
            make(url)
        assert "\n" not in str(caught.value)
        assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__)


def test_address_is_shown_without_credentials_query_and_fragment() -> None:
    """The query stays in what is called, since some systems expect a token there."""
    address = PeerAddress.parse("https://u:p%40ss@[2001:db8::1]:8443/a%20b?token=t0ken#part")
    assert address.to == "https://[2001:db8::1]:8443/a%20b?token=t0ken"
    assert str(address.url) == address.to
    assert address.shown == "https://[2001:db8::1]:8443/a%20b?…"
    assert "p%40ss" not in repr(address)


def test_credentials_of_the_address_override_those_of_the_settings() -> None:
    """One set of settings may serve many peers."""
    assert PeerAddress.parse("http://u:p@cs/", username="x", password="y").authorization == b"Basic dTpw"
    assert PeerAddress.parse("http://cs/", username="u", password="p").authorization == b"Basic dTpw"
    assert PeerAddress.parse("http://cs/").authorization is None


def test_secrets_are_replaced_across_the_cut() -> None:
    """The first half of a secret is one as well."""
    assert without_secrets(b"abc-secret-def", (b"secret",), 7) == b"abc-***"
    assert without_secrets(b"abcdef", (), 3) == b"abc"


@pytest.mark.parametrize(
    "options",
    [
        {"connect_timeout_s": 0},
        {"read_timeout_s": -1},
        {"total_timeout_s": float("nan")},
        {"max_reply_bytes": 0},
        {"max_inflated_bytes": 0},
        {"max_connections": 0},
        {"keepalive_s": 0},
        {"username": "a:b"},
    ],
)
def test_settings_that_cannot_work_name_the_option(options: dict[str, float]) -> None:
    """At once, not at the first call."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        ClientSettings(**options)  # type: ignore[arg-type]  # the names are those of fields


def test_secrets_are_not_in_the_repr_of_settings() -> None:
    """Settings end up in logs."""
    tls = TlsSettings(certificate_file="c.pem", key_password="s3cret")
    assert "s3cret" not in repr(ClientSettings(username="u", password="s3cret", tls=tls))


def test_key_without_certificate_is_refused() -> None:
    """Half of a pair is a mistake."""
    with pytest.raises(ConfigurationError, match="certificate_file"):
        TlsSettings(key_file="k.pem")


def test_pool_without_room_is_refused() -> None:
    """A pool of none would wait for ever."""
    with pytest.raises(ConfigurationError, match="max_open"):
        ClientPool(max_open=0)
