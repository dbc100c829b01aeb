"""Nobody reads through what webhooks bring by the thousand: walks have an index of their own, as have pings.

Without it the newest walk of an entity is found behind all records that were fetched since.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the indexes."""
    op.execute("CREATE INDEX ix_runs_walks ON sync.runs (entity, started_at DESC) WHERE mode <> 'record'")
    op.execute("DROP INDEX sync.ix_webhook_events_refused")
    op.execute(
        "CREATE INDEX ix_webhook_events_refused ON sync.webhook_events (id) WHERE verdict IN ('refused', 'ping')"
    )
