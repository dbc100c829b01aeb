"""Schedules with who acted on them, alerts, silences, and who was told."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

_TABLES = """
CREATE TABLE sync.schedules (
    entity TEXT NOT NULL,
    walk TEXT NOT NULL,
    minutes INTEGER,
    cron TEXT DEFAULT '' NOT NULL,
    off BOOLEAN DEFAULT false NOT NULL,
    quiet TEXT DEFAULT '' NOT NULL,
    armed_at TIMESTAMP WITH TIME ZONE,
    last_due TIMESTAMP WITH TIME ZONE,
    fired_at TIMESTAMP WITH TIME ZONE,
    machine TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    missed INTEGER DEFAULT 0 NOT NULL,
    paused_at TIMESTAMP WITH TIME ZONE,
    paused_until TIMESTAMP WITH TIME ZONE,
    paused_by TEXT DEFAULT '' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE,
    updated_by TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (entity, walk)
);
CREATE TABLE sync.alerts (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    remedy TEXT DEFAULT '' NOT NULL,
    severity TEXT DEFAULT '' NOT NULL,
    evidence TEXT DEFAULT '' NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    count INTEGER DEFAULT 1 NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    cleared_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_alerts_open ON sync.alerts (cause, subject) WHERE state = 'open';
CREATE INDEX ix_alerts_last_at ON sync.alerts (last_at DESC);
CREATE TABLE sync.silences (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT,
    until TIMESTAMP WITH TIME ZONE,
    by TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE sync.alerts_told (
    alert BIGINT NOT NULL,
    target TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (alert, target),
    CONSTRAINT fk_alerts_told_alert FOREIGN KEY(alert) REFERENCES sync.alerts (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    """Add the tables; there is no way back but a backup."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(_TABLES)
