"""The SOAP peers from npm: the process that runs one of them, and trees in the form that JavaScript reads."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.interop.table import TEXT, Leaf, Node, Shape, Tree

FOLDER = Path(__file__).parent / "npm"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
ATTRIBUTES, VALUE = "attributes", "$value"


def install() -> str | None:
    """Install the packages of npm/package-lock.json if they are not yet; why not, if that cannot be."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node or npm not found on PATH"
    wanted = sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    mark = FOLDER / "node_modules" / ".installed"
    if mark.is_file() and mark.read_text() == wanted:
        return None
    done = subprocess.run([npm, *INSTALL], cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        return f"npm ci failed: {lines[-1]}"
    mark.write_text(wanted)
    return None


class NodeError(Exception):
    """The peer itself failed at a command."""


class NodePeer:
    """A running node process, which obeys one command after the other.

    Args:
        package: `soap` or `strong-soap`.
    """

    def __init__(self, package: str) -> None:
        self.package = package
        self.process = subprocess.Popen(
            ["node", "peer.js", package], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, do: str, **command: object) -> Any:  # noqa: ANN401 - whatever JSON came
        """Send one command and wait for its answer.

        Raises:
            NodeError: the peer reports a failure, or has ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **command}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise NodeError(f"{self.package} ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise NodeError(answer["error"])
        return answer.get("answer")

    def close(self) -> None:
        """End the process and wait until it is gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@contextmanager
def running(package: str) -> Iterator[NodePeer]:
    """Run a peer for the time of the block."""
    peer = NodePeer(package)
    try:
        yield peer
    finally:
        peer.close()


def to_json(tree: Tree) -> object:
    """Write a tree as JavaScript takes it: attributes aside, numbers and times as XML spells them."""
    if isinstance(tree, list):
        return [to_json(entry) for entry in tree]
    if isinstance(tree, dict):
        plain: dict[str, object] = {key: to_json(value) for key, value in tree.items() if key[0] != "@"}
        attributes = {key[1:]: value for key, value in tree.items() if key[0] == "@" and key != TEXT}
        if attributes:
            plain[ATTRIBUTES] = attributes
        if TEXT in tree:
            plain[VALUE] = tree[TEXT]
        return plain
    if isinstance(tree, Decimal):
        return str(tree)
    if isinstance(tree, datetime):
        return tree.isoformat()
    return tree


def from_json(value: object, shape: Shape) -> Node:
    """Read what a peer made of a message.

    Raises:
        AssertionError: the peer knows a field that the fact sheet does not.
    """
    given: dict[str, Any] = value if isinstance(value, dict) else {} if value is None else {VALUE: value}
    known = {part.key for part in shape.parts}
    found = {key: entry for key, entry in given.items() if key not in {ATTRIBUTES, VALUE}}
    found |= {f"@{key}": entry for key, entry in given.get(ATTRIBUTES, {}).items() if not key.startswith("xmlns")}
    if VALUE in given:
        found[TEXT] = given[VALUE]
    assert found.keys() <= known, f"{shape.name} has no {found.keys() - known}"
    tree: Node = {}
    for part in shape.parts:
        if part.key in found:
            entry = found[part.key]
            if part.many:
                entries = entry if isinstance(entry, list) else [entry]
                tree[part.key] = [_read(each, part.kind) for each in entries]
            else:
                tree[part.key] = _read(entry, part.kind)
    return tree


def _read(value: object, kind: Leaf | Shape) -> Tree:
    if isinstance(kind, Shape):
        return from_json(value, kind)
    # The server of strong-soap reads without types and leaves everything as text.
    text = str(value).lower() if isinstance(value, bool) else str(value)
    match kind.base:
        case "xsd:int":
            return int(text)
        case "xsd:boolean":
            return {"true": True, "false": False}[text]
        case "xsd:decimal":
            return Decimal(text)
        case "xsd:dateTime":
            return datetime.fromisoformat(text)
        case _:
            assert isinstance(value, str)
            return value


def wrapped(peer: NodePeer, tree: Node, element: str) -> object:
    """Write a message as the peer takes it: strong-soap wants the message element around it."""
    message = to_json(tree)
    return {element: message} if peer.package == "strong-soap" else message
