"""What Alembic runs to apply revisions, on the connection it is given."""

from __future__ import annotations

from alembic import context

from ocpp_sdk_backends.sql.migrations import VERSION_TABLE
from ocpp_sdk_backends.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
