"""Options come from the command line, the environment, a file and their defaults, in this order."""

from pathlib import Path

import pytest

from ocpp_sdk.central_system import AllowList, create_app
from ocpp_sdk.central_system.options import CentralSystemOptions
from ocpp_sdk.charge_point.options import ChargePointOptions
from ocpp_sdk.client import SoapClient
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.options import PlcOptions
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import BootData

FILE = """
[central-system]
host = "10.0.0.1"
port = 1
storage = "memory:"
heartbeat-interval = 600
strict = true
allow = ["CP1", "CP 2"]
trusted_proxy = ["10.0.0.0/8"]
message-retention = 0.5

[central-system.address]
CP1 = "http://10.0.0.7:8080/cp"

[charge-point]
identity = "FROM-FILE"
version = "1.6"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_options_without_anything_are_the_defaults() -> None:
    """As the help tells them."""
    options = CentralSystemOptions.read()
    assert (options.host, options.port, options.storage) == ("127.0.0.1", 9220, "sqlite:///ocpp.db")
    assert options.settings().message_retention_days == 30
    assert ChargePointOptions.read().storage == "memory:"


def test_options_are_taken_from_the_first_that_has_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place is asked only for what those before it do not say."""
    (here / "ocpp-sdk.toml").write_text(FILE)
    monkeypatch.setenv("OCPP_HOST", "10.0.0.2")
    monkeypatch.setenv("OCPP_PORT", "2")
    options = CentralSystemOptions.read({"port": 3})
    assert (options.port, options.host, options.heartbeat_interval) == (3, "10.0.0.2", 600)


def test_options_of_a_file_are_of_every_type(here: Path) -> None:
    """Texts, numbers, lists, tables; a key may be written as the option or as the variable is."""
    (here / "other.toml").write_text(FILE)
    options = CentralSystemOptions.read(file=Path("other.toml"))
    assert options.allow == ("CP1", "CP 2")
    assert options.trusted_proxy == ("10.0.0.0/8",)
    settings = options.settings()
    assert isinstance(settings.registration, AllowList)
    assert settings.callback.addresses == {"CP1": "http://10.0.0.7:8080/cp"}
    assert (settings.server.strict, settings.message_retention_days) == (True, 0.5)
    charge_point = ChargePointOptions.read(file=Path("other.toml")).settings()
    assert (charge_point.identity, charge_point.version) == ("FROM-FILE", "1.6")


def test_lists_in_the_environment_have_blanks_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the command line of the shell that sets them."""
    monkeypatch.setenv("OCPP_ALLOW", "CP1 CP2")
    monkeypatch.setenv("OCPP_ADDRESS", "CP1=http://a/x CP2=http://b/y")
    options = CentralSystemOptions.read()
    assert options.allow == ("CP1", "CP2")
    assert options.address == {"CP1": "http://a/x", "CP2": "http://b/y"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[central-system]\nprot = 1", "mine.toml: prot in [central-system] is not known; did you mean port?"),
        ("[central-system]\ncolour = 1", "colour in [central-system] is not known; known: address, allow, heartbeat-"),
        ("[central-system]\nport = 70000", "port in [central-system]: input should be less than or equal to 65535"),
        ("[central-system]\nport = 'x'", "not 'x'; correct or remove it"),
        ("[central-system]\nheartbeat-interval = 0", "heartbeat-interval in [central-system]: "),
        ("[central-system]\nallow = 7", "allow in [central-system]: "),
        ("[central-system]\naddress = ['CP1']", "expected IDENTITY=URL, such as CP1=http://"),
        ("[central-system]\naddress = 5", "address in [central-system]: "),
        ("[central-system]\nmessage-retention = nan", "message-retention in [central-system]: "),
        ("[centralsystem]\nport = 1", "'centralsystem' is not known, the tables are central-system, charge-point"),
        ("port = 1", "'port' is not known, the tables are central-system, charge-point, plc; put it into a table"),
        ("central-system = 1", "central-system must be a table, written as [central-system]"),
        ("[central-system", "mine.toml: no TOML: "),
        ("a = \udcff", "mine.toml: no TOML: "),
    ],
)
def test_file_that_cannot_work_is_told_in_one_line(here: Path, text: str, said: str) -> None:
    """The line names the file, the key and what to do."""
    (here / "mine.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigurationError) as caught:
        CentralSystemOptions.read(file=Path("mine.toml"))
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.toml: ")
    assert "\n" not in str(caught.value)


def test_file_that_is_not_there_is_told(here: Path) -> None:
    """A file that was asked for by name must be there."""
    with pytest.raises(ConfigurationError, match=r"no\.toml: cannot be read: No such file"):
        CentralSystemOptions.read(file=Path("no.toml"))


def test_wrong_value_of_the_environment_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names what to change."""
    monkeypatch.setenv("OCPP_PORT", "many")
    with pytest.raises(ConfigurationError, match=r"^OCPP_PORT: input should be a valid integer.*, not 'many'; correct"):
        CentralSystemOptions.read()


def test_value_of_a_storage_is_never_shown(here: Path) -> None:
    """It may hold a password."""
    (here / "ocpp-sdk.toml").write_text('[central-system]\nstorage = ["postgresql://u:secret@h/d"]')
    with pytest.raises(ConfigurationError) as caught:
        CentralSystemOptions.read()
    assert "storage in [central-system]: input should be a valid string" in str(caught.value)
    assert "secret" not in str(caught.value)


def options_of(command: str) -> set[str]:
    """Return what a command can be told on the command line, by the names of the models."""
    import typer

    from ocpp_sdk.cli import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is the group of typer's choice
    names = {"map" if parameter.name == "map_file" else parameter.name for parameter in commands[command].params}
    return names - {"config", "help"}


def test_every_option_of_a_central_system_is_one_of_its_model() -> None:
    """What can be said on the command line can be said in the file, and the other way round."""
    assert options_of("central-system") == set(CentralSystemOptions.model_fields)


def test_every_option_of_a_charge_point_is_one_of_its_models() -> None:
    """What can be said on the command line can be said in the file, in one of its two tables; the file says more."""
    assert options_of("charge-point") <= {*ChargePointOptions.model_fields, *PlcOptions.model_fields}


@pytest.mark.anyio
async def test_application_without_arguments_is_made_of_environment_and_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that any ASGI server can run it by its name."""
    monkeypatch.setenv("OCPP_STORAGE", "memory:")
    (here / "ocpp-sdk.toml").write_text("[central-system]\nheartbeat-interval = 77")
    async with (
        serve(create_app()) as address,
        SoapClient(f"{address.url}{DEFAULT_PATH}", charge_box_identity="CP1") as client,
    ):
        central_system = version_of(OcppVersion.V16).call_central_system(client)
        assert (await central_system.boot_notification(BootData(vendor="V", model="M"))).interval_s == 77
