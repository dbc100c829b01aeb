"""The queue's SQL beside procrastinate's own, and its rows as jobs.

Lock and queueing lock of a job are the same text, so that at most one job of a key waits: it needs no look at other
waiting ones, and a job due later never holds back another (procrastinate's issue 1599).
"""

from __future__ import annotations

from typing import Any, Final

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.jobs import Job, JobId, JobState

CHANNEL: Final = "procrastinate_any_queue_v1"
SETTLES_AT_MOST: Final = 5
"""A job that settles waits so many times its settling time at most."""

_LANES: Final = tuple(reversed(Lane))
PRIORITY: Final = {lane: 10 * number for number, lane in enumerate(_LANES, start=1)}
_LANE: Final = {priority: lane for lane, priority in PRIORITY.items()}
_STATE: Final = {
    "todo": JobState.WAITING,
    "doing": JobState.RUNNING,
    "succeeded": JobState.DONE,
    "failed": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
    "aborted": JobState.CANCELLED,
    "aborting": JobState.RUNNING,
}
STATUS: Final = {state: [status for status, one in _STATE.items() if one is state] for state in JobState}
COLUMNS: Final = "id, task_name, args, lock, priority, attempts, scheduled_at, status::text"

# Coalescing takes the waiting row's lock until the transaction's end: a worker passes it over till then, so the job
# sees what this transaction writes. Who is told at once is a worker; the trigger of an insert does it by itself.
ENQUEUE: Final = f"""
WITH wanted AS (
    SELECT coalesce(%(run_at)s::timestamptz, CASE WHEN %(settle)s::interval > '0' AND (EXISTS (
        SELECT FROM jobs.procrastinate_jobs job JOIN jobs.procrastinate_events event ON event.job_id = job.id
        WHERE job.lock = %(lock)s AND event.type = 'started' AND event.at > clock_timestamp() - %(settle)s::interval
    ) OR EXISTS (
        SELECT FROM jobs.procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo' AND args ? 'until'
    )) THEN clock_timestamp() + %(settle)s::interval END) AS due, %(run_at)s::timestamptz IS NULL AS settles
), put AS (
    INSERT INTO jobs.procrastinate_jobs AS job
        (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    SELECT %(kind)s, %(kind)s, %(priority)s, %(lock)s, %(lock)s,
        %(args)s::jsonb || CASE WHEN settles AND due IS NOT NULL THEN
            jsonb_build_object('until', clock_timestamp() + %(settle)s::interval * {SETTLES_AT_MOST})
        ELSE '{{}}' END, due
    FROM wanted
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET
        priority = greatest(job.priority, excluded.priority),
        attempts = 0,
        scheduled_at = CASE
            WHEN job.scheduled_at IS NULL OR excluded.scheduled_at IS NULL THEN NULL
            WHEN job.args ? 'until' AND excluded.args ? 'until' THEN
                greatest(job.scheduled_at, least(excluded.scheduled_at, (job.args->>'until')::timestamptz))
            ELSE least(job.scheduled_at, excluded.scheduled_at) END
    RETURNING id, xmax = 0 AS is_new, scheduled_at
)
SELECT id, is_new, CASE WHEN NOT is_new AND (scheduled_at IS NULL OR scheduled_at <= now()) THEN
    pg_notify('{CHANNEL}', json_build_object('type', 'job_inserted', 'job_id', id)::text) END
FROM put
"""

# An insert that waited for a worker to take the one before looks at times from before that; this looks again, and
# nobody can have taken the new row yet.
SETTLE: Final = f"""
UPDATE jobs.procrastinate_jobs AS job SET scheduled_at = clock_timestamp() + %(settle)s::interval,
    args = args || jsonb_build_object('until', clock_timestamp() + %(settle)s::interval * {SETTLES_AT_MOST})
WHERE id = %(id)s AND scheduled_at IS NULL AND EXISTS (
    SELECT FROM jobs.procrastinate_jobs other JOIN jobs.procrastinate_events event ON event.job_id = other.id
    WHERE other.lock = %(lock)s AND event.type = 'started' AND event.at > clock_timestamp() - %(settle)s::interval)
"""

FIND: Final = f"SELECT {COLUMNS} FROM jobs.procrastinate_jobs WHERE id = %s"
NEWEST: Final = f"""
SELECT {COLUMNS} FROM jobs.procrastinate_jobs
WHERE status::text = ANY(%s) OR cardinality(%s::text[]) = 0 ORDER BY id DESC LIMIT %s
"""
WAITS: Final = f"""
SELECT {COLUMNS} FROM jobs.procrastinate_jobs WHERE lock = %s AND status IN ('todo', 'doing')
ORDER BY status = 'doing' DESC, id LIMIT 1
"""
HURRY: Final = f"""
WITH now_due AS (
    UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL, args = args - 'until' WHERE id = %s AND status = 'todo'
    RETURNING id
)
SELECT id, pg_notify('{CHANNEL}', json_build_object('type', 'job_inserted', 'job_id', id)::text) FROM now_due
"""
CANCEL: Final = "SELECT jobs.procrastinate_cancel_job_v1(%s, true, false)"
RETRY: Final = f"""
WITH back AS (
    UPDATE jobs.procrastinate_jobs AS job
    SET status = 'todo', attempts = 0, scheduled_at = NULL, abort_requested = false, args = args - 'until'
    WHERE id = %s AND status NOT IN ('todo', 'doing') AND NOT EXISTS (
        SELECT FROM jobs.procrastinate_jobs other WHERE other.queueing_lock = job.queueing_lock AND status = 'todo')
    RETURNING id
)
SELECT pg_notify('{CHANNEL}', json_build_object('type', 'job_inserted', 'job_id', id)::text) FROM back
"""
FIGURES: Final = """
SELECT (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'doing'),
    (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed'),
    greatest(0, extract(epoch FROM clock_timestamp() - least(
        (SELECT min(scheduled_at) FROM jobs.procrastinate_jobs WHERE status = 'todo' AND scheduled_at <= now()),
        (SELECT min(event.at) FROM jobs.procrastinate_events event WHERE event.type = 'deferred' AND event.job_id = (
            SELECT min(id) FROM jobs.procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL)))))::float8
"""
DEPTHS: Final = "SELECT priority, count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo' GROUP BY priority"

# ------------------------------------------------------------------------------------------------ for the worker

HEARTBEAT: Final = """
INSERT INTO jobs.procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%s, now())
ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
"""
# Taken by this worker in a fetch whose answer was lost with the connection.
MISSED: Final = """
SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id
FROM jobs.procrastinate_jobs WHERE status = 'doing' AND worker_id = %s AND id <> ALL(%s) ORDER BY id LIMIT 1
"""
_MINE: Final = "id = %(id)s AND status = 'doing' AND (worker_id = %(worker)s OR worker_id IS NULL)"
FINISH: Final = f"""
UPDATE jobs.procrastinate_jobs SET status = %(status)s::jobs.procrastinate_job_status, abort_requested = false,
    attempts = attempts + 1
WHERE {_MINE}
"""
# A follow-up of the same key that waits already does this work too.
GO_BACK: Final = f"""
UPDATE jobs.procrastinate_jobs AS job SET
    status = (CASE WHEN abort_requested THEN 'aborted' WHEN EXISTS (
        SELECT FROM jobs.procrastinate_jobs other WHERE other.queueing_lock = job.queueing_lock AND status = 'todo')
        THEN 'cancelled' ELSE 'todo' END)::jobs.procrastinate_job_status,
    abort_requested = false, attempts = attempts + %(counted)s, scheduled_at = %(at)s, args = args - 'until'
WHERE {_MINE}
"""
LOST: Final = f"""
SELECT {COLUMNS}, worker_id, coalesce((SELECT max(at) FROM jobs.procrastinate_events
    WHERE job_id = job.id AND type = 'started'), now())
FROM jobs.procrastinate_jobs job WHERE status = 'doing' AND id <> ALL(%s) AND NOT EXISTS (
    SELECT FROM jobs.procrastinate_workers worker
    WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - make_interval(secs => %s))
ORDER BY id LIMIT 1 FOR UPDATE OF job SKIP LOCKED
"""
PRUNE: Final = "DELETE FROM jobs.procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => %s)"
PURGE: Final = """
DELETE FROM jobs.procrastinate_jobs WHERE id IN (
    SELECT id FROM jobs.procrastinate_jobs job WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS (
        SELECT FROM jobs.procrastinate_events event WHERE event.job_id = job.id
            AND event.at > now() - CASE WHEN job.status = 'failed' THEN %(failed)s ELSE %(ended)s END)
    LIMIT 5000)
"""
PURGE_ATTEMPTS: Final = """
DELETE FROM sync.attempts attempt WHERE id IN (
    SELECT id FROM sync.attempts WHERE subject = 'job' AND ended_at < now() - %s ORDER BY ended_at LIMIT 5000)
"""


def lock_of(kind: str, key: str) -> str | None:
    """Return what serialises the jobs of *key*; None for a job that stands alone."""
    return f"{kind}:{key}" if key else None


def lane_of(priority: int) -> Lane:
    """Return the lane that has *priority*."""
    return _LANE.get(priority, Lane.PULLS)


def job_of(row: tuple[Any, ...]) -> Job:
    """Return the job of a row of COLUMNS."""
    number, kind, args, lock, priority, attempts, scheduled_at, status = row[:8]
    return Job(
        id=JobId(str(number)),
        kind=kind,
        arguments=args.get("arguments", {}),
        key=(lock or "").removeprefix(f"{kind}:"),
        lane=lane_of(priority),
        attempts=attempts,
        scheduled_at=scheduled_at,
        state=_STATE[status],
    )
