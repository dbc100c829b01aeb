"""Dead letters for people: searched, grouped, assigned, tried again together, with a history."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_LETTERS = """
ALTER TABLE sync.dead_letters
    ADD COLUMN kind TEXT DEFAULT 'validation' NOT NULL,
    ADD COLUMN advice TEXT DEFAULT '' NOT NULL,
    ADD COLUMN label TEXT DEFAULT '' NOT NULL,
    ADD COLUMN words TEXT DEFAULT '' NOT NULL,
    ADD COLUMN assigned_to TEXT DEFAULT '' NOT NULL,
    ADD COLUMN note TEXT DEFAULT '' NOT NULL,
    ADD COLUMN snoozed_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN retried_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN locked_by TEXT DEFAULT '' NOT NULL,
    ADD COLUMN locked_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN discarded_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN discarded_by TEXT DEFAULT '' NOT NULL,
    ADD COLUMN discard_reason TEXT DEFAULT '' NOT NULL;
UPDATE sync.dead_letters SET words = format(E'\\n%s\\n%s\\n', lower(record_id), lower(replace(reason, E'\\n', ' ')));
CREATE INDEX ix_dead_letters_jobs ON sync.dead_letters (entity) WHERE state = 'open' AND part = 'job';
"""
# The refused texts stand beside the table and all that is searched stands in it: 100,000 letters are read through in
# a tenth of a second, and the index that would be quicker (trigrams) is an extension that not every server has.
_STORAGE = """
ALTER TABLE sync.dead_letters SET (toast_tuple_target = 1600);
ALTER TABLE sync.dead_letters
    ALTER COLUMN payload SET STORAGE EXTERNAL,
"""
_IN_ROW = (
    *("entity", "part", "record_id", "record_key", "state", "cause", "field", "value", "reason", "run_id", "kind"),
    *("resolved_by", "advice", "label", "words", "assigned_to", "note", "locked_by", "discarded_by", "discard_reason"),
)
_TABLES = """
CREATE TABLE sync.letter_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    letter_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    deed TEXT DEFAULT '' NOT NULL,
    words TEXT DEFAULT '' NOT NULL,
    run_id TEXT DEFAULT '' NOT NULL,
    key TEXT DEFAULT '' NOT NULL,
    work_id BIGINT,
    payload BYTEA,
    PRIMARY KEY (id)
);
CREATE INDEX ix_letter_history_letter_id ON sync.letter_history (letter_id, id);
CREATE UNIQUE INDEX uq_letter_history_key ON sync.letter_history (letter_id, key) WHERE key <> '';
CREATE TABLE sync.letter_looks (
    person TEXT NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (person)
);
CREATE TABLE sync.letter_works (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    by TEXT DEFAULT '' NOT NULL,
    written TEXT DEFAULT '' NOT NULL,
    lane TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    words TEXT DEFAULT '' NOT NULL,
    is_careful BOOLEAN DEFAULT false NOT NULL,
    pace INTEGER,
    letters BIGINT[] DEFAULT '{}'::bigint[] NOT NULL,
    causes TEXT[] DEFAULT '{}'::text[] NOT NULL,
    done INTEGER DEFAULT 0 NOT NULL,
    succeeded INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    skipped INTEGER DEFAULT 0 NOT NULL,
    calls INTEGER DEFAULT 0 NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    until TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
"""


def upgrade() -> None:
    """Add columns and tables; there is no way back but a backup."""
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql(_LETTERS)
    connection.exec_driver_sql(_STORAGE + ",\n".join(f"    ALTER COLUMN {name} SET STORAGE MAIN" for name in _IN_ROW))
    connection.exec_driver_sql(_TABLES)
