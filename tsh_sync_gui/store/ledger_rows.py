"""Rows of `sync.runs` and its neighbours as the ledger's values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import msgspec
from psycopg.types.json import Json

from tsh_sync_gui.core.errors import ConfirmationRequiredError, EndpointAbsentError, RecordGoneError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, RunId
from tsh_sync_gui.engine.ports import CallRecord, Checkpoint, Rejected, RunInfo, Watermark, Which

_COUNTS: Final = Counts.__struct_fields__
_CALLS: Final = tuple(f"calls_{name}" for name in Calls.__struct_fields__)
_PLAIN: Final = tuple(name for name in RunInfo.__struct_fields__ if name not in {"counts", "calls"})
# What an exception says may name a secret.
_WORDS: Final = frozenset({"title", "advice", "cause"})
_RUN_NAMES: Final = (*_PLAIN, *_COUNTS, *_CALLS)
_MARK_NAMES: Final = Watermark.__struct_fields__

RUN_COLUMNS: Final = ", ".join(f'"{name}"' for name in _RUN_NAMES)
MARK_COLUMNS: Final = ", ".join(_MARK_NAMES)
# How many records live is counted by the mirror, in the transaction of each page.
MARK_WRITTEN: Final = tuple(name for name in _MARK_NAMES if name not in {"entity", "live"})
CALL_COLUMNS: Final = (
    "run_id, entity, lane, kind, method, path, status, code, milliseconds, size, sent_at, error, request, answer"
)
NO_FAILURES: Final = f"('{RecordGoneError.kind}', '{EndpointAbsentError.kind}')"
"""Errors of runs that tell of what was asked for, and not that syncing is in trouble."""
WHICH: Final = {
    Which.ALL: "true",
    Which.WALKS: "mode <> 'record'",
    Which.SHOWN: "(mode <> 'record' OR trigger = 'person')",
}
"""Conditions on `sync.runs`; each but the first has an index that holds no other runs."""
QUESTIONS: Final = f"""
SELECT DISTINCT ON (entity) {RUN_COLUMNS} FROM sync.runs asked
WHERE error_kind = '{ConfirmationRequiredError.kind}' AND NOT EXISTS (
    SELECT FROM sync.runs later WHERE later.entity = asked.entity AND later.mode <> 'record'
        AND later.mode IN ('full', 'sweep') AND later.state IN ('up_to_date', 'partly_done')
        AND later.started_at > asked.started_at)
ORDER BY entity, started_at DESC
"""
REJECTED_COLUMNS: Final = "record_id, field, value, reason, payload"

_CHECKPOINT: Final = msgspec.json.Decoder(Checkpoint)


def run_of(row: tuple[Any, ...]) -> RunInfo:
    """Return the run that a row of RUN_COLUMNS holds."""
    plain = len(_PLAIN)
    counted = plain + len(_COUNTS)
    fields = dict(zip(_PLAIN, row[:plain], strict=True))
    fields["counts"] = dict(zip(_COUNTS, row[plain:counted], strict=True))
    fields["calls"] = dict(zip(Calls.__struct_fields__, row[counted:], strict=True))
    return msgspec.convert(fields, RunInfo)


def run_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns and values for *changes*, which go by RunInfo's names; KeyError for a name it has not."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "counts":
            values |= msgspec.structs.asdict(value)
        elif name == "calls":
            values |= {f"calls_{kind}": number for kind, number in msgspec.structs.asdict(value).items()}
        elif name not in _PLAIN:
            raise KeyError(name)
        elif isinstance(value, dict):
            values[name] = Json(value)
        elif name in _WORDS:
            values[name] = redact(value)
        else:
            values[name] = value.value if isinstance(value, Enum) else value
    return values


def watermark_of(row: tuple[Any, ...]) -> Watermark:
    """Return the watermark that a row of MARK_COLUMNS holds."""
    return msgspec.convert(dict(zip(_MARK_NAMES, row, strict=True)), Watermark)


def checkpoint_of(text: str) -> Checkpoint:
    """Return the checkpoint stored as *text*."""
    return _CHECKPOINT.decode(text)


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Return *checkpoint* as it is stored."""
    return msgspec.json.encode(checkpoint).decode()


def call_of(row: tuple[Any, ...]) -> CallRecord:
    """Return the request that a row of CALL_COLUMNS holds."""
    run, entity, lane, kind, method, path, status, code, milliseconds, size, sent_at, error, request, answer = row
    return CallRecord(
        run=RunId(run) if run else None,
        entity=entity,
        lane=Lane(lane),
        kind=CallKind(kind),
        method=method,
        path=path,
        status=status,
        code=code,
        milliseconds=milliseconds,
        size=size,
        sent_at=sent_at,
        error=error,
        request=request,
        answer=answer,
    )


def rejected_of(row: tuple[Any, ...]) -> Rejected:
    """Return the rejected record that a row of REJECTED_COLUMNS holds."""
    record_id, field, value, reason, payload = row
    return Rejected(record_id=record_id, field=field, value=value, reason=reason, payload=bytes(payload))
