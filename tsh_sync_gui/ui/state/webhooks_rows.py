"""The list of deliveries: rows, columns, looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports.deliveries import InboxRow
from tsh_sync_gui.engine.ports.inbox import Change, EventState, Verdict
from tsh_sync_gui.ui.state.columns import MARK, Column
from tsh_sync_gui.ui.state.texts import ago, exact, tr
from tsh_sync_gui.ui.state.webhooks import delay_words, verdict_word, work_word
from tsh_sync_gui.ui.state.words import Look, Tone

# A number that is shortened in its middle would else have its ends exchanged in a mirrored window.
_LEFT_TO_RIGHT: Final = "\u2066"
_END: Final = "\u2069"


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery in its list; *title* is its entity's."""

    row: InboxRow
    title: str

    @property
    def key(self) -> str:
        """Return the delivery's number."""
        return str(self.row.id)


def verdict_look(verdict: Verdict) -> Look:
    """Return word, icon and tone of a verdict."""
    icon, tone = {
        Verdict.ACCEPTED: ("check", Tone.GREEN),
        Verdict.DUPLICATE: ("copy", Tone.GREY),
        Verdict.OUT_OF_ORDER: ("history", Tone.GREY),
        Verdict.PING: ("plug", Tone.BLUE_OUTLINE),
        Verdict.REFUSED: ("failed", Tone.RED),
    }[verdict]
    return Look(verdict_word(verdict), icon, tone)


def work_look(state: EventState) -> Look:
    """Return word, icon and tone of how far the work has come."""
    icon, tone = {
        EventState.WAITING: ("clock", Tone.BLUE_OUTLINE),
        EventState.DONE: ("check", Tone.GREEN),
        EventState.FAILED: ("failed", Tone.RED),
        EventState.IGNORED: ("idle", Tone.GREY),
    }[state]
    return Look(work_word(state), icon, tone)


def change_word(change: Change) -> str:
    """Return what happened to the record."""
    match change:
        case Change.CREATED:
            return tr("created")
        case Change.UPDATED:
            return tr("updated")
        case Change.DELETED:
            return tr("deleted")
        case Change.UNKNOWN:
            return tr("changed")


def event_words(row: InboxRow, title: str) -> str:
    """Return what a delivery tells of."""
    if row.verdict is Verdict.PING:
        return tr("Test")
    if not row.entity:
        return row.event or tr("(not read)")
    return f"{title} · {change_word(row.change)}"


def _event_hint(row: DeliveryRow) -> str:
    words = row.row.event or event_words(row.row, row.title)
    if row.row.entity and row.row.change is Change.UNKNOWN:
        return f"{words}\n{tr('The delivery does not say whether it was created or updated.')}"
    return words


def work_words(row: InboxRow) -> str:
    """Return what became of a delivery; a failed one went to the dead letters."""
    if row.state is EventState.FAILED:
        return tr("Failed → dead letter")
    if row.state is EventState.IGNORED and row.verdict is Verdict.REFUSED:
        return tr("Not processed")
    return work_word(row.state)


def outcome_words(outcome: str) -> str:
    """Return in a sentence what was done with a delivery."""
    return {
        "fetched": tr("Its record was fetched from Zoho and stored."),
        "gone, marked as deleted": tr("Its record is gone in Zoho; it is marked as deleted here."),
        "nothing to keep": tr("Zoho has nothing of it that is kept here: it is gone, or of another kind."),
        "taken from the body": tr("Its body held the whole record; that was stored, without a call."),
        "a newer delivery came with it": tr("A newer delivery of the same record came with it and was used."),
        "already deleted": tr("The record was deleted already."),
        "never known": tr("The record was never known here, so there was nothing to delete."),
        "the mirror is newer": tr("What is stored is newer than what it tells of."),
        "cancelled": tr("It was cancelled before it was done; the next sync finds the change."),
        "fetched since": tr("The record was fetched since; nothing was left to do."),
    }.get(outcome, outcome)


def delivery_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> tuple[Column[DeliveryRow], ...]:
    """Return the columns of the list; the first one is where rows are marked."""
    return (
        Column(key=MARK, title="", text=lambda _row: "", value=lambda _row: "", width=34),
        Column(
            key="time",
            title=tr("Time"),
            text=lambda row: ago(row.row.received_at, now()),
            value=lambda row: iso(row.row.received_at),
            hint=lambda row: exact(row.row.received_at, zone()),
            copied=lambda row: exact(row.row.received_at),
            is_passing=True,
            width=80,
        ),
        Column(
            key="event",
            title=tr("Event"),
            text=lambda row: event_words(row.row, row.title),
            value=lambda row: f"{row.row.entity} {row.row.change.value}".strip(),
            hint=_event_hint,
            width=132,
            grows=2,
        ),
        Column(
            key="record",
            title=tr("Record"),
            text=lambda row: f"{_LEFT_TO_RIGHT}{row.row.record_id}{_END}" if row.row.record_id else "–",
            value=lambda row: row.row.record_id,
            hint=lambda row: row.row.record_id,
            copied=lambda row: row.row.record_id,
            width=98,
            grows=1,
        ),
        *_fate_columns(),
    )


def _fate_columns() -> tuple[Column[DeliveryRow], ...]:
    """Return the columns of what became of a delivery."""
    return (
        Column(
            key="verdict",
            title=tr("Verdict"),
            text=lambda row: verdict_word(row.row.verdict),
            value=lambda row: row.row.verdict.value,
            icon=lambda row: verdict_look(row.row.verdict).icon,
            tone=lambda row: verdict_look(row.row.verdict).tone.value,
            hint=lambda row: row.row.scheme,
            width=108,
            yields=1,
        ),
        Column(
            key="processing",
            title=tr("Processing"),
            text=lambda row: work_words(row.row),
            value=lambda row: row.row.state.value,
            icon=lambda row: work_look(row.row.state).icon,
            tone=lambda row: work_look(row.row.state).tone.value,
            hint=lambda row: row.row.title or outcome_words(row.row.outcome),
            width=118,
        ),
        Column(
            key="delay",
            title=tr("Delay"),
            text=lambda row: "–" if row.row.delay is None else delay_words(row.row.delay),
            value=lambda row: row.row.delay,
            is_number=True,
            width=72,
            yields=3,
        ),
        Column(
            key="source",
            title=tr("Source"),
            text=lambda row: row.row.source or "–",
            value=lambda row: row.row.source,
            width=104,
            yields=4,
        ),
    )
