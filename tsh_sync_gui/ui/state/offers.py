"""What a person may do with an entity now: actions with their price, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, VaultLockedError
from tsh_sync_gui.core.values import EntityState, Mode, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import EntityStatus, Forecast
from tsh_sync_gui.ui.state.live import AppState, RunView
from tsh_sync_gui.ui.state.prices import Prices, cost_sentence, price
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.words import phrase


class Do(StrEnum):
    """An action on an entity."""

    SYNC = "sync"
    FULL = "full"
    WINDOW = "window"
    RECORD = "record"
    SWEEP = "sweep"
    PREVIEW = "preview"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    TAKE_OVER = "take_over"
    REVIEW = "review"
    SETTINGS = "settings"
    SIGN_IN = "sign_in"
    ESTIMATE = "estimate"
    UNLOCK = "unlock"
    LETTERS = "letters"
    SCHEDULE = "schedule"


# What ends a run as "Needs you" for another reason than that records would be deleted.
_NO_APPROVAL = frozenset({AuthorisationError.kind, ConfigurationError.kind, VaultLockedError.kind})
REMEMBERED = (Do.SYNC, Do.FULL, Do.WINDOW, Do.RECORD, Do.SWEEP, Do.PREVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An action as a button: *reason* says why it is disabled, *leads* that it stands on the card itself."""

    do: Do
    text: str
    icon: str
    price: str = ""
    hint: str = ""
    reason: str = ""
    leads: bool = False

    @property
    def label(self) -> str:
        """Return the text with its price."""
        return f"{self.text} · {self.price}" if self.price else self.text

    @property
    def is_enabled(self) -> bool:
        """Tell whether the action may be used now."""
        return not self.reason


def offers(state: AppState, prices: Prices, status: EntityStatus, *, mode: str = "") -> tuple[Offer, ...]:
    """Return all actions of an entity; those that lead stand first."""
    run = state.runs.get(status.entity)
    live = run is not None and run.is_live
    reason = _why_not(status, run, is_pending=status.entity in state.pending)
    newest = run.info if run else status.last
    if newest is not None and newest.mode is Mode.RECORD and newest.state is RunState.FAILED:
        mode = ""  # one record that could not be had says nothing of the next sync
    letters = _letters(state, status, run)
    starts = (*_starts(prices, status.entity, reason, mode=mode, leads=not live), _schedule(status))
    if live and run is not None:
        elsewhere = run.here is False and not status.silent
        shown = tuple(replace(one, leads=one.do is Do.SYNC) for one in starts) if elsewhere else starts
        return (*_controls(status, run, leads=not elsewhere), *letters, *shown)
    special = _special(status, run)
    if special is not None:
        return (special, *letters, *(replace(one, leads=False) for one in starts))
    return (*letters, *starts)


def _schedule(status: EntityStatus) -> Offer:
    hint = tr("When it is synced by itself")
    return Offer(do=Do.SCHEDULE, text=tr("Schedule…"), icon="calendar", hint=hint, reason=status.unavailable)


def _letters(state: AppState, status: EntityStatus, run: RunView | None) -> tuple[Offer, ...]:
    """Return the way to the records that the newest run could not take, else to those that earlier ones could not."""
    info = run.info if run else status.last
    if info is None or not info.counts.failed:
        waiting = state.letters_of(status.entity)
        return (Offer(do=Do.LETTERS, text=tr("Open dead letters"), icon="failed-records"),) if waiting else ()
    return (Offer(do=Do.LETTERS, text=tr("Open dead letters of this run"), icon="failed-records"),)


def _why_not(status: EntityStatus, run: RunView | None, *, is_pending: bool) -> str:
    if status.unavailable:
        return status.unavailable
    if is_pending:
        return tr("It is starting.")
    if run is None or not run.is_live:
        return ""
    if run.here is False:
        return tr("Runs {where}.").format(where=phrase(run.info.user, run.info.machine))
    return tr("It runs already.")


def _starts(prices: Prices, entity: str, reason: str, *, mode: str, leads: bool) -> tuple[Offer, ...]:
    changes, full = prices.changes.get(entity), prices.full.get(entity)
    plain = (
        (Do.SYNC, tr("Sync now"), "sync", price(changes), cost_sentence(changes)),
        (Do.FULL, tr("Full sync"), "full", price(full), cost_sentence(full)),
        (Do.WINDOW, tr("Window…"), "calendar", "", tr("Only what changed within days or dates you choose")),
        (Do.RECORD, tr("One record…"), "record", tr("about %Ln call(s)", None, 1), tr("Fetch one record by its id")),
        (Do.SWEEP, tr("Find deleted"), "sweep", price(full), tr("Look which records are gone in Zoho")),
        (Do.PREVIEW, tr("Preview"), "preview", price(changes), tr("The same checks, nothing is written")),
    )
    chosen = mode if mode in REMEMBERED else Do.SYNC
    found = tuple(
        Offer(do=do, text=text, icon=icon, price=cost, hint=hint, reason=reason, leads=leads and do == chosen)
        for do, text, icon, cost, hint in plain
    )
    return (*found, *_estimates(changes, full, reason))


def _estimates(changes: Forecast | None, full: Forecast | None, reason: str) -> tuple[Offer, ...]:
    """Return the way to a price where only "at least" is known; a card has no room for it beside the price."""
    if all(one is None or one.known for one in (changes, full)):
        return ()
    hint = tr("Asks Zoho how many records there are, in a few calls; the next sync uses what was read")
    return (Offer(do=Do.ESTIMATE, text=tr("Estimate"), icon="gauge", hint=hint, reason=reason),)


def _controls(status: EntityStatus, run: RunView, *, leads: bool) -> tuple[Offer, ...]:
    leads = leads and not status.silent
    pause = Offer(do=Do.PAUSE, text=tr("Pause"), icon="pause", leads=leads, hint=tr("Stops after the page in work"))
    resume = Offer(do=Do.RESUME, text=tr("Resume"), icon="play", leads=leads)
    cancel = Offer(do=Do.CANCEL, text=tr("Cancel"), icon="stop", leads=leads, hint=tr("Stops within one page"))
    take_over = Offer(do=Do.TAKE_OVER, text=tr("Take over"), icon="take-over", leads=True)
    held = run.info.state is RunState.PAUSED
    return (*((take_over,) if status.silent else ()), resume if held else pause, cancel)


def is_review(info: RunInfo) -> bool:
    """Tell whether the run stopped for a person's approval of deletes."""
    return info.state is RunState.NEEDS_YOU and info.error_kind not in _NO_APPROVAL


def _special(status: EntityStatus, run: RunView | None) -> Offer | None:
    """Return the one button that a fault leads to, where it is not simply another try."""
    info = run.info if run else status.last
    state = run.info.state if run else status.state
    if info is None:
        return None
    if info.error_kind == VaultLockedError.kind and str(state) in {"failed", "needs_you"}:
        return Offer(do=Do.UNLOCK, text=tr("Open it…"), icon="lock", leads=True)
    if str(state) == EntityState.NEEDS_YOU.value and info.error_kind not in _NO_APPROVAL:
        return Offer(do=Do.REVIEW, text=tr("Review"), icon="preview", leads=True)
    if info.error_kind == AuthorisationError.kind and str(state) in {"failed", "needs_you"}:
        return Offer(do=Do.SIGN_IN, text=tr("Sign in again"), icon="person", leads=True)
    if info.error_kind == ConfigurationError.kind and str(state) in {"failed", "needs_you"}:
        return Offer(do=Do.SETTINGS, text=tr("Open settings"), icon="settings", leads=True)
    if status.silent:
        return Offer(do=Do.TAKE_OVER, text=tr("Take over"), icon="take-over", leads=True)
    return None
