"""The job queue in its schema `jobs`, and what became of each attempt in `sync.attempts`."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from tsh_sync_gui.core.errors import ConfigurationError

revision = "0004"
down_revision = "0003"

_ATTEMPTS = """
CREATE TABLE sync.attempts (
    id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    error_kind TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    advice TEXT DEFAULT '' NOT NULL,
    traceback TEXT DEFAULT '' NOT NULL,
    request TEXT DEFAULT '' NOT NULL,
    answer TEXT DEFAULT '' NOT NULL,
    run_id TEXT DEFAULT '' NOT NULL,
    machine TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_attempts_subject ON sync.attempts (subject, subject_id, started_at);
CREATE INDEX ix_attempts_ended_at ON sync.attempts (ended_at);
"""
# Whether a record's last fetch began only seconds ago is asked at each trigger.
_BY_LOCK = "CREATE INDEX ix_jobs_lock ON jobs.procrastinate_jobs (lock, id DESC) WHERE lock IS NOT NULL"
# Its functions name no schema; so they find their tables whatever the caller's search_path is.
_FIXED_PATH = """
DO $$
DECLARE found regprocedure;
BEGIN
    FOR found IN SELECT oid FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = jobs, pg_temp', found);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    """Create schema and table; there is no way back but a backup."""
    connection = op.get_bind().execution_options(no_parameters=True)
    before = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar()
    if connection.exec_driver_sql("SELECT to_regnamespace('jobs')").scalar() is not None:
        raise ConfigurationError(
            "The database has a schema named “jobs” that is not this program's",
            advice="The program keeps its queue under this name: rename the schema, or give the program a database of "
            "its own. Nothing was changed.",
        )
    connection.exec_driver_sql("CREATE SCHEMA jobs; SET LOCAL search_path = jobs")
    connection.exec_driver_sql(Path(__file__).with_name("0004_jobs.sql").read_text(encoding="utf-8"))
    connection.exec_driver_sql(f"SET LOCAL search_path = {before}")
    for statement in (_BY_LOCK, _FIXED_PATH, _ATTEMPTS):
        connection.exec_driver_sql(statement)
