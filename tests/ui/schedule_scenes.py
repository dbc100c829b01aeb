"""States of schedules and alerts worth a picture."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.support.fake_service import NOW, FakeService, overview, status_of
from tests.support.fake_watch import alert_of
from tests.ui.scenes import LARGE, NAMES, SMALL, Scene
from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.engine.alerts import AlertState, Cause, Severity
from tsh_sync_gui.engine.ports.schedules import Mark, ScheduleRow, Walk
from tsh_sync_gui.engine.views import Planned
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow

STOCK = next(name for name in NAMES if name.startswith("stock"))
BOTH = ("light", "dark")


def ordinary(service: FakeService) -> None:
    """Let the cards have a next run, one a pause and one be late."""
    coming = Planned(standing="on", at=NOW + timedelta(minutes=6))
    statuses = [status_of(name, planned=coming, next=coming.at) for name in NAMES]
    statuses[3] = status_of(
        NAMES[3], planned=Planned(standing="paused", until=NOW + timedelta(hours=2), by="Sara"), next=None
    )
    statuses[4] = status_of(
        NAMES[4],
        state=EntityState.LATE,
        last_good=NOW - timedelta(hours=5),
        planned=replace_planned(coming, is_late=True),
        next=coming.at,
    )
    statuses[5] = status_of(NAMES[5], planned=Planned(standing="blocked", why="sign_in"), next=None)
    service.view = overview(*statuses)


def replace_planned(planned: Planned, **changes: object) -> Planned:
    return Planned(**({name: getattr(planned, name) for name in Planned.__struct_fields__} | changes))  # type: ignore[arg-type] # the fields' own types


def crowded(service: FakeService) -> None:
    """Let schedules be held, late, waiting, a person's own, and too many for the day."""
    ordinary(service)
    rows = service.schedules.store.rows
    rows[NAMES[3], Walk.CHANGES] = ScheduleRow(
        entity=NAMES[3],
        walk=Walk.CHANGES,
        armed_at=NOW,
        paused_at=NOW,
        paused_until=NOW + timedelta(hours=2),
        paused_by="Sara",
    )
    rows[NAMES[4], Walk.CHANGES] = ScheduleRow(
        entity=NAMES[4], walk=Walk.CHANGES, minutes=15, quiet="22:00-06:00", armed_at=NOW - timedelta(days=1)
    )
    rows[NAMES[6], Walk.CHANGES] = ScheduleRow(
        entity=NAMES[6], walk=Walk.CHANGES, cron="*/20 8-18 * * 1-5", armed_at=NOW, missed=3, last_due=NOW
    )
    rows[STOCK, Walk.CHANGES] = ScheduleRow(entity=STOCK, walk=Walk.CHANGES, minutes=5, armed_at=NOW)
    marks = service.schedules.store.marks
    marks[NAMES[4]] = Mark(since=NOW, last_good_at=NOW - timedelta(hours=5), remote=2000)
    marks[NAMES[5]] = Mark(since=NOW, last_good_at=NOW, remote=2000, is_refused=True)
    marks[NAMES[7]] = Mark()


def alarmed(service: FakeService) -> None:
    """Let several alerts stand, one silenced and one over."""
    ordinary(service)
    letters = alert_of(
        2, Cause.DEAD_LETTERS, title="14 failed records to look at", severity=Severity.WARNING, count=3, subject=""
    )
    quota = alert_of(
        3,
        Cause.QUOTA,
        title="812 of 1,000 calls of today are used",
        remedy="It resets at 21:00 UTC. What does not fit waits; orders go from their reserve.",
        severity=Severity.WARNING,
    )
    missed = alert_of(
        5,
        Cause.RUNS_MISSED,
        subject=STOCK,
        title="Stock: 3 runs missed between 02:00 and 03:30",
        remedy="The program was not running then. One run makes up for all of them now.",
        severity=Severity.NOTE,
        state=AlertState.CLEARED,
    )
    over = alert_of(6, Cause.SIGN_IN_LOST, title="Zoho no longer accepts our sign-in", state=AlertState.CLEARED)
    service.alerts.found = [
        alert_of(1),
        replace(letters, remedy="The others were stored. Dead letters show the reason of each."),
        replace(quota, is_silenced=True, silenced_by="Sara"),
        missed,
        replace(over, last_at=NOW - timedelta(days=2)),
    ]


async def to_schedules(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    window.go("schedules")
    await asyncio.sleep(0.3)


async def to_editor(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await to_schedules(service, window, keys)
    window.schedules.open_at(STOCK)


async def to_wrong(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await to_schedules(service, window, keys)
    window.schedules.open_at(NAMES[6])
    editor = window.side.content
    editor.times.setChecked(True)  # type: ignore[union-attr] # the editor was opened
    editor.cron.setText("61 * * * *")  # type: ignore[union-attr]
    editor.show_coming()  # type: ignore[union-attr]


async def to_bell(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await asyncio.sleep(0.2)
    window.bell.open()


async def some(_service: FakeService, _window: MainWindow, _keys: Keys) -> None:
    await asyncio.sleep(0.2)


SCHEDULES = (
    Scene("schedules", ordinary, to_schedules, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("schedules-states", crowded, to_schedules, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("schedule-editor", ordinary, to_editor, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("schedule-wrong", crowded, to_wrong, themes=BOTH),
    Scene("schedules-arabic", crowded, to_editor, themes=BOTH, mirrored=True),
    Scene("cards-planned", ordinary, some, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("bell", alarmed, to_bell, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("bell-empty", ordinary, to_bell),
    Scene("bell-arabic", alarmed, to_bell, mirrored=True),
)
