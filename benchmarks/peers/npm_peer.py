"""Software from npm: installed by the benchmarks themselves, driven over stdin and stdout."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import Slice, Taken
from benchmarks.messages import IDENTITY, Message

SOURCES = Path(__file__).parents[1] / "npm"
CACHE = Path(__file__).parents[1] / ".cache" / "npm"
WARM_UP_S = 1.0


class NpmError(Exception):
    """npm or node is missing or failed; one line."""


def install() -> Path:
    """Install the pinned packages, if that is not done yet, and return the folder.

    Raises:
        NpmError: there is no node or npm, or the installation failed.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NpmError(f"{program} is not installed")
    manifest = (SOURCES / "package.json").read_bytes()
    stamp = CACHE / "installed"
    wanted = hashlib.sha256(manifest).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.iterdir():
        if source.is_file():
            shutil.copyfile(source, CACHE / source.name)
    if stamp.is_file() and stamp.read_text() == wanted:
        return CACHE
    print("installing npm packages", flush=True)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise NpmError(f"npm install failed: {last}")
    stamp.write_text(wanted)
    return CACHE


def strong_soap_version(folder: Path) -> str:
    """Return the version that is installed."""
    manifest = json.loads((folder / "node_modules" / "strong-soap" / "package.json").read_text())
    return str(manifest["version"])


class StrongSoap:
    """strong-soap's parser and serializer in a node process, which takes the time of its own work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def load(self, message: Message) -> None:
        """Prepare a message, and let node compile what it needs."""
        self._ask(
            do="load",
            name=message.name,
            operation=message.operation.name,
            wsdl=str(message.wsdl),
            identity=IDENTITY,
            to=message.to,
            xml=message.xml.decode(),
        )
        for way in ("encode", "decode", "decode typed"):
            spent = 0.0
            while spent < WARM_UP_S:
                spent += self.take(way, message, 10).seconds * 10

    def once(self, way: str, message: Message) -> Any:  # noqa: ANN401 - JSON
        """Do it once and return what came out."""
        return self._ask(do=way, name=message.name)

    def take(self, way: str, message: Message, times: int) -> Taken:
        """Do it so many times."""
        return Taken(*self._ask(do="time", way=way, name=message.name, times=times))

    def slice(self, way: str, message: Message) -> Slice:
        """Return what `take_turns` measures."""
        return lambda times: self.take(way, message, times)

    def _ask(self, **command: object) -> Any:  # noqa: ANN401 - JSON
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NpmError("the node process ended")
        answer = json.loads(line)
        if "error" in answer:
            raise NpmError(answer["error"])
        return answer.get("result")


@contextmanager
def strong_soap() -> Iterator[StrongSoap]:
    """Run the node process.

    Raises:
        NpmError: there is no node or npm, or the installation failed.
    """
    folder = install()
    environment = {**os.environ, "NODE_ENV": "production"}
    process = subprocess.Popen(
        ["node", "codec.js"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield StrongSoap(process)
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
