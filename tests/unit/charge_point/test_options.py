"""What `charge-point` can be told, and what follows from it."""

from pathlib import Path

import pytest

from ocpp_sdk.charge_point.commands.supervisor import CommandSupervisor
from ocpp_sdk.charge_point.maintenance import CommandInstaller
from ocpp_sdk.charge_point.options import DURABLE, ChargePointOptions
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.options import PlcOptions
from ocpp_sdk.modbus.settings import SerialAddress, TcpAddress
from ocpp_sdk.operation import OcppVersion
from tests.unit.cli.running import ocpp_sdk, only_line

BOX = """
[charge-point]
central-system = "http://central.example.com/"
identity = "BOX 7"
version = "1.6"
vendor = "Example"
charge-point-serial-number = "42"
username = "box"
password = "very secret"
reset-command = ["systemctl", "restart", "charge point"]
install-command = ["/usr/bin/install-firmware"]
spool = "spool"
log-files = ["/var/log/box.log", "/var/log/plc log"]
metrics-port = 9100

[plc]
plc = "10.0.0.7:1502"
unit = 3
period = 0.25
timeout = 1.5
connectors = 4
bridge-process = true
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ignore(_: str) -> None:
    """Report to nobody."""


def test_storage_with_a_plc_is_durable_unless_another_is_named() -> None:
    """Transactions of real vehicles are not kept in memory because nobody thought of it."""
    assert ChargePointOptions.read().kept_at(real=False) == "memory:"
    assert ChargePointOptions.read().kept_at(real=True) == DURABLE
    assert DURABLE.startswith("sqlite:///")
    assert ChargePointOptions.read({"storage": "memory:"}).kept_at(real=True) == "memory:"


def test_charge_point_with_a_plc_never_gives_up_and_samples_each_minute_unless_told_otherwise() -> None:
    """What is handy for a trial is not what a station needs."""
    settings = ChargePointOptions.read().settings(real=True)
    assert (settings.boot_attempts, settings.sample_interval_s) == (None, 60)
    settings = ChargePointOptions.read({"boot_attempts": 4, "sample_interval": 0}).settings(real=True)
    assert (settings.boot_attempts, settings.sample_interval_s) == (4, 0)
    settings = ChargePointOptions.read().settings()
    assert (settings.boot_attempts, settings.sample_interval_s) == (1, 2)


def test_file_has_a_table_for_the_charge_point_and_one_for_its_plc(here: Path) -> None:
    """One file describes a box."""
    (here / "box.toml").write_text(BOX)
    options = ChargePointOptions.read(file=here / "box.toml")
    settings = options.settings(real=True)
    assert (settings.identity, settings.version) == ("BOX 7", OcppVersion.V16)
    assert (settings.boot.vendor, settings.boot.charge_point_serial_number) == ("Example", "42")
    client = options.client()
    assert (client.username, client.password) == ("box", "very secret")
    equipment = options.equipment(ignore)
    assert isinstance(equipment.supervisor, CommandSupervisor)
    assert isinstance(equipment.installer, CommandInstaller)
    assert equipment.diagnostics is not None
    assert equipment.diagnostics.log_files == (Path("/var/log/box.log"), Path("/var/log/plc log"))
    assert equipment.firmware is not None
    assert equipment.firmware.folder == Path("spool")
    assert options.metrics_port == 9100
    plc = PlcOptions.read(file=here / "box.toml").settings()
    assert plc.address == TcpAddress("10.0.0.7", 1502)
    assert (plc.device.unit_id, plc.device.timeout_s, plc.period_s) == (3, 1.5, 0.25)
    assert (plc.register_map.connectors, plc.own_process) == (4, True)


def test_plc_on_a_serial_line_is_read_from_the_same_table(here: Path) -> None:
    """A path is a serial port."""
    (here / "box.toml").write_text('[plc]\nplc = "/dev/ttyS0"\nbaud-rate = 9600\nparity = "E"\n')
    assert PlcOptions.read(file=here / "box.toml").settings().address == SerialAddress("/dev/ttyS0", 9600, "E")


def test_options_without_anything_bring_no_parts_of_their_own() -> None:
    """Nothing is started or written that nobody asked for."""
    equipment = ChargePointOptions.read().equipment(ignore)
    assert (equipment.supervisor, equipment.installer, equipment.diagnostics, equipment.firmware) == (None,) * 4


def test_command_in_the_environment_is_split_at_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file it is a list, which can hold blanks."""
    monkeypatch.setenv("OCPP_RESET_COMMAND", "systemctl restart box")
    assert ChargePointOptions.read().reset_command == ("systemctl", "restart", "box")


def test_log_files_without_a_spool_are_refused() -> None:
    """There would be no folder to make their archive in."""
    options = ChargePointOptions.read({"log_files": ["/var/log/box.log"]})
    with pytest.raises(ConfigurationError, match="log-files: they need a spool, the folder where archives are made"):
        options.equipment(ignore)


@pytest.mark.parametrize("name", ["password", "storage"])
def test_secret_that_is_wrong_is_not_shown(here: Path, name: str) -> None:
    """The line names the option and its place, not the value; storage may hold a password too."""
    (here / "box.toml").write_text(f"[charge-point]\n{name} = 8273645\n")
    line = only_line(ocpp_sdk("charge-point", "--config", "box.toml", cwd=here), 1)
    assert line.startswith(f"box.toml: {name} in [charge-point]: ")
    assert "8273645" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[charge-point]\nmetrics-port = 70000\n", "metrics-port in [charge-point]: "),
        ("[charge-point]\nlog-file = 'x'\n", "log-file in [charge-point] is not known; did you mean log-files?"),
        ("[plc]\nplc = 'x'\nperiod = 0\n", "period in [plc]: "),
        ("[plc]\nplcs = 'x'\n", "plcs in [plc] is not known; did you mean plc?"),
        ("[charger]\n", "'charger' is not known, the tables are central-system, charge-point, plc"),
        ("[charge-point\n", "no TOML"),
    ],
)
def test_mistake_in_the_file_is_one_line_with_its_place(here: Path, text: str, said: str) -> None:
    """Whatever table it is in."""
    (here / "box.toml").write_text(text)
    line = only_line(ocpp_sdk("charge-point", "--config", "box.toml", cwd=here), 1)
    assert line.startswith("box.toml: ")
    assert said in line


def test_log_files_without_a_spool_end_the_command_with_one_line(here: Path) -> None:
    """Before anything is opened."""
    (here / "box.toml").write_text(
        "[charge-point]\ncentral-system = 'http://127.0.0.1:1/'\nlog-files = ['/var/log/x']\n"
        "[plc]\nplc = '127.0.0.1:1'\n"
    )
    line = only_line(ocpp_sdk("charge-point", "--config", "box.toml", cwd=here), 1)
    assert line == "log-files: they need a spool, the folder where archives are made"
    assert [path.name for path in here.iterdir()] == ["box.toml"]


def test_bridge_in_another_process_cannot_share_memory(here: Path) -> None:
    """Both would wait for each other for ever."""
    arguments = ("--central-system", "http://127.0.0.1:1/", "--plc", "127.0.0.1:1", "--bridge-process")
    line = only_line(ocpp_sdk("charge-point", *arguments, "--storage", "memory:", cwd=here), 2)
    assert line == "--storage is memory:, which the process of the bridge cannot share; name another one"
