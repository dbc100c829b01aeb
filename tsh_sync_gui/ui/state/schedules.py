"""What the Schedules screen says: when, how often, at what cost, and why something does not run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from tsh_sync_gui.engine.ports.schedules import Walk
from tsh_sync_gui.engine.schedule import Timing
from tsh_sync_gui.engine.schedules import Block, Cost, ScheduleItem, ScheduleView, Standing
from tsh_sync_gui.engine.views import Planned
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import clock, exact, number, scheduled, tr, zone_called

_DAILY: Final = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* \*", re.ASCII)
_WEEKLY: Final = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* ([0-7])", re.ASCII)
_MORNING: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """One schedule as a row."""

    key: str
    item: ScheduleItem
    title: str
    walk: str
    when: str
    next: str
    next_exact: str
    price: str
    note: str
    tone: str
    icon: str


def timing_text(timing: Timing | None) -> str:
    """Return how often, in words; a cron line that is no plain day or week stays as it is."""
    if timing is None:
        return tr("No schedule")
    if timing.minutes:
        hours, rest = divmod(timing.minutes, 60)
        return tr("every %Ln min", None, timing.minutes) if rest else tr("every %Ln h", None, hours)
    if found := _DAILY.fullmatch(timing.cron):
        return tr("daily at {time}").format(time=f"{int(found[2]):02}:{int(found[1]):02}")
    if found := _WEEKLY.fullmatch(timing.cron):
        at = f"{int(found[2]):02}:{int(found[1]):02}"
        return tr("{day} at {time}").format(day=_days()[int(found[3]) % 7], time=at)
    return _left_to_right(timing.cron)


def _left_to_right(text: str) -> str:
    """Return *text* so that it reads the same between Arabic words."""
    return f"\u2066{text}\u2069"


def _days() -> tuple[str, ...]:
    return (
        tr("Sundays"),
        tr("Mondays"),
        tr("Tuesdays"),
        tr("Wednesdays"),
        tr("Thursdays"),
        tr("Fridays"),
        tr("Saturdays"),
    )


def walk_text(walk: Walk) -> str:
    """Return what a schedule runs, in the words of the run history; a full walk finds what was deleted, too."""
    return tr("Changes") if walk is Walk.CHANGES else tr("Full")


def price_text(cost: Cost) -> str:
    """Return what one run costs."""
    if not cost.is_known:
        return tr("at least %Ln call(s)", None, max(1, cost.least))
    if cost.least == cost.most:
        return tr("about %Ln call(s)", None, cost.most)
    return tr("{low}–{high} calls").format(low=number(cost.least), high=number(cost.most))


def lines(view: ScheduleView) -> tuple[ScheduleLine, ...]:
    """Return the rows of the screen."""
    titles = {one.schedule.entity: tr(one.schedule.title) for one in view.items}
    return tuple(_line(one, view, titles) for one in view.items)


def _line(item: ScheduleItem, view: ScheduleView, titles: dict[str, str]) -> ScheduleLine:
    schedule = item.schedule
    quiet = (
        tr("quiet {hours}").format(hours=_left_to_right(str(schedule.quiet)))
        if schedule.quiet and schedule.timing
        else ""
    )
    timing = timing_text(schedule.timing)
    note, tone, icon = _standing(item, view, titles)
    first = item.nexts[0] if item.nexts else None
    return ScheduleLine(
        key=f"{schedule.entity}:{schedule.walk.value}",
        item=item,
        title=titles[schedule.entity],
        walk=walk_text(schedule.walk),
        when=tr("{timing}, {quiet}").format(timing=timing, quiet=quiet) if quiet else timing,
        next=clock(first, view.now, view.zone or "UTC") if first else "–",
        next_exact=exact(first, view.zone),
        price=price_text(item.cost) if schedule.timing else "–",
        note=note,
        tone=tone,
        icon=icon,
    )


def _standing(item: ScheduleItem, view: ScheduleView, titles: dict[str, str]) -> tuple[str, str, str]:
    """Return what is to be said of a schedule, with its tone and icon."""
    schedule, row = item.schedule, item.schedule.row
    if item.standing is Standing.PAUSED:
        return paused_text(row.paused_until, row.paused_by, view.now, view.zone), "grey", "pause"
    if item.standing is Standing.BLOCKED and schedule.why is not None:
        return blocked_text(schedule.why), "blue_outline", "clock"
    if schedule.served_by:
        return tr("Done by the runs of {entity}").format(entity=titles.get(schedule.served_by, "")), "", "info"
    if schedule.timing is None:
        return tr("Off"), "grey", "never"
    if item.is_late:
        return tr("Late"), "amber", "late"
    if row.missed and not row.note:
        return tr("%Ln run(s) missed, made up for once", None, row.missed), "green", "check"
    return tr("On"), "green", "check"


def paused_text(until: datetime | None, by: str, now: datetime, zone: str = "") -> str:
    """Return until when a schedule is held, and by whom."""
    end = tr("until {time}").format(time=scheduled(until, now, zone)) if until else tr("until it is resumed")
    return tr("Paused {until}, by {person}").format(until=end, person=by) if by else f"{tr('Paused')} {end}"


def blocked_text(why: Block) -> str:
    """Return what has to come before a schedule goes."""
    return {
        Block.FIRST_SYNC: tr("Waits for the first sync"),
        Block.SIGN_IN: tr("Waits for a sign-in"),
        Block.SWITCHED_OFF: tr("Syncing is switched off"),
    }[why]


def next_text(planned: Planned, next_at: datetime | None, now: datetime, zone: str = "") -> str:
    """Return a card's line on the next run, in the organization's *zone*."""
    if planned.standing == "paused":
        return paused_text(planned.until, "", now, zone)
    if planned.standing == "blocked" and planned.why in set(Block):
        return blocked_text(Block(planned.why))
    return tr("Next {when}").format(when=scheduled(next_at, now, zone)) if next_at else tr("No schedule")


def columns() -> tuple[Column[ScheduleLine], ...]:
    """Return the columns of the screen's table."""
    return (
        Column(
            key="entity",
            title=tr("Entity"),
            text=lambda row: row.title,
            value=lambda row: row.item.schedule.entity,
            width=96,
            grows=1,
        ),
        Column(
            key="walk",
            title=tr("What"),
            text=lambda row: row.walk,
            value=lambda row: row.item.schedule.walk.value,
            width=76,
            yields=1,
        ),
        Column(
            key="when",
            title=tr("When"),
            text=lambda row: row.when,
            value=lambda row: str(row.item.schedule.timing or ""),
            hint=lambda row: row.when,
            copied=lambda row: row.when.replace("\u2066", "").replace("\u2069", ""),
            width=136,
            grows=3,
        ),
        Column(
            key="next",
            title=tr("Next run"),
            text=lambda row: row.next,
            value=lambda row: row.item.nexts[0].isoformat() if row.item.nexts else "",
            hint=lambda row: row.next_exact,
            copied=lambda row: row.next_exact.split("\n")[0],
            width=84,
        ),
        *_cost_columns(),
    )


def _cost_columns() -> tuple[Column[ScheduleLine], ...]:
    """Return the columns of what a schedule costs, and how it stands."""
    return (
        Column(
            key="price",
            title=tr("One run"),
            text=lambda row: row.price,
            value=lambda row: row.item.cost.most,
            width=96,
            yields=4,
        ),
        Column(
            key="calls",
            title=tr("Calls a day"),
            text=lambda row: number(row.item.calls) if row.item.calls else "–",
            value=lambda row: row.item.calls,
            width=80,
            yields=3,
            is_number=True,
        ),
        Column(
            key="note",
            title=tr("State"),
            text=lambda row: row.note,
            value=lambda row: row.item.standing.value,
            hint=lambda row: row.note,
            tone=lambda row: row.tone,
            icon=lambda row: row.icon,
            width=130,
            yields=2,
            grows=3,
        ),
    )


def headline(view: ScheduleView) -> str:
    """Return the next run and what a day costs, in one line."""
    day = tr("About {calls} calls a day, of {share} that schedules may use")
    day = day.format(calls=number(view.calls), share=number(view.share))
    if not view.coming:
        return day
    first = view.coming[0]
    coming = tr("Next: {entity} at {time}").format(
        entity=tr(first.title), time=clock(first.at, view.now, view.zone or "UTC")
    )
    zone = tr("times of {zone}").format(zone=_left_to_right(view.zone or "UTC"))
    return f"{coming} · {zone} · {day}"


def warning(view: ScheduleView) -> Problem | None:
    """Return what to say where a day's runs do not fit in the calls that are theirs."""
    if view.fits:
        return None
    return Problem(
        title=tr("The schedules need about {calls} calls a day; {share} of {limit} are theirs").format(
            calls=number(view.calls), share=number(view.share), limit=number(view.limit)
        ),
        meaning=tr(
            "The rest is kept for people, orders and webhooks. Make some rarer, or set the limit of a larger plan."
        ),
        tone="amber",
    )


def is_any_paused(view: ScheduleView) -> bool:
    """Tell whether somebody holds a schedule."""
    return any(one.standing is Standing.PAUSED for one in view.items)


def can_any_pause(view: ScheduleView) -> bool:
    """Tell whether there is a schedule to hold."""
    return any(one.standing in {Standing.ON, Standing.BLOCKED} for one in view.items)


def pauses(
    now: Callable[[], datetime], zone: Callable[[], str]
) -> tuple[tuple[str, Callable[[], datetime | None]], ...]:
    """Return for how long schedules may be held, and until when that is; mornings are those of their *zone*."""
    return (
        (tr("For 30 min"), lambda: now() + timedelta(minutes=30)),
        (tr("For 1 h"), lambda: now() + timedelta(hours=1)),
        (tr("Until tomorrow 08:00"), lambda: _tomorrow(now(), zone())),
        (tr("Until I resume"), lambda: None),
    )


def _tomorrow(now: datetime, zone: str) -> datetime:
    there = zone_called(zone)
    morning = datetime.combine(now.astimezone(there).date() + timedelta(days=1), time(_MORNING))
    return morning.replace(tzinfo=there).astimezone(UTC)
