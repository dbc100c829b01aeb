"""The audit can be read by time: what syncs found of late is held against what webhooks told of."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the index; rows come in the order of their time, so it is a few pages small."""
    op.execute("CREATE INDEX ix_audit_at ON sync.audit USING brin (at)")
