"""All tables of the first version: the mirror (`tsh`) and the ledger (`sync`)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_PARTS = ("0001_tsh.sql", "0001_sync.sql", "0001_audit.sql", "0001_budget.sql")


def upgrade() -> None:
    """Create both schemas; there is no way back but a backup."""
    connection = op.get_bind().execution_options(no_parameters=True)
    for part in _PARTS:
        connection.exec_driver_sql(Path(__file__).with_name(part).read_text(encoding="utf-8"))
