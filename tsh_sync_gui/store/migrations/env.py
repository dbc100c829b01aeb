"""Alembic's entry: runs migrations on the connection that store/migrate.py hands over, inside its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from tsh_sync_gui.store.migrate import VERSION_TABLE
from tsh_sync_gui.store.tables_sync import SYNC


def run() -> None:
    """Apply what was asked for."""
    connection: Connection = context.config.attributes["connection"]
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SYNC}")
    context.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema=SYNC)
    with context.begin_transaction():
        context.run_migrations()


run()
