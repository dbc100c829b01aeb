"""The JSON documents that commands print, and others read."""

from __future__ import annotations

from typing import Any

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports import CallRecord, QuotaStatus, Rejected, RunInfo
from tsh_sync_gui.engine.views import Overview, RunDetail, run_json


def quota(status: QuotaStatus) -> dict[str, Any]:
    """Return the day's and the minute's use."""
    return {
        "day": {"used": status.day_used, "limit": status.day_limit, "resets_at": iso(status.resets_at)},
        "minute": {"used": status.minute_used, "limit": status.minute_limit},
    }


def overview(view: Overview) -> dict[str, Any]:
    """Return what `status --json` prints."""
    return {
        "entities": [
            {
                "entity": one.entity,
                "state": one.state.value,
                "local": one.local,
                "detailed": one.detailed,
                "last_good": iso(one.last_good),
                "next": iso(one.next),
            }
            for one in view.entities
        ],
        "quota": quota(view.quota),
        "database": {"kind": view.database.kind, "version": view.database.version},
    }


def run(info: RunInfo) -> dict[str, Any]:
    """Return one run with what `runs` adds to the shape of `sync --json`."""
    return run_json(info) | {
        "trigger": info.trigger,
        "machine": info.machine,
        "user": info.user,
        "phase": info.phase.value,
        "pages": info.pages,
        "started_at": iso(info.started_at),
        "ended_at": iso(info.ended_at),
        "waiting_for": info.waiting_for or None,
        "waiting_until": iso(info.waiting_until),
    }


def run_detail(detail: RunDetail) -> dict[str, Any]:
    """Return one run opened."""
    return {
        "run": run(detail.run),
        "requests": [_call(call) for call in detail.calls],
        "rejected": [_rejected(record) for record in detail.rejected],
        "gone": [{"id": record.id, "label": record.label} for record in detail.gone],
    }


def _call(call: CallRecord) -> dict[str, Any]:
    return {
        "sent_at": iso(call.sent_at),
        "kind": call.kind.value,
        "lane": call.lane.value,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "code": call.code,
        "milliseconds": call.milliseconds,
        "bytes": call.size,
        "error": call.error or None,
    }


def _rejected(record: Rejected) -> dict[str, Any]:
    return {"id": record.record_id, "field": record.field, "value": record.value, "reason": record.reason}
