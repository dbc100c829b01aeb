"""How a run begins and ends in words: who started it, in which state an error leaves it."""

from __future__ import annotations

import getpass
import platform
import uuid
from datetime import datetime
from typing import Any

from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    QuotaExhaustedError,
    SyncError,
)
from tsh_sync_gui.core.events import RunStarted
from tsh_sync_gui.core.values import Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.runs import CancelledByPersonError
from tsh_sync_gui.entities.spec import Entity


def state_of(error: SyncError) -> tuple[RunState, datetime | None]:
    """Return in which state a run ends with *error*, and until when it waits."""
    match error:
        case QuotaExhaustedError():
            return RunState.WAITING, error.resets_at
        case CancelledByPersonError():
            return RunState.CANCELLED, None
        case AuthorisationError() | ConfirmationRequiredError() | ConfigurationError():
            return RunState.NEEDS_YOU, None
        case _:
            return RunState.FAILED, None


class InterruptedRunError(SyncError):
    """The program was closed in mid-run; its next start goes on."""

    kind = "interrupted"


def interrupted() -> SyncError:
    """Return the words of a run that the end of its program broke off."""
    return InterruptedRunError(
        "The program ended in mid-run", advice="Nothing was half-written; the next sync goes on from here."
    )


def machine_name() -> str:
    """Return what this computer is called."""
    return platform.node() or "this computer"


def user_name() -> str:
    """Return who is signed in to this computer, "" when the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def person() -> str:
    """Return who acts, never empty: letters are locked by that name."""
    return user_name() or f"somebody on {machine_name()}"


def new_run_id() -> RunId:
    """Return an id that no run has."""
    return RunId(uuid.uuid4().hex)


def new_run(
    entity: Entity,
    *,
    mode: Mode,
    state: RunState,
    trigger: str,
    at: datetime,
    run: RunId | None = None,
    leader: RunId | None = None,
    **known: Any,
) -> RunInfo:
    """Return a run of this person on this computer; without a *leader* it leads its walk."""
    own = run or new_run_id()
    return RunInfo(
        id=own,
        leader=leader or own,
        entity=entity.name,
        mode=mode,
        state=state,
        phase=Phase.LIST,
        trigger=trigger,
        machine=machine_name(),
        user=user_name(),
        started_at=at,
        heartbeat_at=at,
        **known,
    )


def started(info: RunInfo, *, resumed: bool) -> RunStarted:
    """Return the event of a run that begins or is gone on with."""
    return RunStarted(
        run=info.id,
        entity=info.entity,
        mode=info.mode,
        trigger=info.trigger,
        machine=info.machine,
        user=info.user,
        at=info.started_at,
        resumed=resumed,
        expected=info.expected,
        forecast_calls=info.forecast_calls,
        counts=info.counts,
        calls=info.calls,
    )
