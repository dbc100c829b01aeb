"""The webhooks step: the events with their ticks, and how late data may be without them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tsh_sync_gui.bootstrap.setup.values import ScheduleCost, WebhookEvent, WebhookPlan
from tsh_sync_gui.engine.ports.inbox import Change
from tsh_sync_gui.ui.state.texts import ago, number, span, tr
from tsh_sync_gui.ui.state.webhook_address import address_of
from tsh_sync_gui.ui.state.webhooks_rows import change_word
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row

_DOT = "•"
_SHOWN = 4
_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"


ADDRESS = 2
"""The column whose cells are the addresses to copy."""


def event_rows(events: Sequence[WebhookEvent], now: datetime, address: str) -> tuple[Row, ...]:
    """Return a row per event, with the address of its webhook; one that has come is ticked."""
    return tuple(
        Row(
            key=one.key,
            cells=(
                Cell(f"{tr(one.title)} · {change_word(Change(one.change))}"),
                Cell(one.module, tone="muted"),
                _address(address, one.change),
                Cell(tr("arrived {when}").format(when=ago(one.last_seen, now)), icon="check", tone="green")
                if one.last_seen is not None
                else Cell(tr("waiting for the first"), icon="clock", tone="muted"),
            ),
        )
        for one in events
    )


def _address(address: str, change: str) -> Cell:
    whole = address_of(address, change)
    if not whole:
        return Cell("–", tone="muted", hint=tr("Enter the address first."))
    hint = tr("Click to copy: {address}").format(address=whole)
    return Cell(f"{_LEFT_TO_RIGHT}…?{whole.rpartition('?')[2]}{_END}", icon="copy", fixed=True, hint=hint, copied=whole)


def seen_text(plan: WebhookPlan) -> str:
    """Return how many events have come at least once."""
    seen = sum(one.last_seen is not None for one in plan.events)
    return tr("{seen} of {all} events have arrived").format(seen=number(seen), all=number(len(plan.events)))


def dots(secret: str) -> str:
    """Return a secret as dots with its last four characters."""
    return _DOT * 12 + secret[-_SHOWN:] if len(secret) > 2 * _SHOWN else _DOT * 12


def skip_text(costs: Sequence[ScheduleCost]) -> str:
    """Return what it means to go without webhooks."""
    if not costs:
        return tr("Without webhooks changes are fetched by polling; data may be up to an hour late.")
    soonest, latest = min(costs, key=lambda one: one.minutes), max(costs, key=lambda one: one.minutes)
    if soonest.minutes == latest.minutes:
        return tr("Without webhooks changes are fetched by polling; data may be up to {time} late.").format(
            time=span(latest.minutes * 60)
        )
    return tr(
        "Without webhooks changes are fetched by polling: {first} may be up to {soon} late, {last} up to {late}."
    ).format(
        first=tr(soonest.title),
        soon=span(soonest.minutes * 60),
        last=tr(latest.title),
        late=span(latest.minutes * 60),
    )
