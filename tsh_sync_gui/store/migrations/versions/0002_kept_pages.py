"""List pages that an estimate has read, kept for the walk that follows."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_TABLE = """
CREATE TABLE sync.kept_pages (
    list TEXT NOT NULL,
    page INTEGER NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    server_date TIMESTAMP WITH TIME ZONE,
    has_more BOOLEAN NOT NULL,
    is_last BOOLEAN DEFAULT false NOT NULL,
    records INTEGER NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (list, page)
)
"""


def upgrade() -> None:
    """Create the table; there is no way back but a backup."""
    op.get_bind().exec_driver_sql(_TABLE)
