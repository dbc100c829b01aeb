"""The commands with a service that remembers what it was asked, and answers what a test gives it."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tsh_sync_gui.cli.app import main
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.core import log
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.events import RunFinished, RunStarted
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.core.values import Calls, Counts, EntityState, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.letters.values import LetterFigures
from tsh_sync_gui.engine.ports import QuotaStatus, RunInfo
from tsh_sync_gui.engine.views import DatabaseInfo, EntityStatus, Forecast, Overview, RunDetail, SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_run(entity: str = "products", state: RunState = RunState.UP_TO_DATE, **changes: Any) -> RunInfo:
    info = RunInfo(
        id=RunId(f"{entity}-1"),
        leader=RunId(f"{entity}-1"),
        entity=entity,
        mode=Mode.FULL,
        state=state,
        phase=Phase.LIST,
        trigger="person",
        machine="DESK",
        user="sara",
        started_at=NOON,
        heartbeat_at=NOON,
        ended_at=NOON,
        counts=Counts(seen=10, created=4, updated=3, unchanged=2, deleted=1),
        calls=Calls(list=7, bulk=2, detail=1),
        seconds=1.2345,
    )
    return msgspec.structs.replace(info, **changes)


@dataclass
class FakeService:
    """Stands for the service; `sync` ends with *report*, raises *error*, or waits until it is cancelled."""

    report: SyncReport = field(default_factory=lambda: SyncReport(runs=(a_run(),)))
    error: SyncError | None = None
    hangs: bool = False
    costs: list[Forecast] = field(default_factory=lambda: [Forecast(entity="products", calls_low=9, calls_high=9)])
    known: list[RunInfo] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    bus: Bus = field(default_factory=Bus)
    registry: Any = REGISTRY
    is_connected: bool = True

    async def forecast(self, request: SyncRequest, **_options: bool) -> list[Forecast]:
        self.asked.append(("forecast", request))
        return self.costs

    async def estimate(self, request: SyncRequest) -> list[Forecast]:
        self.asked.append(("estimate", request))
        if self.error is not None:
            raise self.error
        return self.costs

    async def sync(self, request: SyncRequest) -> SyncReport:
        self.asked.append(("sync", request))
        if self.error is not None:
            raise self.error
        for info in self.report.runs:
            self._tell(info)
        if self.hangs:
            self.known = [msgspec.structs.replace(info, state=RunState.CANCELLED) for info in self.report.runs]
            await asyncio.Event().wait()
        return self.report

    def _tell(self, info: RunInfo) -> None:
        common = {"run": info.id, "entity": info.entity, "at": NOON}
        self.bus.publish(
            RunStarted(mode=info.mode, trigger=info.trigger, machine=info.machine, user=info.user, **common)
        )
        if not self.hangs:
            self.bus.publish(
                RunFinished(state=info.state, counts=info.counts, calls=info.calls, seconds=info.seconds, **common)
            )

    async def overview(self) -> Overview:
        entities = (
            EntityStatus(
                entity="products",
                title="Products",
                direction="from_zoho",
                state=EntityState.UP_TO_DATE,
                local=1250,
                detailed=1000,
                last_good=NOON,
            ),
            EntityStatus(entity="invoices", title="Invoices", direction="from_zoho", state=EntityState.NEVER_RUN),
        )
        return Overview(
            entities=entities,
            quota=await self.quota(),
            database=DatabaseInfo(kind="embedded", version="18.6"),
            organization="TSH [bold] [Trading",
            organization_id="748369814",
            at=NOON,
        )

    @property
    def letters(self) -> Any:
        class Letters:
            async def figures(self) -> LetterFigures:
                return LetterFigures(waiting=64, by_entity={"products": 64})

        return Letters()

    async def quota(self) -> QuotaStatus:
        return QuotaStatus(
            day_used=612, day_limit=1000, resets_at=NOON, minute_used=3, minute_limit=20, by_lane={"person": 612}
        )

    async def stats(self) -> dict[str, Any]:
        return {"total_syncs_today": 45, "success_rate": 99.2, "avg_sync_time_seconds": 12.5, "entities_synced": {}}

    async def runs(self, *, entity: str = "", limit: int = 100, fetches: bool = True) -> list[RunInfo]:
        assert not fetches
        return [info for info in self.known if entity in {"", info.entity}][:limit]

    async def find_runs(self, begins: str) -> list[RunInfo]:
        return [info for info in self.known if info.id.startswith(begins)]

    async def run_detail(self, run: RunId) -> RunDetail | None:
        found = next((info for info in self.known if info.id == run), None)
        return None if found is None else RunDetail(run=found, calls=(), rejected=())

    async def cancel(self, run: RunId) -> None:
        self.asked.append(("cancel", run))

    async def pause(self, run: RunId) -> None:
        self.asked.append(("pause", run))

    async def resume(self, run: RunId) -> None:
        self.asked.append(("resume", run))


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def no_log_after_the_test():
    """A test's log handlers hold streams and folders that end with it."""
    yield
    log.configure(None)


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def tsh_sync(service, tmp_path, capsys, monkeypatch):
    """Run a command with the fake service behind the doors."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    opened = []

    @asynccontextmanager
    async def opening(*given):
        opened.append(given)
        yield service

    def opened_settings():
        log.configure(tmp_path)
        return load(home=tmp_path, environment=False)

    def run(*arguments: str) -> Ended:
        doors = Doors(
            load=opened_settings,
            service=opening,
            demo=opening,
            resize_demo=lambda *given: opened.append(given),
        )
        code = main(arguments, doors=doors)
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    run.opened = opened
    return run
