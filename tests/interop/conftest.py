"""The peers, each started once: what is not installed is skipped with its reason in one line."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

pytest.register_assert_rewrite(
    *(f"tests.interop.{name}" for name in ("cxf_peer", "headers", "node_peer", "own_side", "spyne_peer", "zeep_peer"))
)

from tests.interop import node_peer, own_side  # noqa: E402 - after what makes their assertions tell the values

if TYPE_CHECKING:
    from tests.interop import spyne_peer

SPYNE_WARNINGS = (
    # Python compiles the sources of spyne 2.14 when it is imported first, and one of its patterns is no raw string.
    ("ignore", "invalid escape sequence", DeprecationWarning),
    # spyne 2.14 brings a copy of six that leaves an import hook of the old kind behind; Python names it at each import.
    ("ignore", "_SixMetaPathImporter", ImportWarning),
    # spyne 2.14 reads forms with the cgi module of the standard library, which Python 3.13 no longer has.
    ("ignore", "'cgi' is deprecated", DeprecationWarning),
)


def pytest_configure(config: pytest.Config) -> None:
    """Let spyne be imported although every warning is an error."""
    for action, message, category in SPYNE_WARNINGS:
        config.addinivalue_line("filterwarnings", f"{action}:{message}:{category.__name__}")


# The lines above come too late for the collection when pytest meets this folder on its way through all tests.
for _action, _message, _category in SPYNE_WARNINGS:
    warnings.filterwarnings("ignore", _message, _category)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread, for this SDK's server and client."""
    with start_blocking_portal() as started:
        yield started


@pytest.fixture(scope="session")
def own(portal: BlockingPortal) -> Iterator[own_side.OwnServer]:
    """This SDK's server, serving everything."""
    with own_side.own_server(portal) as server:
        yield server


@pytest.fixture(scope="session")
def npm_packages() -> None:
    """Skip without node, npm or a registry to install from."""
    reason = node_peer.install()
    if reason is not None:
        pytest.skip(f"the peers from npm are not there: {reason}")


@pytest.fixture(scope="session", params=["soap", "strong-soap"])
def node(request: pytest.FixtureRequest, npm_packages: None) -> Iterator[node_peer.NodePeer]:
    """A running peer from npm, each of them in turn."""
    with node_peer.running(request.param) as peer:
        yield peer
    assert peer.process.poll() is not None


@pytest.fixture(scope="session")
def spyne_server() -> Iterator[Callable[[str, str], "tuple[str, spyne_peer.Desk]"]]:
    """Gives address and desk of the spyne server of a service, started when it is asked for first."""
    from tests.interop import spyne_peer

    started: dict[tuple[str, str], tuple[str, spyne_peer.Desk]] = {}
    with ExitStack() as stack:

        def get(version: str, service: str) -> tuple[str, spyne_peer.Desk]:
            key = (version, service)
            if key not in started:
                started[key] = stack.enter_context(spyne_peer.serving(version, service))
            return started[key]

        yield get
