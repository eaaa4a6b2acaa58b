"""The packages of the server, from npm."""

import fcntl
import functools
import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent
CACHE = SOURCES / "node_modules"
_INSTALL_S = 300


@functools.cache
def unavailable() -> str | None:
    """Return why no Realtime Database can run here, None if one can."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"Firebase not run: {program} is not installed"
    if importlib.util.find_spec("firebase_admin") is None:
        return "Firebase not run: firebase-admin is not installed"
    try:
        packages()
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        return f"Firebase not run: npm cannot install its server, {' '.join(str(error).split())[:200]}"
    return None


@functools.cache
def packages() -> Path:
    """Install what package.json asks for, if that is not done yet, and return the folder that node looks into.

    Raises:
        RuntimeError: npm failed.
    """
    manifest = (SOURCES / "package.json").read_bytes()
    wanted = hashlib.sha256(manifest).hexdigest()
    CACHE.mkdir(exist_ok=True)
    stamp = CACHE / ".installed"
    # Test processes run side by side, and one of them installs for all.
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return CACHE
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
        done = subprocess.run(
            [*command, "--no-package-lock"],
            cwd=SOURCES,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
        stamp.write_text(wanted)
    return CACHE
