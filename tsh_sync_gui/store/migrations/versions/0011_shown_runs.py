"""The run history and what waits for a person's answer are found however many records were fetched for webhooks."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the indexes."""
    op.execute(
        "CREATE INDEX ix_runs_shown ON sync.runs (started_at DESC, id) WHERE mode <> 'record' OR trigger = 'person'"
    )
    op.execute(
        "CREATE INDEX ix_runs_questions ON sync.runs (entity, started_at DESC) WHERE error_kind = 'confirmation'"
    )
