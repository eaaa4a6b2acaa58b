"""Apache CXF with WS-Addressing required: the Java process that runs it, and trees as XML."""

import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from lxml import etree

from tests.interop.table import TEXT, Exchange, Leaf, Node, Shape, Tree

FOLDER = Path(__file__).parent / "cxf"
LIBRARIES = FOLDER / "lib"
INSTALL = ("--quiet", "--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib")
INSTALL_S = 300
LEAST_JAVA = 17


def install() -> str | None:
    """Fetch the libraries of cxf/pom.xml if they are not there; why not, if that cannot be."""
    maven, java = shutil.which("mvn"), shutil.which("java")
    if maven is None or java is None:
        return "java or mvn not found on PATH"
    shown = subprocess.run([java, "--version"], capture_output=True, text=True, check=False).stdout.split()
    if len(shown) < 2 or not shown[1].split(".")[0].isdigit() or int(shown[1].split(".")[0]) < LEAST_JAVA:
        return f"java on PATH is older than {LEAST_JAVA}"
    wanted = sha256((FOLDER / "pom.xml").read_bytes()).hexdigest()
    mark = LIBRARIES / ".installed"
    if mark.is_file() and mark.read_text() == wanted:
        return None
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    try:
        done = subprocess.run(
            [maven, *INSTALL], cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"mvn took more than {INSTALL_S} s"
    if done.returncode != 0:
        return f"mvn failed: {(done.stdout.strip().splitlines() or ['no reason given'])[0]}"
    mark.write_text(wanted)
    return None


class CxfError(Exception):
    """CXF refused a message, or the peer itself failed."""


class CxfFault(Exception):  # noqa: N818 - it is what CXF received, not what failed
    """CXF received a fault.

    Attributes:
        code: local name of the code.
        reason: the text.
        subcodes: as `{namespace}name`.
    """

    def __init__(self, code: str, reason: str, *subcodes: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.subcodes = subcodes


class CxfPeer:
    """A running Java process with CXF, which obeys one command after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["java", "-cp", "lib/*", "Peer.java"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, word: str, *words: str) -> list[str]:
        """Send one command and wait for its answer.

        Raises:
            CxfFault: the answer is a fault.
            CxfError: anything else failed.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join([word, *(b64encode(w.encode()).decode() for w in words)]) + "\n")
        self.process.stdin.flush()
        first, *rest = self.process.stdout.readline().split(" ") or [""]
        answer = [b64decode(w).decode() for w in rest]
        match first.strip():
            case "fault":
                raise CxfFault(*answer)
            case "ok" | "reply":
                return answer
            case _:
                raise CxfError(*answer)

    def call(self, wsdl: str, url: str, exchange: Exchange, request: Node, identity: str) -> Node:
        """Call an operation of a service by its WSDL.

        Raises:
            CxfFault: the answer is a fault.
            CxfError: CXF refused the answer.
        """
        payload = to_xml(request, exchange.request, exchange.namespace, exchange.request_element)
        (reply,) = self.ask("call", wsdl, *_names(exchange), exchange.name, identity, payload, url)
        return from_xml(etree.fromstring(reply), exchange.reply, exchange.namespace, exchange.reply_element)

    def listen(self, wsdl: Path, exchange: Exchange) -> str:
        """Serve the service of an operation; gives its address."""
        (url,) = self.ask("listen", str(wsdl), *_names(exchange))
        return url

    def close(self) -> None:
        """End the process and wait until it is gone."""
        self.process.communicate(timeout=20)


@contextmanager
def running() -> Iterator[CxfPeer]:
    """Run CXF for the time of the block."""
    peer = CxfPeer()
    try:
        yield peer
    finally:
        try:
            peer.close()
        except subprocess.TimeoutExpired:
            peer.process.kill()
            peer.process.communicate()


def _names(exchange: Exchange) -> tuple[str, str, str]:
    service = {"central_system": "CentralSystemService", "charge_point": "ChargePointService"}[exchange.service]
    return exchange.namespace, service, f"{service}Soap12"


def to_xml(tree: Node, shape: Shape, namespace: str, element: str) -> str:
    """Write a message element."""
    root = etree.Element(f"{{{namespace}}}{element}")
    _write(root, tree, shape, namespace)
    return etree.tostring(root, encoding="unicode")


def _write(node: etree._Element, tree: Tree, kind: Leaf | Shape, namespace: str) -> None:
    if not isinstance(kind, Shape):
        node.text = _text(tree)
        return
    assert isinstance(tree, dict)
    for part in kind.parts:
        if part.key not in tree:
            continue
        value = tree[part.key]
        if part.key == TEXT:
            node.text = _text(value)
        elif part.key[0] == "@":
            node.set(part.key[1:], _text(value))
        else:
            for entry in value if isinstance(value, list) else [value]:
                _write(etree.SubElement(node, f"{{{namespace}}}{part.key}"), entry, part.kind, namespace)


def _text(value: Tree) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def from_xml(node: etree._Element, shape: Shape, namespace: str, element: str) -> Node:
    """Read a message element exactly: every name in its namespace, every value as its type is spelt."""
    assert node.tag == f"{{{namespace}}}{element}"
    tree: Node = {"@" + str(key): str(value) for key, value in node.attrib.items()}
    parts = {part.key: part for part in shape.parts}
    if TEXT in parts:
        tree[TEXT] = node.text or ""
    for child in node:
        key = etree.QName(child).localname
        part = parts[key]
        if isinstance(part.kind, Shape):
            value: Tree = from_xml(child, part.kind, namespace, key)
        else:
            assert child.tag == f"{{{namespace}}}{key}"
            value = _value(child.text or "", part.kind)
        entries = tree.setdefault(key, []) if part.many else None
        if isinstance(entries, list):
            entries.append(value)
        else:
            assert key not in tree, f"{key} twice"
            tree[key] = value
    return tree


def _value(text: str, leaf: Leaf) -> Tree:
    match leaf.base:
        case "xsd:int":
            return int(text)
        case "xsd:boolean":
            return {"true": True, "false": False}[text]
        case "xsd:decimal":
            return Decimal(text)
        case "xsd:dateTime":
            return datetime.fromisoformat(text)
        case _:
            return text
