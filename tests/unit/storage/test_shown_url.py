"""Storage URLs as they are shown to people never hold a password."""

import pytest

from ocpp_sdk.storage.opening import shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ocpp:secret@db.example:5433/ocpp?sslmode=require", "postgresql://db.example:5433/ocpp"),
        ("postgresql://ocpp:sec/ret@db.example/ocpp", "postgresql://db.example/ocpp"),
        ("postgresql://ocpp:sec?ret@db.example/ocpp", "postgresql://db.example/ocpp"),
        ("postgresql://ocpp:sec@ret@db.example/ocpp", "postgresql://db.example/ocpp"),
        ("postgresql://db.example?user=ocpp&password=secret", "postgresql://db.example"),
        ("postgresql:///ocpp?host=/run/postgresql&password=secret", "postgresql:///ocpp"),
        ("mongodb://ocpp:secret@a.example:1,b.example:2/ocpp?replicaSet=r", "mongodb://a.example:1,b.example:2/ocpp"),
        ("sqlite:////var/lib/ocpp@home.db?synchronous=full", "sqlite:////var/lib/ocpp@home.db"),
        ("file:///var/lib/ocpp@home", "file:///var/lib/ocpp@home"),
        ("memory:", "memory:"),
    ],
)
def test_shown_url_keeps_what_names_the_storage_and_no_more(url: str, shown: str) -> None:
    """User, password and parameters are left out; a path may hold an @."""
    assert shown_url(url) == shown
