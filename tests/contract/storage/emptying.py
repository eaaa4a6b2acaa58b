"""How a SQL database is emptied between two cases, since making its tables takes longer than most of them."""

from ocpp_sdk_backends.sql.tables import metadata


def emptying() -> list[str]:
    """Return the statements that remove all rows, those of no other table pointing at what is gone."""
    return [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
