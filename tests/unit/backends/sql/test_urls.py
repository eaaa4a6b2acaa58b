"""What storage URLs of SQL databases ask for, and which are refused in one line without a password."""

from pathlib import Path

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk_backends.sql.engines import POOL_SIZE, MysqlTls
from ocpp_sdk_backends.sql.urls import read_mysql, read_postgresql, read_sqlite


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///ocpp.db", "ocpp.db"),
        ("sqlite:////var/lib/ocpp.db", "/var/lib/ocpp.db"),
        ("sqlite:///my charge points/a%20b.db", "my charge points/a%20b.db"),
    ],
)
def test_sqlite_url_names_the_file_to_the_letter(url: str, path: str) -> None:
    """Three slashes for the working folder, four from the root; nothing in the name is decoded."""
    assert read_sqlite(url).path == Path(path)
    assert read_sqlite(url).synchronous == "full"


def test_sqlite_url_may_ask_for_less_durability() -> None:
    """The word is SQLite's, whatever its case."""
    assert read_sqlite("sqlite:///ocpp.db?synchronous=NORMAL").synchronous == "normal"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "write sqlite:///FILE"),
        ("sqlite:///", "write sqlite:///FILE"),
        ("sqlite:ocpp.db", "write sqlite:///FILE"),
        ("sqlite:///:memory:", "use memory:"),
        ("sqlite:///ocpp.db?synchronous=off", "use normal, full or extra"),
        ("sqlite:///ocpp.db?sync=full", "'sync' is not known; known are synchronous"),
    ],
)
def test_sqlite_url_that_names_no_file_is_refused(url: str, says: str) -> None:
    """The line says what to write instead."""
    with pytest.raises(ConfigurationError, match=r"^storage [^\n]*$") as caught:
        read_sqlite(url)
    assert says in str(caught.value)


def test_postgresql_url_gives_the_driver_its_own_parameters() -> None:
    """Only pool_size is ours."""
    url = read_postgresql("postgresql://ocpp:secret@db.example:5433/ocpp?sslmode=verify-full&pool_size=3")
    assert url.url == "postgresql://ocpp:secret@db.example:5433/ocpp?sslmode=verify-full"
    assert (url.name, url.pool_size) == ("storage postgresql://db.example:5433/ocpp", 3)


@pytest.mark.parametrize("size", ["1", "-3", "many", "²", ""])
def test_pool_size_that_is_no_usable_number_is_refused(size: str) -> None:
    """Two are needed: one to write, one to read."""
    for read in (read_postgresql, read_mysql):
        with pytest.raises(ConfigurationError, match="use a number from 2 to 1000"):
            read(f"{read.__name__[5:]}://ocpp:secret@db.example/ocpp?pool_size={size}")


def test_mysql_url_is_read_with_its_password_decoded(tmp_path: Path) -> None:
    """TLS is asked for by the files that it needs."""
    authority = tmp_path / "ca.pem"
    authority.touch()
    url = read_mysql(f"mariadb://ocpp:s%40cret@db.example:3307/ocpp?ssl_ca={authority}")
    assert (url.url.host, url.url.port, url.url.password, url.url.database) == ("db.example", 3307, "s@cret", "ocpp")
    assert (url.tls, url.pool_size) == (MysqlTls(str(authority)), POOL_SIZE)


def test_mysql_url_may_ask_for_tls_as_the_machine_trusts_it() -> None:
    """Without it the connection is not encrypted."""
    assert read_mysql("mysql://db.example/ocpp?ssl=true").tls == MysqlTls()
    assert read_mysql("mysql://db.example/ocpp").tls is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://ocpp:secret@db.example", "names no database"),
        ("mysql://ocpp:secret@db.example:port/ocpp", "no URL"),
        ("mysql://ocpp:secret@db.example/ocpp?local_infile=1", "'local_infile' is not known"),
        ("mysql://ocpp:secret@db.example/ocpp?ssl_ca=/no/such/file", "ssl_ca is '/no/such/file', which is no file"),
    ],
)
def test_mysql_url_that_cannot_work_is_refused_without_the_password(url: str, says: str) -> None:
    """The line says what is wrong with it."""
    with pytest.raises(ConfigurationError, match=r"^storage mysql://db\.example[^\n]*$") as caught:
        read_mysql(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
