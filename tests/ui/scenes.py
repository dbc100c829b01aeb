"""States of the window worth a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QTabWidget

from tests.support.fake_service import NOW, FakeService, overview, quota_of, run_info, status_of
from tsh_sync_gui.core.events import Notice, PageStored, PhaseStarted, RunPaused, RunStarted, RunWaiting
from tsh_sync_gui.core.settings import Loaded, load
from tsh_sync_gui.core.values import CallKind, Calls, Counts, EntityState, Lane, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import CallRecord, Foreseen, Rejected
from tsh_sync_gui.engine.views import DryRun, Forecast, GoneRecord, RunDetail, SyncReport
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.panels.starting import Way
from tsh_sync_gui.ui.state.problems import Problem

SMALL, LARGE = (1100, 680), (1600, 1000)
NAMES = [one.name for one in REGISTRY]

Play = Callable[[FakeService, MainWindow, Keys], Awaitable[None]]


async def _nothing(_service: FakeService, _window: MainWindow, _keys: Keys) -> None:
    """Play nothing."""


@dataclass(frozen=True)
class Scene:
    name: str
    prepare: Callable[[FakeService], object] = lambda _service: None
    play: Play = _nothing
    themes: tuple[str, ...] = ("light",)
    sizes: tuple[tuple[int, int], ...] = (SMALL,)
    demo: bool = False
    opens: bool = True
    mirrored: bool = False

    @staticmethod
    def loaded() -> Loaded:
        return load(home=Path("/nonexistent"), environment=False)


def started(entity: str, mode: Mode = Mode.FULL, **changes: object) -> RunStarted:
    given = {
        "run": RunId(f"live-{entity}"),
        "entity": entity,
        "mode": mode,
        "trigger": "person",
        "machine": "SALES-PC",
        "user": "Omar",
        "at": NOW - timedelta(seconds=14),
    }
    return RunStarted(**(given | changes))  # type: ignore[arg-type] # values of the fields' own types


def page(entity: str, done: int, expected: int | None, *, phase: Phase = Phase.LIST, failed: int = 0) -> PageStored:
    counts = Counts(seen=done, created=done // 5, updated=done // 10, unchanged=done - done // 5 - done // 10)
    return PageStored(
        run=RunId(f"live-{entity}"),
        entity=entity,
        phase=phase,
        counts=Counts(
            seen=done, created=counts.created, updated=counts.updated, unchanged=counts.unchanged, failed=failed
        ),
        calls=Calls(list=-(-done // 200)),
        done=done,
        expected=expected,
    )


def never(service: FakeService) -> None:
    service.view = overview(
        *(
            status_of(name, state=EntityState.NEVER_RUN, local=0, detailed=0, remote=None, last=None, last_good=None)
            for name in NAMES
        ),
        quota=quota_of(0),
    )
    service.prices = {name: Forecast(entity=name, calls_low=1, calls_high=1, known=False) for name in NAMES}
    service.prices[NAMES[0]] = Forecast(entity=NAMES[0], calls_low=14, calls_high=14, seconds=44)


async def running(service: FakeService, _window: MainWindow, _keys: Keys) -> None:
    service.tell(started(NAMES[0]), page(NAMES[0], 200, 1250), started(NAMES[3], Mode.INCREMENTAL))
    await asyncio.sleep(0.9)
    service.tell(page(NAMES[0], 420, 1250))
    await asyncio.sleep(0.9)
    service.tell(page(NAMES[0], 640, 1250), started(NAMES[4], Mode.FULL, machine="ACCOUNTS-PC", user="Sara"))
    service.tell(page(NAMES[4], 80, None))


def elsewhere(service: FakeService) -> None:
    live = run_info(
        NAMES[1],
        RunState.RUNNING,
        expected=6,
        counts=Counts(seen=2, created=2),
        started_at=NOW - timedelta(seconds=9),
        machine="ACCOUNTS-PC",
        user="Sara",
    )
    silent = run_info(
        NAMES[4],
        RunState.RUNNING,
        expected=2000,
        counts=Counts(seen=800, unchanged=800),
        heartbeat_at=NOW - timedelta(minutes=3),
        started_at=NOW - timedelta(minutes=7),
        machine="STORE-PC",
        user="Ali",
    )
    service.view = overview(
        status_of(NAMES[1], state=EntityState.RUNNING, live=live, here=False),
        status_of(NAMES[4], state=EntityState.RUNNING, live=silent, here=False, silent=True),
    )


async def waiting(service: FakeService, _window: MainWindow, _keys: Keys) -> None:
    until = NOW + timedelta(seconds=34)
    service.tell(started(NAMES[0]), page(NAMES[0], 640, 1250))
    service.tell(RunWaiting(run=RunId(f"live-{NAMES[0]}"), entity=NAMES[0], reason="minute_limit", until=until))
    service.tell(started(NAMES[3]), page(NAMES[3], 200, 340))
    service.tell(RunWaiting(run=RunId(f"live-{NAMES[3]}"), entity=NAMES[3], reason="network", until=until))
    service.tell(
        started(NAMES[5]),
        PhaseStarted(run=RunId(f"live-{NAMES[5]}"), entity=NAMES[5], phase=Phase.DETAILS, expected=2000),
    )
    service.tell(page(NAMES[5], 340, 2000, phase=Phase.DETAILS))
    await asyncio.sleep(0.3)


def quota_over(service: FakeService) -> None:
    stopped = run_info(
        NAMES[4],
        RunState.WAITING,
        ended_at=NOW,
        waiting_for="daily_quota",
        waiting_until=NOW + timedelta(hours=10, minutes=36),
        counts=Counts(seen=1200, created=1200),
    )
    service.view = overview(status_of(NAMES[4], state=EntityState.WAITING, last=stopped), quota=quota_of(1000))


def troubled(service: FakeService) -> None:
    failed = run_info(
        NAMES[3],
        RunState.FAILED,
        title="Zoho has trouble",
        advice="It answered 503 five times. The next sync goes on from page 2.",
        cause="GET /books/v3/contacts -> 503 Service Unavailable",
        error_kind="transient",
        counts=Counts(seen=200, created=200),
    )
    partly = run_info(NAMES[5], RunState.PARTLY_DONE, counts=Counts(seen=2000, created=1993, failed=7))
    asks = run_info(
        NAMES[0],
        RunState.NEEDS_YOU,
        title="212 products are gone in Zoho. Delete here too?",
        advice="More than the safety limit of 5 %.",
        error_kind="confirmation",
        counts=Counts(seen=1038, unchanged=1038),
    )
    service.view = overview(
        status_of(NAMES[3], state=EntityState.FAILED, last=failed, local=200),
        status_of(NAMES[5], state=EntityState.PARTLY_DONE, last=partly),
        status_of(NAMES[0], state=EntityState.NEEDS_YOU, last=asks),
        status_of(
            NAMES[6],
            unavailable="Payments need Zoho Books.",
            state=EntityState.NEVER_RUN,
            local=0,
            last=None,
            remote=None,
            last_good=None,
        ),
    )
    calls = tuple(
        CallRecord(
            run=asks.id,
            entity=NAMES[0],
            lane=Lane.PERSON,
            kind=CallKind.LIST,
            method="GET",
            path=f"/inventory/v1/items?page={place}&per_page=200&filter_by=Status.All",
            status=200 if place != 3 else 503,
            code=None,
            milliseconds=180 + place * 13,
            size=412_000,
            sent_at=NOW - timedelta(seconds=60 - place),
        )
        for place in range(1, 8)
    )
    gone = tuple(GoneRecord(id=f"48150000000{place:05}", label=f"Galaxy charger {place} W") for place in range(212))
    service.details = {
        asks.id: RunDetail(run=asks, calls=calls, rejected=(), gone=gone),
        failed.id: RunDetail(run=failed, calls=calls, rejected=()),
        partly.id: RunDetail(
            run=partly,
            calls=calls,
            rejected=tuple(
                Rejected(
                    record_id=f"4815000000{place:06}",
                    field="date",
                    value="31-02-2026",
                    reason="is not a date",
                    payload=b"",
                )
                for place in range(7)
            ),
        ),
    }


def _opening(entity: str) -> Play:
    async def play(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
        window.open_run(f"run-{entity}")
        await asyncio.sleep(0.2)

    return play


async def paused(service: FakeService, _window: MainWindow, _keys: Keys) -> None:
    service.tell(started(NAMES[0]), page(NAMES[0], 640, 1250))
    service.tell(RunPaused(run=RunId(f"live-{NAMES[0]}"), entity=NAMES[0], by="Sara"))
    service.tell(started(NAMES[4]), page(NAMES[4], 1200, 2000))


async def palette(service: FakeService, _window: MainWindow, keys: Keys) -> None:
    del service
    keys.palette.open_palette()
    keys.palette.field.setText("inv")


async def settings(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    window.go("settings")
    window.settings.rows["per_minute"].set_text("0")
    window.settings.rows["per_day"].set_text("2500")


async def failing(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    problem = Problem(
        title="The database at erp.tsh.local:5432 cannot be reached",
        meaning="Nothing is lost. The name resolves, but nothing answers at port 5432.",
        doing="The settings stay usable meanwhile.",
        details="psycopg.OperationalError: connection refused",
        is_grave=True,
    )
    window.service_failed(problem, Way.SETTINGS)


async def helped(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    service.tell(
        Notice(entity=NAMES[0], title="Zoho does not know /itemdetails here", advice="Single details instead.")
    )
    await asyncio.sleep(0.15)
    window.show_help()
    window.tell(Problem(title="Nothing is due", meaning="All of it was fetched a short while ago."))


async def previewed(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    del service
    records = [
        Foreseen(entity=NAMES[0], id=f"48150000000{place:05}", action=action, label=f"Galaxy charger {place} W", **more)
        for place, (action, more) in enumerate(
            [("update", {"fields": ("rate", "status")}), ("create", {}), ("skip", {}), ("delete", {})] * 8
            + [("skip", {"reason": "date is not a date"})]
        )
    ]
    info = run_info(NAMES[0], dry_run=True, counts=Counts(seen=1250, created=8, updated=8, unchanged=1226, deleted=8))
    given = {name: getattr(info, name) for name in info.__struct_fields__}
    window.show_preview(SyncReport(runs=(DryRun(**(given | {"foreseen": tuple(records), "forecast_calls": 14})),)))
    window.sync.history.view.selectRow(1)


async def asking(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    window.wishes.fulfil(NAMES[0], "window")
    await asyncio.sleep(0.2)


async def logged(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await _opening(NAMES[3])(service, window, keys)
    content = window.side.content
    assert content is not None
    tabs = content.findChild(QTabWidget)
    tabs.setCurrentIndex(2)


BOTH = ("light", "dark")

SCENES = (
    Scene("idle", themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("empty", never, themes=BOTH, sizes=(SMALL, LARGE), demo=True),
    Scene("running", play=running, themes=BOTH, sizes=(SMALL, LARGE), demo=True),
    Scene("waiting", play=waiting, themes=BOTH),
    Scene("quota", quota_over),
    Scene("elsewhere", elsewhere),
    Scene("troubled", troubled, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("review", troubled, _opening(NAMES[0]), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("partly", troubled, _opening(NAMES[5]), sizes=(LARGE,)),
    Scene("failed", troubled, _opening(NAMES[3]), sizes=(SMALL,)),
    Scene("paused", play=paused, themes=BOTH),
    Scene("palette", play=palette, themes=BOTH),
    Scene("settings", play=settings, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("starting", opens=False),
    Scene("error", play=failing, opens=False, themes=BOTH),
    Scene("mirrored", troubled, _opening(NAMES[5]), sizes=(LARGE,), mirrored=True),
    Scene("preview", play=previewed, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("log", troubled, logged, sizes=(SMALL, LARGE)),
    Scene("dialog", play=asking, themes=BOTH),
    Scene("help", play=helped, sizes=(LARGE,)),
)
