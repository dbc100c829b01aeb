"""Sign-ins are counted: Zoho keeps 20 refresh tokens of a user and forgets the oldest."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; databases of older versions have none of its rows."""
    op.execute(
        """
        CREATE TABLE sync.sign_ins (
            id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
            mark bytea NOT NULL,
            at timestamptz DEFAULT now() NOT NULL,
            accounts_url text NOT NULL,
            client_id text NOT NULL,
            scopes text[] DEFAULT '{}'::text[] NOT NULL,
            how text DEFAULT '' NOT NULL,
            machine text DEFAULT '' NOT NULL,
            "user" text DEFAULT '' NOT NULL,
            ended_at timestamptz,
            PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX uq_sign_ins_mark ON sync.sign_ins (mark)")
