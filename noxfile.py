"""What a contributor runs: `nox -l` lists the sessions, `nox -s NAME` runs one, `nox` alone runs what CI runs.

Every session makes its own virtual environment under `.nox/` and keeps it for the next run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nox

SUPPORTED = ("3.11", "3.12", "3.13")
EXTRAS = "codegen,firebase,modbus,mongo,mysql,postgresql"
ROOT = Path(__file__).parent
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")["dependency-groups"]

nox.needs_version = ">=2025.11.12"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types", "fresh", "interop"]
# uv brings certificates of its own; the machine's are what pip, git and a company's proxy are set up for.
os.environ.setdefault("UV_SYSTEM_CERTS", "1")
# The tests start the program hundreds of times; without bytecode on the disk each of them compiles all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("UV_COMPILE_BYTECODE", "1")


def candidates(version: str) -> Iterator[Path]:
    """Yield where a Python of this version may lie: on PATH, then under pyenv, then beside the one running nox."""
    name = f"python{version}"
    for folder in os.get_exec_path():
        yield Path(folder, name)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True)
    yield Path(sys.base_prefix, "bin", name)


def runs(python: Path, version: str) -> bool:
    """Tell whether this file is there, starts, and is the version it is named after (a pyenv shim may be none)."""
    if not python.is_file():
        return False
    probe = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(answer.stdout.strip() == version)


def find_pythons() -> list[str]:
    """Return the supported versions that run here, and let PATH lead to each by its name."""
    found = []
    for version in SUPPORTED:
        python = next((path for path in candidates(version) if runs(path, version)), None)
        if python is None:
            continue
        found.append(version)
        if shutil.which(python.name) != str(python):
            os.environ["PATH"] = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    return found


FOUND = find_pythons()
LOWEST = FOUND[0] if FOUND else SUPPORTED[0]
# What takes minutes, as it starts process after process or makes thousands of messages up; the code that it runs is run
# by the unit tests as well.
ON_LOWEST_ONLY = (
    "tests/chaos",
    "tests/crash",
    "tests/fuzz",
    "tests/integration/chain",
    "tests/integration/charge_point",
    "tests/integration/modbus",
)
# spyne, one of the peers, does not import on 3.12 and later.
PEERS = SUPPORTED[0]


def install(session: nox.Session, *groups: str, extras: str = EXTRAS) -> None:
    """Install this project, editable, with extras and dependency groups of pyproject.toml."""
    requirements = nox.project.dependency_groups({"dependency-groups": GROUPS}, *groups)
    session.install("-e", f".[{extras}]", *requirements)


@nox.session(python=FOUND or SUPPORTED)
def tests(session: nox.Session) -> None:
    """Run the test suite on every supported Python of this machine; arguments after -- go to pytest."""
    if session.python == LOWEST:
        for version in sorted(set(SUPPORTED) - set(FOUND)):
            print(f"tests: Python {version} not found on this machine, not run", flush=True)
    install(session, "test", "peers")
    # Much of the time is waited, so there are two workers for each core; a database server is started once, since the
    # tests that share one are grouped.
    workers = 2 * (os.cpu_count() or 1)
    chosen = ["--ignore=tests/interop"]
    if session.python != LOWEST:
        print(
            f"tests: storage on servers of its own, kills, a million samples and {', '.join(ON_LOWEST_ONLY)} run on "
            f"Python {LOWEST} only",
            flush=True,
        )
        chosen += ["-m", "not long", *(f"--ignore={folder}" for folder in ON_LOWEST_ONLY)]
    session.run("pytest", *chosen, f"--numprocesses={workers}", "--dist=loadgroup", *session.posargs)


@nox.session(python=LOWEST)
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff."""
    session.install(*nox.project.dependency_groups({"dependency-groups": GROUPS}, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=LOWEST)
def types(session: nox.Session) -> None:
    """Check all types with mypy --strict."""
    install(session, "test", "peers", "types")
    session.run("mypy", "--strict", *session.posargs)


@nox.session(python=LOWEST)
def generate(session: nox.Session) -> None:
    """Write src/ocpp_sdk/generated anew from wsdl/; arguments after -- go to codegen."""
    install(session, extras="codegen")
    session.run("python", "-m", "codegen", "generate", *session.posargs)


@nox.session(python=LOWEST)
def fresh(session: nox.Session) -> None:
    """Check that the generated code is what wsdl/ and codegen/ give today."""
    install(session, extras="codegen")
    session.run("python", "-m", "codegen", "check", *session.posargs)


@nox.session(python=PEERS)
def interop(session: nox.Session) -> None:
    """Talk with SOAP software written by others over real HTTP (needs node and npm)."""
    install(session, "test", "peers")
    session.run("pytest", "tests/interop", *session.posargs)


@nox.session(python=PEERS)
def bench(session: nox.Session) -> None:
    """Measure codec, server, client and import side by side with other software (needs node and npm)."""
    install(session, "test", "peers")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(python=LOWEST)
def chaos(session: nox.Session) -> None:
    """Charge 1,000 times among kills, cuts and faults, then compare both sides; arguments after -- change that."""
    install(session, "test")
    session.run("python", "-m", "tests.chaos", *session.posargs)


@nox.session(python=LOWEST)
def fuzz(session: nox.Session) -> None:
    """Feed the readers random bytes with atheris for 60 seconds, or for as many as given after --."""
    install(session, "test", "fuzz")
    seconds = session.posargs[0] if session.posargs else "60"
    session.run("python", "-m", "tests.fuzz", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024")


@nox.session(python=LOWEST)
def build(session: nox.Session) -> None:
    """Build wheel and sdist from a clean clone of HEAD, and run the wheel installed elsewhere."""
    session.install(*nox.project.dependency_groups({"dependency-groups": GROUPS}, "build"))
    if session.run("git", "status", "--porcelain", external=True, silent=True):
        print("build: what is not committed is not in the wheel", flush=True)
    with tempfile.TemporaryDirectory(prefix="ocpp-sdk-build-") as folder:
        clone, dist, venv = (Path(folder, name) for name in ("clone", "dist", "venv"))
        session.run("git", "clone", "--quiet", str(ROOT), str(clone), external=True)
        session.run("python", "-m", "build", "--outdir", str(dist), str(clone))
        session.run("python", "-m", "venv", str(venv))
        python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
        (wheel,) = dist.glob("*.whl")
        session.run(str(python), "-m", "pip", "install", "--quiet", str(wheel), external=True)
        shutil.rmtree(clone)
        with session.chdir(folder):
            command = str(python.with_name("ocpp-sdk"))
            session.run(command, "--version", external=True)
            session.run(command, "demo", external=True)
            session.run(
                str(python), "-c", "from ocpp_sdk import v12, v15, v16; import ocpp_sdk_backends", external=True
            )
