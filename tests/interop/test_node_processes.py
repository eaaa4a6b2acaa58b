"""The processes of the peers from npm end with the tests, however those end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop import node_peer

ROOT = Path(__file__).parents[2]

# The parent dies without closing anything, as after a crash.
DIES = """
import os
from tests.interop.node_peer import NodePeer
peer = NodePeer("soap")
peer.ask("seen")
print("running", flush=True)
os._exit(3)
"""


@pytest.mark.parametrize("package", ["soap", "strong-soap"])
def test_node_peer_closed_is_gone(npm_packages: None, package: str) -> None:
    """A peer with a listening server ends when it is closed, and its process has been waited for."""
    with node_peer.running(package) as peer:
        wsdl = ROOT / "wsdl" / "v15" / "charge_point.wsdl"
        assert peer.ask("listen", wsdl=str(wsdl), path="/x", actions={})["port"]
        assert peer.process.poll() is None
    assert peer.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(peer.process.pid, 0)


def test_node_peer_whose_parent_dies_ends(npm_packages: None) -> None:
    """A peer outlives nobody: its standard error, which it shares with the test, is closed by its end."""
    done = subprocess.run(
        [sys.executable, "-c", DIES], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (3, "running\n"), done.stderr


def test_node_peer_failing_command_says_why(npm_packages: None) -> None:
    """A command that fails in node fails in the test, with what node says."""
    with node_peer.running("soap") as peer, pytest.raises(node_peer.NodeError, match="nowhere"):
        peer.ask("listen", wsdl="/nowhere.wsdl", path="/x", actions={})
