"""${message}."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Apply this version; there is no way back but a backup."""
    ${upgrades if upgrades else "op.execute(\"\")"}
