"""One fixture: an empty database of each kind."""

from pathlib import Path

import pytest

from tests.unit.backends.sql.databases import KINDS, empty


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database."""
    kind: str = request.param
    return empty(kind, tmp_path)
