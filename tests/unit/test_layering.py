"""Who may import whom, read from the source and held to the table of docs/architecture.md.

A room is one module or folder right under `ocpp_sdk`. Each room lists the rooms it may import; imports inside of
functions and under `TYPE_CHECKING` count as well, since a direction is a direction.
"""

import __future__

import ast
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import ocpp_sdk

ROOT = Path(__file__).parents[2]

FOUNDATION = frozenset({"errors", "operation", "call", "deviation", "codec"})
VERSION_FACES = frozenset({"v12", "v15", "v16"})
WIRE = FOUNDATION | VERSION_FACES | {"generated", "soap"}
RUNTIMES = frozenset({"charge_point", "central_system", "modbus"})
BELOW_RUNTIMES = WIRE | {"versions", "client", "server", "storage", "clock"}
OPEN_TO_HARDWARE = frozenset({"charge_point.hardware", "charge_point.clock", "charge_point.metering.watch"})

MAY_IMPORT: dict[str, frozenset[str]] = {
    **dict.fromkeys(FOUNDATION, FOUNDATION),
    "generated": FOUNDATION,
    **dict.fromkeys(VERSION_FACES, FOUNDATION | {"generated"}),
    "soap": FOUNDATION | {"generated"},
    "storage": FOUNDATION,
    "client": WIRE,
    "clock": frozenset(),
    "client.queue": WIRE | {"storage", "clock"},
    "server": WIRE,
    "versions": WIRE | {"client", "server"},
    "options": FOUNDATION,
    **dict.fromkeys(RUNTIMES, BELOW_RUNTIMES | {"options"}),
    # Hardware of a charge point is written against its seam, goes by its clock and watches a meter as it does; nothing
    # else of it is known there.
    **dict.fromkeys(OPEN_TO_HARDWARE, BELOW_RUNTIMES),
    "modbus.station": BELOW_RUNTIMES | OPEN_TO_HARDWARE,
    "testing": BELOW_RUNTIMES | RUNTIMES,
    # The package's own face gathers public names; commands, pages and the test kit are no part of it.
    "": BELOW_RUNTIMES | RUNTIMES,
    **dict.fromkeys(("cli", "web", "__main__"), BELOW_RUNTIMES | RUNTIMES | {"", "cli", "web"}),
}
BACKENDS_MAY_IMPORT = frozenset({"storage", "errors"})
FORBIDDEN_PACKAGES = frozenset({"ocpp_sdk_backends", "codegen", "tests", "benchmarks", "examples"})

SANS_IO = frozenset({"soap", "generated", "codec"})
CLIENTS_AND_SERVERS = frozenset(
    {"aiohttp", "http", "httpcore", "httpx", "httpx_aiohttp", "socketserver", "starlette", "urllib", "uvicorn"}
)
SYSTEM = frozenset(
    {
        "anyio",
        "asyncio",
        "concurrent",
        "random",
        "secrets",
        "selectors",
        "sniffio",
        "socket",
        "ssl",
        "subprocess",
        "threading",
        "time",
        "uuid",
        "uvloop",
    }
)
IO_PACKAGES = CLIENTS_AND_SERVERS | SYSTEM
CLOCK_READINGS = frozenset({"now", "utcnow", "today"})


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its file, and whether it is a package's `__init__`."""

    name: str
    path: Path
    is_package: bool


def sources(base: Path, package: str) -> Iterator[Source]:
    """Yield every module of a package that lies under base."""
    for path in sorted((base / package).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        yield Source(".".join(parts[:-1] if is_package else parts), path, is_package)


def imports(source: Source, tree: ast.AST, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of each import; `from package import module` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                package = source.name.split(".") if source.is_package else source.name.split(".")[:-1]
                package = package[: len(package) - node.level + 1]
                origin = ".".join([*package, origin] if origin else package)
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                yield node.lineno, submodule if submodule in known else origin


def room(module: str) -> str:
    """Return the room of a module of ocpp_sdk, the longest one that the table has."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in MAY_IMPORT:
            return name
    return parts[0] if parts else ""


def allowed(importer: str, target: str) -> bool:
    """Tell whether a module of either package may import a module of ocpp_sdk."""
    if importer.startswith("ocpp_sdk_backends"):
        return room(target) in BACKENDS_MAY_IMPORT
    own, other = room(importer), room(target)
    folder = other.partition(".")[0]
    return own.partition(".")[0] == folder or not MAY_IMPORT[own].isdisjoint({other, folder})


def reads_clock(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that ask datetime or date for the present."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_READINGS:
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name in {"datetime", "date"}:
                yield node.lineno


def violations(src: Path, backends: Path) -> list[str]:
    """Return one line for each import that goes against the table."""
    found = []
    modules = [*sources(src, "ocpp_sdk"), *sources(backends, "ocpp_sdk_backends")]
    known = frozenset(source.name for source in modules)
    for source in modules:
        own = source.name.split(".")[0]
        if own == "ocpp_sdk" and room(source.name) not in MAY_IMPORT:
            found.append(
                f"{source.name}: room {room(source.name)!r} is not in the table of tests/unit/test_layering.py"
            )
            continue
        sans_io = own == "ocpp_sdk" and room(source.name) in SANS_IO
        tree = ast.parse(source.path.read_bytes(), str(source.path))
        for line, target in imports(source, tree, known):
            top = target.split(".")[0]
            outside = top in FORBIDDEN_PACKAGES and top != own
            if outside or (top == "ocpp_sdk" and not allowed(source.name, target)):
                found.append(f"{source.name}:{line} may not import {target}")
            elif sans_io and top in IO_PACKAGES:
                found.append(f"{source.name}:{line} does no I/O and may not import {target}")
        if sans_io:
            found.extend(f"{source.name}:{line} may not read the clock" for line in reads_clock(tree))
    return found


def plant(base: Path, files: dict[str, str]) -> list[str]:
    """Write a small tree of both packages and return what the checker says about it."""
    for name, text in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return violations(base / "src", base / "backends")


def test_imports_of_every_module_follow_the_table() -> None:
    """Nothing in the two packages imports upwards, sideways, or out of its purity."""
    assert violations(ROOT / "src", ROOT / "backends") == []


def test_checker_reads_the_real_packages() -> None:
    """The check above covers the modules that are shipped, so it cannot pass on an empty list."""
    names = {source.name for source in sources(ROOT / "src", "ocpp_sdk")}
    assert {"ocpp_sdk", "ocpp_sdk.errors", "ocpp_sdk.operation"} <= names
    assert {source.name for source in sources(ROOT / "backends", "ocpp_sdk_backends")}


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("src/ocpp_sdk/errors.py", "from ocpp_sdk.soap import faults\n", "may not import ocpp_sdk.soap"),
        ("src/ocpp_sdk/errors.py", "import ocpp_sdk\n", "may not import ocpp_sdk"),
        ("src/ocpp_sdk/codec/reader.py", "from ocpp_sdk import generated\n", "may not import ocpp_sdk.generated"),
        ("src/ocpp_sdk/generated/v15/codec.py", "from ...soap import envelope\n", "may not import ocpp_sdk.soap"),
        ("src/ocpp_sdk/soap/faults.py", "from ..client import soap_client\n", "may not import ocpp_sdk.client"),
        ("src/ocpp_sdk/soap/faults.py", "import asyncio\n", "does no I/O and may not import asyncio"),
        ("src/ocpp_sdk/soap/faults.py", "def f():\n    from uuid import uuid4\n", "may not import uuid"),
        ("src/ocpp_sdk/soap/faults.py", "import datetime\nX = datetime.datetime.now()\n", "may not read the clock"),
        ("src/ocpp_sdk/client/call.py", "from ocpp_sdk.storage import records\n", "may not import ocpp_sdk.storage"),
        ("src/ocpp_sdk/client/call.py", "from ocpp_sdk.server import app\n", "may not import ocpp_sdk.server"),
        ("src/ocpp_sdk/storage/memory.py", "import ocpp_sdk.client\n", "may not import ocpp_sdk.client"),
        ("src/ocpp_sdk/server/app.py", "import ocpp_sdk.central_system\n", "may not import ocpp_sdk.central_system"),
        ("src/ocpp_sdk/charge_point/boot.py", "from ocpp_sdk.cli import demo\n", "may not import ocpp_sdk.cli"),
        ("src/ocpp_sdk/charge_point/boot.py", "import ocpp_sdk.central_system\n", "may not import ocpp_sdk.central"),
        ("src/ocpp_sdk/cli/demo.py", "import ocpp_sdk_backends.sql\n", "may not import ocpp_sdk_backends.sql"),
        ("src/ocpp_sdk/cli/demo.py", "from codegen import reader\n", "may not import codegen"),
        ("src/ocpp_sdk/utils/text.py", "", "room 'utils' is not in the table"),
        ("backends/ocpp_sdk_backends/sql.py", "import ocpp_sdk.soap\n", "may not import ocpp_sdk.soap"),
    ],
)
def test_checker_reports_a_planted_violation(tmp_path: Path, path: str, text: str, complaint: str) -> None:
    """Each kind of forbidden import is named with its module."""
    rooms = ["client", "generated", "server", "soap", "storage", "cli", "central_system"]
    tree = {f"src/ocpp_sdk/{name}/__init__.py": "" for name in rooms}
    (found,) = plant(tmp_path, {**tree, "src/ocpp_sdk/__init__.py": "", path: text})
    assert complaint in found


def test_checker_accepts_every_permitted_direction(tmp_path: Path) -> None:
    """Imports that go down the table, and a look at a time that was given, are no violation."""
    found = plant(
        tmp_path,
        {
            "src/ocpp_sdk/__init__.py": "from ocpp_sdk.client import SoapClient\n",
            "src/ocpp_sdk/errors.py": "",
            "src/ocpp_sdk/soap/faults.py": "import datetime\nfrom ocpp_sdk.errors import Fault\nX = datetime.UTC\n",
            "src/ocpp_sdk/client/__init__.py": "import httpx\nfrom ..soap import faults\n",
            "src/ocpp_sdk/client/queue.py": "from ocpp_sdk.storage import records\nfrom . import SoapClient\n",
            "src/ocpp_sdk/storage/__init__.py": "from ocpp_sdk.errors import StorageError\n",
            "src/ocpp_sdk/v15.py": "from ocpp_sdk.generated.v15 import *\n",
            "src/ocpp_sdk/versions/v15.py": "from ocpp_sdk import v15\n",
            "src/ocpp_sdk/cli/demo.py": "from ocpp_sdk import __version__, v15\nimport ocpp_sdk.central_system\n",
            "backends/ocpp_sdk_backends/sql/__init__.py": "import ocpp_sdk.storage\nfrom . import tables\n",
            "backends/ocpp_sdk_backends/sql/tables.py": "import asyncio\nimport ocpp_sdk.errors\n",
        },
    )
    assert found == []


def test_all_of_ocpp_sdk_is_its_real_public_surface() -> None:
    """`__all__` names each public name once, in order, and nothing else is bound in the package."""
    listed = list(ocpp_sdk.__all__)
    assert len(set(listed)) == len(listed)
    assert [name for name in listed if not hasattr(ocpp_sdk, name)] == []
    # Importing a module of the package binds it as an attribute, so modules are public only when they are listed.
    foreign = (ModuleType, __future__._Feature)
    public = {
        name for name, value in vars(ocpp_sdk).items() if not name.startswith("_") and not isinstance(value, foreign)
    }
    assert public <= set(listed)


def test_star_import_in_a_new_interpreter_binds_all_of_ocpp_sdk() -> None:
    """What `__all__` promises is there for a user who has imported nothing else."""
    program = "from ocpp_sdk import *; import ocpp_sdk; assert set(ocpp_sdk.__all__) <= set(globals())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_version_of_the_package_is_that_of_the_distribution() -> None:
    """A user who prints `ocpp_sdk.__version__` sees what was installed."""
    assert ocpp_sdk.__version__ == importlib.metadata.version("ocpp-sdk")
