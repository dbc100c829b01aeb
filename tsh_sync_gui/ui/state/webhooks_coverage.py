"""The table of coverage and its alarms: rows, columns, looks, words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.coverage import Coverage, EventCoverage, Hearing, Silence
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import ago, clock, exact, number, span, tr
from tsh_sync_gui.ui.state.webhooks_rows import change_word
from tsh_sync_gui.ui.state.words import Look, Tone


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One event in the table of coverage; *title* is its record's, *alarm* the minutes after which silence is one."""

    event: EventCoverage
    title: str
    alarm: int
    is_alarm: bool

    @property
    def key(self) -> str:
        """Return entity and change."""
        return f"{self.event.entity}.{self.event.change.value}"


def hearing_look(event: EventCoverage, *, is_alarm: bool) -> Look:
    """Return how an event stands; "subscribed" as far as deliveries tell, for Zoho is not asked."""
    if is_alarm:
        return Look(tr("Silent"), "failed", Tone.RED)
    match event.hearing:
        case Hearing.HEARD:
            return Look(tr("Heard"), "check", Tone.GREEN)
        case Hearing.SILENT:
            return Look(tr("Silent"), "late", Tone.AMBER)
        case Hearing.NEVER:
            return Look(tr("Never heard"), "never", Tone.AMBER if event.is_planned else Tone.GREY)
        case Hearing.IDLE:
            return Look(tr("Nothing to hear"), "idle", Tone.GREY)


def subscribed_words(event: EventCoverage) -> str:
    """Return whether Zoho delivers an event, by what came in."""
    if event.last is not None:
        return tr("yes")
    return tr("not seen yet") if event.is_planned else tr("not planned")


def coverage_rows(found: Coverage, titles: Mapping[str, str], *, alarm: int) -> tuple[CoverageRow, ...]:
    """Return the events that are planned, were heard, or missed; *alarm* is after how many minutes silence is one."""
    loud = {one.entity for one in found.silences}
    return tuple(
        CoverageRow(
            event,
            titles.get(event.entity, event.entity),
            alarm,
            event.entity in loud and event.missed > 0 and event.hearing in {Hearing.SILENT, Hearing.NEVER},
        )
        for event in found.events
        if event.is_planned or event.last or event.missed
    )


def coverage_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> tuple[Column[CoverageRow], ...]:
    """Return the columns of the coverage."""
    return (
        Column(
            key="event",
            title=tr("Event"),
            text=lambda row: f"{row.title} · {change_word(row.event.change)}",
            value=lambda row: row.key,
            width=150,
            grows=2,
        ),
        Column(
            key="standing",
            title=tr("Standing"),
            text=lambda row: hearing_look(row.event, is_alarm=row.is_alarm).word,
            value=lambda row: row.event.hearing.value,
            icon=lambda row: hearing_look(row.event, is_alarm=row.is_alarm).icon,
            tone=lambda row: hearing_look(row.event, is_alarm=row.is_alarm).tone.value,
            width=132,
        ),
        Column(
            key="subscribed",
            title=tr("Subscribed"),
            text=lambda row: subscribed_words(row.event),
            value=lambda row: row.event.last is not None,
            hint=lambda _row: tr("By what came in: Zoho tells nobody which rules it has."),
            width=90,
            yields=3,
        ),
        Column(
            key="last",
            title=tr("Last seen"),
            text=lambda row: ago(row.event.last, now()),
            value=lambda row: iso(row.event.last),
            hint=lambda row: exact(row.event.last, zone()),
            copied=lambda row: exact(row.event.last),
            is_passing=True,
            width=96,
            yields=1,
        ),
        *_missing_columns(now),
    )


def _missing_columns(now: Callable[[], datetime]) -> tuple[Column[CoverageRow], ...]:
    """Return the columns of what was expected and what was not told of."""
    return (
        Column(
            key="rate",
            title=tr("Expected"),
            text=lambda row: tr("{number} a day").format(number=number(row.event.per_day)) if row.event.week else "–",
            value=lambda row: row.event.per_day,
            hint=lambda _row: tr("The mean of the last seven days."),
            is_number=True,
            yields=4,
        ),
        Column(
            key="missed",
            title=tr("Not told of"),
            text=lambda row: number(row.event.missed) if row.event.missed else "–",
            value=lambda row: row.event.missed,
            hint=lambda _row: tr("Changes in Zoho that a sync found and no delivery told of."),
            tone=lambda row: "red" if row.is_alarm else "amber" if row.event.missed else "",
            is_number=True,
            yields=2,
        ),
        Column(
            key="alarm",
            title=tr("Silence alarm"),
            text=lambda row: _alarm_words(row, now()),
            value=lambda row: row.is_alarm,
            tone=lambda row: "red" if row.is_alarm else "",
            width=150,
            grows=2,
        ),
    )


def _alarm_words(row: CoverageRow, now: datetime) -> str:
    if row.is_alarm and row.event.missed_since is not None:
        return tr("Alarm: missed since {time}").format(time=clock(row.event.missed_since, now))
    return tr("after {time} of silence").format(time=_minutes(row.alarm)) if row.event.is_planned else "–"


def _minutes(minutes: int) -> str:
    return tr("%Ln h", None, minutes // 60) if minutes % 60 == 0 else tr("%Ln min", None, minutes)


def silence_problems(
    found: Coverage, titles: Mapping[str, str], prices: Mapping[str, str]
) -> tuple[tuple[str, str, Problem], ...]:
    """Return per silent entity its name, its button's text with the price, and the fault."""
    return tuple(
        (
            one.entity,
            tr("Fetch the gap · {price}").format(price=prices[one.entity])
            if one.entity in prices
            else tr("Fetch the gap"),
            _silence(one, titles.get(one.entity, one.entity), found.at),
        )
        for one in found.silences
    )


def together(costs: Sequence[Forecast]) -> Forecast:
    """Return what several gaps cost together."""
    return Forecast(
        entity="",
        calls_low=sum(one.calls_low for one in costs),
        calls_high=sum(one.calls_high for one in costs),
        known=all(one.known for one in costs),
    )


def silences_problem(found: Coverage, titles: Mapping[str, str]) -> Problem:
    """Return one fault for several silent entities, a line for each."""
    lines = [_silence(one, titles.get(one.entity, one.entity), found.at).title for one in found.silences]
    advice = tr("See whether the workflow rules in Zoho are active and call the right address; then fetch the gaps.")
    return Problem(
        title=tr("%Ln kinds of records change in Zoho and no delivery tells of it", None, len(lines)),
        meaning="\n".join((*lines, advice)),
        is_grave=True,
    )


def _silence(one: Silence, title: str, now: datetime) -> Problem:
    words = tr("{entity}: no delivery for {time}, though %Ln change(s) came in Zoho", None, one.missed)
    return Problem(
        title=words.format(entity=title, time=span((now - one.since).total_seconds())),
        meaning=tr("See whether the workflow rule in Zoho is active and calls the right address; then fetch the gap."),
        is_grave=True,
    )


def coverage_lead(found: Coverage | None) -> str:
    """Return how webhooks cover what changes, in a sentence."""
    if found is None:
        return tr("Reading the coverage…")
    if not found.in_use:
        return tr("No webhook has come yet, and no public address is set: syncs find every change.")
    planned = [event for event in found.events if event.is_planned]
    heard = sum(event.last is not None for event in planned)
    words = tr("{heard} of {all} planned events have been heard.").format(heard=number(heard), all=number(len(planned)))
    missed = sum(event.missed for event in found.events)
    more = tr("%Ln change(s) in Zoho came without a delivery.", None, missed) if missed else ""
    return f"{words} {more}".strip()


def needs_gap(rows: Sequence[CoverageRow]) -> bool:
    """Tell whether one of *rows* has changes that nobody told of."""
    return any(row.event.missed for row in rows)
