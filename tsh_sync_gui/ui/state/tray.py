"""What the tray says: the worst state, what runs, what is next, what can be held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.ui.state.cards import CardState, progress_text
from tsh_sync_gui.ui.state.live import AppState
from tsh_sync_gui.ui.state.prices import Prices, priced
from tsh_sync_gui.ui.state.texts import scheduled, tr
from tsh_sync_gui.ui.state.words import state_look

_WORST_FIRST: Final = (
    EntityState.NEEDS_YOU,
    EntityState.FAILED,
    EntityState.LATE,
    EntityState.PARTLY_DONE,
    EntityState.RUNNING,
    EntityState.WAITING,
    EntityState.PAUSED,
    EntityState.NEVER_RUN,
    EntityState.UP_TO_DATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayItem:
    """One entity that can be synced from the tray."""

    entity: str
    text: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayState:
    """Everything the tray shows; *runs* are the run's id and what it does."""

    tone: str
    tip: str
    runs: tuple[tuple[str, str], ...]
    next: str
    items: tuple[TrayItem, ...]
    can_pause: bool
    can_resume: bool


def tray_state(state: AppState, cards: tuple[CardState, ...], prices: Prices, now: datetime) -> TrayState:
    """Return what the tray shows."""
    entities = state.overview.entities if state.overview else ()
    worst = next((one for one in _WORST_FIRST if any(card.state is one for card in cards)), None)
    word = state_look(worst).word if worst is not None else tr("Starting")
    coming = min((one.next for one in entities if one.next is not None), default=None)
    titles = {one.entity: tr(one.title) for one in entities}
    zone = state.zone
    runs = tuple(
        (str(run.info.id), f"{titles.get(run.info.entity, run.info.entity)} · {progress_text(run)}")
        for run in state.live
    )
    pending = state.pending | {run.info.entity for run in state.live}
    return TrayState(
        tone=state_look(worst).tone.value.partition("_")[0] if worst is not None else "grey",
        tip=f"TSH Sync · {word}",
        runs=runs,
        next=tr("Next {when}").format(when=scheduled(coming, now, zone)) if coming else tr("No next run"),
        items=tuple(
            TrayItem(
                entity=one.entity,
                text=priced(tr(one.title), prices.changes.get(one.entity)),
                is_enabled=one.entity not in pending,
            )
            for one in entities
            if not one.unavailable
        ),
        can_pause=any(one.planned.standing in {"on", "blocked"} for one in entities),
        can_resume=any(one.planned.standing == "paused" for one in entities),
    )
