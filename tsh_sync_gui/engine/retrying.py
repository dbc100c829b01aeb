"""What becomes of a job that failed: again later, again without counting the try, or given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tsh_sync_gui.core.errors import QuotaExhaustedError, SyncError, TransientError, UnreachableError, UnwritableError
from tsh_sync_gui.engine.ports import RunInfo

_DATABASE_AWAY: Final = timedelta(seconds=5)
_QUOTA_UNKNOWN: Final = timedelta(minutes=15)
# Kinds of errors that may be gone the next time; unknown ones too, for they may come of the moment.
_HEALING: Final = frozenset(
    {"transient", "rate_limited", "unreachable", "lost_ownership", "interrupted", "unknown", "unexpected", ""}
)


class PostponedError(SyncError):
    """Nothing is wrong with the work; it is to be done from *until* on."""

    kind = "postponed"

    def __init__(self, title: str, *, until: datetime, advice: str = "") -> None:
        super().__init__(title, advice=advice)
        self.until = until


class RunEndedError(SyncError):
    """A run that a job was for ended badly, and says why itself."""

    def __init__(self, run: RunInfo) -> None:
        super().__init__(run.title or f"The run ended as {run.state.value}", advice=run.advice, cause=run.cause)
        self.kind = run.error_kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """*again_at* None gives the job up; *counts* tells whether this was one of its tries."""

    again_at: datetime | None
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How often and when a job is tried: once more than there are *waits* (seconds), each shifted by *jitter*."""

    waits: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0)
    jitter: float = 0.25

    @property
    def tries(self) -> int:
        """Return how often a job is tried at most."""
        return len(self.waits) + 1

    def after(self, error: BaseException, *, attempts: int, now: datetime, chance: Callable[[], float]) -> Verdict:
        """Return what becomes of a job whose try after *attempts* earlier ones ended with *error*.

        *chance* gives numbers from 0 to 1.
        """
        match error:
            case PostponedError():
                return Verdict(max(now, error.until), counts=False)
            case QuotaExhaustedError():
                return Verdict(error.resets_at or now + _QUOTA_UNKNOWN, counts=False)
            case UnreachableError(what="database") | UnwritableError():
                return Verdict(now + _DATABASE_AWAY, counts=False)
            case SyncError() if error.kind not in _HEALING:
                return Verdict(None)
            case _:
                return self._again(error, attempts=attempts, now=now, chance=chance)

    def _again(self, error: BaseException, *, attempts: int, now: datetime, chance: Callable[[], float]) -> Verdict:
        if attempts >= len(self.waits):
            return Verdict(None)
        seconds = self.waits[attempts] * (1 + self.jitter * (2 * chance() - 1))
        asked = error.retry_after if isinstance(error, TransientError) else None
        return Verdict(now + timedelta(seconds=max(seconds, asked or 0.0)))
