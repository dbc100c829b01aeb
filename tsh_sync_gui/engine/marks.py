"""How watermarks move: what a walk has made known, and what stays open until its details are done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from tsh_sync_gui.core.values import Mode
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import RunInfo, Watermark


def moved(
    plan: WalkPlan,
    runs: Mapping[str, RunInfo],
    marks: Mapping[str, Watermark],
    started: datetime | None,
    *,
    walked_at: datetime,
    now: datetime,
) -> dict[str, Watermark]:
    """Return the watermarks as a finished walk moves them; windows and single records move none.

    *started* is Zoho's clock at the walk's beginning, *walked_at* ours when its lists were done.
    """
    if plan.mode in {Mode.WINDOW, Mode.RECORD}:
        return {}
    complete = plan.mode in {Mode.FULL, Mode.SWEEP}
    found = {}
    for name, info in runs.items():
        old = marks[name]
        found[name] = replace(
            old,
            since=started or old.since,
            walked_at=walked_at,
            full_walk_at=walked_at if plan.covers_all else old.full_walk_at,
            last_good_at=now,
            last_run=info.id,
            remote=_remote(plan, old, info),
            filter_absent=old.filter_absent and not complete,
        )
    return found


def unfinished_mark(mark: Watermark, old: Watermark) -> Watermark:
    """Return *mark* as it stands while the details are not done: how far the lists go, but no good run yet."""
    return replace(mark, last_good_at=old.last_good_at, last_run=old.last_run)


def _remote(plan: WalkPlan, old: Watermark, info: RunInfo) -> int | None:
    """Return how many records Zoho has: all met on a complete walk, else the old figure and what changed it."""
    if plan.covers_all:
        return info.counts.seen
    return None if old.remote is None else max(0, old.remote + info.counts.created - info.counts.deleted)
