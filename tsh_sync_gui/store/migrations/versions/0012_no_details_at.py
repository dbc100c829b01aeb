"""The watermarks' `details_at` was never written nor read: what is outstanding is known record by record."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Drop the column."""
    op.execute("ALTER TABLE sync.watermarks DROP COLUMN details_at")
