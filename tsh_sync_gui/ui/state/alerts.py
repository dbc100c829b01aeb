"""What the bell shows, and which alerts are news that a person is told of at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tsh_sync_gui.engine.alerts import Alert, AlertState, Cause, Severity
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.ports.alerts import MERGED_FOR
from tsh_sync_gui.engine.schedule import Quiet, zone_of
from tsh_sync_gui.ui.state.history import result_text
from tsh_sync_gui.ui.state.texts import ago, number, tr

_TONES: Final = {Severity.NOTE: "blue", Severity.WARNING: "amber", Severity.GRAVE: "red"}
_ICONS: Final = {Severity.NOTE: "info", Severity.WARNING: "late", Severity.GRAVE: "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One alert as the list shows it."""

    alert: Alert
    title: str
    remedy: str
    when: str
    tone: str
    icon: str
    is_open: bool
    silenced: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a window has seen: counts by alert, and when it told of a cause and subject last."""

    counts: Mapping[int, int] = field(default_factory=dict)
    at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


def alert_lines(alerts: Sequence[Alert], now: datetime) -> tuple[AlertLine, ...]:
    """Return the lines of the list, in the order given."""
    return tuple(_line(one, now) for one in alerts)


def _line(alert: Alert, now: datetime) -> AlertLine:
    is_open = alert.state is AlertState.OPEN
    when = ago(alert.last_at, now)
    if alert.count > 1:
        when = tr("{count} times, last {when}").format(count=number(alert.count), when=when)
    if not is_open and alert.severity is not Severity.NOTE:
        when = tr("{when} · over").format(when=when)
    return AlertLine(
        alert=alert,
        title=alert.title,
        remedy=alert.remedy if is_open or alert.severity is Severity.NOTE else "",
        when=when,
        tone=_TONES[alert.severity] if is_open else "",
        icon=_ICONS[alert.severity] if is_open else "check" if alert.severity is not Severity.NOTE else "info",
        is_open=is_open,
        silenced=_silenced(alert),
    )


def _silenced(alert: Alert) -> str:
    if not alert.is_silenced:
        return ""
    by = alert.silenced_by
    return tr("Silenced by {person}").format(person=by) if by else tr("Silenced")


def unread(alerts: Iterable[Alert], seen: datetime | None) -> tuple[int, str]:
    """Return how many alerts came, or came again, since the list was looked at, and the tone of the gravest."""
    fresh = [one for one in alerts if (seen is None or one.last_at > seen) and not one.is_silenced]
    grave = any(one.severity is Severity.GRAVE and one.state is AlertState.OPEN for one in fresh)
    return len(fresh), "red" if grave else "blue"


def news(told: Told | None, alerts: Sequence[Alert], now: datetime) -> tuple[tuple[Alert, ...], Told]:
    """Return the alerts to tell of now, and what was told then; at the first look (*told* None) nothing is news."""
    counts = {one.id: one.count for one in alerts}
    if told is None:
        return (), Told(counts)
    fresh, at = [], dict(told.at)
    for one in alerts:
        is_over = one.state is not AlertState.OPEN and one.severity is not Severity.NOTE
        if one.is_silenced or is_over or told.counts.get(one.id, 0) >= one.count:
            continue
        last = at.get((one.cause.value, one.subject))
        if last is None or now - last >= MERGED_FOR:
            at[one.cause.value, one.subject] = now
            fresh.append(one)
    return tuple(fresh), Told(counts, at)


def is_quiet(hours: str, now: datetime, zone: str) -> bool:
    """Tell whether nobody is to be told now."""
    quiet = Quiet.parse(hours)
    return quiet is not None and quiet.holds(now, zone_of(zone))


def ended_text(info: RunInfo, title: str) -> tuple[str, str]:
    """Return the words for the end of a run that a person started."""
    counts = info.counts
    figures = tr("{created} created, {updated} updated, {failed} failed").format(
        created=number(counts.created), updated=number(counts.updated), failed=number(counts.failed)
    )
    return f"{title}: {result_text(info)}", info.title or figures


def target_of(alert: Alert) -> tuple[str, str]:
    """Return the screen, and the part of it, where an alert is dealt with."""
    match alert.cause:
        case Cause.SIGN_IN_LOST:
            return "setup", "sign_in"
        case Cause.NOT_TOLD:
            return "settings", "Alerts"
        case Cause.QUOTA:
            return "settings", "Limits"
        case Cause.DEAD_LETTERS:
            return "dead_letters", ""
        case Cause.WEBHOOKS_SILENT:
            return "webhooks", "coverage"
        case Cause.DELIVERIES_REFUSED:
            return "webhooks", "refused"
        case Cause.RUNS_MISSED:
            return "schedules", alert.subject
        case _:
            return "sync", alert.subject
