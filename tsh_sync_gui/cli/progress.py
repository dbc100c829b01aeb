"""Shows runs as they go: bars on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from tsh_sync_gui.cli import words
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import (
    Event,
    Notice,
    PageStored,
    PhaseStarted,
    RecordsRejected,
    RunContinued,
    RunFinished,
    RunPaused,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.core.values import Counts, Phase, RunState
from tsh_sync_gui.entities.registry import Registry

_LINE_EVERY_S = 3.0
_RATE_OVER_S = 10.0
_WORTH_TELLING_S = 5.0
# They come and go with every minute of a long sync.
_ROUTINE = frozenset({"minute_limit", "concurrency"})
_AWAY = "network"


class Display(Protocol):
    """Shows what the events tell."""

    def hear(self, event: Event) -> None:
        """Take one event in."""
        ...

    def close(self) -> None:
        """End the display; what it showed stays."""
        ...


@contextmanager
def shown(bus: Bus, console: Console, registry: Registry) -> Iterator[None]:
    """Show the runs on *bus* for as long as the context lasts."""
    titles = {entity.name: entity.title for entity in registry}
    display: Display = Bars(console, titles) if console.is_terminal else Lines(console, titles)
    cut = bus.subscribe(display.hear)
    try:
        yield
    finally:
        cut()
        display.close()


class Lines:
    """One line per phase, per few seconds of work, and per end; a wait is told once, and only a long one.

    A network that is away is away until something was stored: between its tries nothing has gone on.
    """

    def __init__(
        self,
        console: Console,
        titles: dict[str, str],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._console = console
        self._titles = titles
        self._clock = clock
        self._last: dict[str, float] = {}
        self._now = now
        self._waits: dict[str, str] = {}
        self._routine: set[str] = set()
        self._details: dict[str, int] = {}

    def hear(self, event: Event) -> None:
        """Print the event's line, if it is worth one now."""
        match event:
            case PageStored():
                if event.phase is Phase.DETAILS:
                    self._details[event.run] = event.done
                if self._waits.get(event.entity) == _AWAY and self._waits.pop(event.entity):
                    self._print(told(RunContinued(run=event.run, entity=event.entity), self._titles))
                now = self._clock()
                is_end = event.done == event.expected
                if not is_end and now - self._last.get(event.entity, now - _LINE_EVERY_S) < _LINE_EVERY_S:
                    return
                self._last[event.entity] = now
            case RunWaiting(reason=reason) if reason in _ROUTINE:
                self._tell_routine(event)
                return
            case RunWaiting():
                # Each of the requests under way tells that it waits.
                if self._waits.get(event.entity) == event.reason:
                    return
                self._waits[event.entity] = event.reason
            case RunContinued() if self._waits.get(event.entity) == _AWAY:
                return
            case RunContinued():
                if not self._waits.pop(event.entity, ""):
                    return
        details = self._details.get(event.run, 0) if isinstance(event, RunFinished) else 0
        if line := told(event, self._titles, details=details):
            self._print(line)

    def _tell_routine(self, event: RunWaiting) -> None:
        """Tell the first long wait for a limit that comes back every minute, for all entities together."""
        left = 0.0 if event.until is None else (event.until - self._now()).total_seconds()
        if event.reason in self._routine or left < _WORTH_TELLING_S:
            return
        self._routine.add(event.reason)
        wait = told(event, {event.entity: ""}).strip(" :")
        self._print(f"{wait[0].upper()}{wait[1:]}; it goes on by itself.")

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """End the display."""


class Bars:
    """One bar per entity and phase, with rate and time left; waits and notices above them."""

    def __init__(self, console: Console, titles: dict[str, str]) -> None:
        self._titles = titles
        self._tasks: dict[tuple[str, Phase], TaskID] = {}
        self._current: dict[str, Phase] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(),
            _Amount(),
            TextColumn("{task.fields[note]}"),
            console=console,
            speed_estimate_period=_RATE_OVER_S,
        )
        self._progress.start()

    def hear(self, event: Event) -> None:
        """Move the bar the event is about."""
        match event:
            case PhaseStarted():
                if event.phase is Phase.LIST:
                    self._close_listed()
                self._begin(event.entity, event.phase, event.expected)
            case PageStored():
                task = self._begin(event.entity, event.phase, event.expected)
                self._progress.update(task, completed=event.done, total=event.expected, note="")
            case RunWaiting() | RunPaused():
                self._note(event.entity, told(event, {event.entity: ""}).strip(" :"))
            case RunContinued():
                self._note(event.entity, "")
            case RunFinished():
                self._finish(event)
            case Notice() | RecordsRejected():
                self._progress.console.print(told(event, self._titles), highlight=False, markup=False)
            case _:
                return

    def close(self) -> None:
        """End the display; the bars stay."""
        self._progress.stop()

    def _begin(self, entity: str, phase: Phase, expected: int | None) -> TaskID:
        key = (entity, phase)
        if key not in self._tasks:
            title = self._titles.get(entity, entity)
            name = title if phase is Phase.LIST else f"{title}, {_PHASES[phase]}"
            self._close_phase(entity)
            self._tasks[key] = self._progress.add_task(f"{name:<22}", total=expected, note="")
        self._current[entity] = phase
        return self._tasks[key]

    def _close_phase(self, entity: str) -> None:
        if entity in self._current:
            task = self._tasks[entity, self._current[entity]]
            done = self._progress.tasks[task].completed
            self._progress.update(task, total=done, completed=done, note="")

    def _close_listed(self) -> None:
        """End the lists that were read: walks come one after the other, and nothing says when one has met its end."""
        for entity, phase in self._current.items():
            if phase is Phase.LIST and self._progress.tasks[self._tasks[entity, phase]].completed:
                self._close_phase(entity)

    def _note(self, entity: str, note: str) -> None:
        if entity in self._current:
            self._progress.update(self._tasks[entity, self._current[entity]], note=note)

    def _finish(self, event: RunFinished) -> None:
        if event.entity not in self._current:
            self._begin(event.entity, Phase.LIST, event.counts.seen)
        if event.state in {RunState.UP_TO_DATE, RunState.PARTLY_DONE}:
            self._close_phase(event.entity)
        note = words.coloured(event.state)
        self._note(event.entity, note)


class _Amount(ProgressColumn):
    """Done, total, rate and time left; "counting" while the total is not known, never 0 of 0."""

    def render(self, task: Task) -> Text:
        """Return the words behind the bar."""
        done = f"{task.completed:,.0f}"
        if task.total is None:
            return Text(f"{done}, counting" if task.completed else "counting")
        if task.finished:
            return Text(done)
        speed = f"  {task.speed:,.0f}/s" if task.speed else ""
        left = f"  {words.duration(task.time_remaining)} left" if task.time_remaining else ""
        return Text(f"{done}/{task.total:,.0f}{speed}{left}")


_PHASES = {Phase.LIST: "list", Phase.SWEEP: "deleted records", Phase.DETAILS: "details"}


def told(event: Event, titles: dict[str, str], *, details: int = 0) -> str:
    """Return the event as one line, "" for one that says nothing to a person; *details* are those a run fetched."""
    entity = getattr(event, "entity", "")
    title = titles.get(entity, entity)
    match event:
        case RunStarted():
            going = "goes on" if event.resumed else "started"
            calls = f", about {words.counted(event.forecast_calls, 'call')}" if event.forecast_calls else ""
            return f"{title}: {words.MODES[event.mode][1]} {going}{calls}"
        case PhaseStarted(phase=Phase.LIST):
            return ""
        case PhaseStarted():
            return f"{title}: {_PHASES[event.phase]}{'' if event.expected is None else f', {event.expected:,}'}"
        case PageStored(done=0):
            return ""
        case PageStored():
            phase = "" if event.phase is Phase.LIST else f"{_PHASES[event.phase]} "
            return f"{title}: {phase}{event.done:,}{'' if event.expected is None else f' of {event.expected:,}'}"
        case RunWaiting():
            until = "" if event.until is None else f" until {event.until.astimezone():%H:%M:%S}"
            why = f" ({event.detail})" if event.detail and event.reason == _AWAY else ""
            return f"{title}: waiting for {words.WAITS.get(event.reason, event.reason)}{until}{why}"
        case RunContinued():
            return f"{title}: goes on"
        case RunPaused():
            return f"{title}: paused{' by ' + event.by if event.by else ''}"
        case RecordsRejected():
            first = "the first: " if event.number > 1 else ""
            return f"{title}: {words.counted(event.number, 'record')} not taken: {first}{event.reason}"
        case RunFinished():
            ended = f"{title}: {words.state(event.state).lower()}, {_changes(event.counts, details)}"
            ended += f"; {words.counted(event.calls.total, 'call')}, {words.duration(event.seconds)}"
            return ended + (f". {words.sentence(event.title)} {event.advice}".rstrip() if event.title else "")
        case Notice():
            return f"{title + ': ' if title else ''}{words.sentence(event.title)} {event.advice}".strip()
        case _:
            return ""


def _changes(counts: Counts, details: int) -> str:
    parts = [
        f"{value:,} {name}"
        for name, value in (
            ("created", counts.created),
            ("updated", counts.updated),
            ("unchanged", counts.unchanged),
            ("deleted", counts.deleted),
            ("failed", counts.failed),
        )
        if value
    ]
    parts += [words.counted(details, "detail")] if details else []
    return ", ".join(parts) or "nothing changed"
