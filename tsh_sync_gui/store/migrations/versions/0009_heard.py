"""What webhooks told of last, and how often of late, is read from an index: workers look again and again."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX ix_webhook_events_heard ON sync.webhook_events (entity, change, received_at)"
        " WHERE verdict IN ('accepted', 'duplicate', 'out_of_order') AND replay_of IS NULL"
    )
