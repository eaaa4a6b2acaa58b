"""What is imported when nothing is stored yet."""

import subprocess
import sys

import pytest

import ocpp_sdk.storage

SLOW = ["aiosqlite", "alembic", "asyncpg", "firebase_admin", "pydantic", "pymongo", "sqlalchemy", "sqlite3"]


@pytest.mark.parametrize("module", ["ocpp_sdk", "ocpp_sdk.storage", "ocpp_sdk.central_system", "ocpp_sdk.charge_point"])
def test_import_loads_no_database(module: str) -> None:
    """Drivers are loaded by the URL that needs them, and by nothing else."""
    program = f"import sys, {module}; sys.exit(str(sorted(set({SLOW!r}) & set(sys.modules))))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == "[]"


def test_all_of_storage_is_there() -> None:
    """`__all__` names each public name once."""
    listed = list(ocpp_sdk.storage.__all__)
    assert len(set(listed)) == len(listed)
    assert [name for name in listed if not hasattr(ocpp_sdk.storage, name)] == []
