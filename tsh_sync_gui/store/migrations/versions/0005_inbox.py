"""The inbox of webhook deliveries, and the tokens of the HTTP API."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_TABLES = """
CREATE TABLE sync.webhook_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    key TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id TEXT DEFAULT '' NOT NULL,
    address TEXT DEFAULT '' NOT NULL,
    entity TEXT DEFAULT '' NOT NULL,
    event_type TEXT DEFAULT '' NOT NULL,
    record_id TEXT DEFAULT '' NOT NULL,
    change TEXT DEFAULT '' NOT NULL,
    content_type TEXT DEFAULT '' NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    verdict TEXT DEFAULT '' NOT NULL,
    scheme TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    outcome TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    job_id TEXT DEFAULT '' NOT NULL,
    run_id TEXT DEFAULT '' NOT NULL,
    modified_at TIMESTAMP WITH TIME ZONE,
    query JSON DEFAULT '[]'::json NOT NULL,
    headers JSON DEFAULT '{}'::json NOT NULL,
    diagnosis JSON DEFAULT '{}'::json NOT NULL,
    body BYTEA DEFAULT '\\x'::bytea NOT NULL,
    digest BYTEA,
    done_at TIMESTAMP WITH TIME ZONE,
    replay_of BIGINT,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_webhook_events_key ON sync.webhook_events (key);
CREATE INDEX ix_webhook_events_record ON sync.webhook_events (entity, record_id, id) WHERE record_id <> '';
CREATE INDEX ix_webhook_events_waiting ON sync.webhook_events (entity, record_id) WHERE state = 'waiting';
CREATE INDEX ix_webhook_events_refused ON sync.webhook_events (id) WHERE verdict = 'refused';
CREATE INDEX ix_webhook_events_received_at ON sync.webhook_events (received_at);
CREATE TABLE sync.api_tokens (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    starts TEXT DEFAULT '' NOT NULL,
    created_by TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_api_tokens_hash ON sync.api_tokens (hash);
"""


def upgrade() -> None:
    """Add both tables; there is no way back but a backup."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(_TABLES)
