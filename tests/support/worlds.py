"""A whole program for tests: the real service on a real database, speaking HTTP to a running simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.support.simulator import REFRESH_TOKEN
from tsh_sync_gui.bootstrap.wiring import Wiring, wired
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import Event
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.views import SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.simulator import ORGANIZATION_ID, Simulator
from tsh_sync_gui.store.database import Database

WIDE = {"per_minute": 1_000_000, "per_day": 100_000_000}
SERIAL = {"per_minute": 6_000, "per_day": 100_000_000}


@dataclass
class World:
    """One process of the program, with a look at both sides."""

    wiring: Wiring
    simulator: Simulator
    url: str
    events: list[Event]
    http: httpx.Client

    @property
    def service(self) -> SyncService:
        """The facade under test."""
        return self.wiring.service

    async def sync(self, *entities: str, **request: Any) -> SyncReport:
        """Sync *entities*, lists only unless told otherwise."""
        return await self.service.sync(SyncRequest(entities=entities, **{"details": "none", **request}))

    def control(self, name: str, body: Any = None, **params: Any) -> Any:
        """Use a control endpoint of the simulator."""
        reply = self.http.post(f"/__sim/{name}", params=params, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def fault(self, path: str, kind: str, **rule: Any) -> None:
        """Inject one fault rule."""
        self.control("faults", {"rules": [{"path": path, "kind": kind, **rule}]})

    def asked(self) -> dict[str, int]:
        """Return the API calls by path since the last reset."""
        paths: dict[str, int] = self.http.get("/__sim/requests").json()["by_path"]
        return {path: number for path, number in paths.items() if not path.startswith("/oauth")}

    def ids(self, zoho: str) -> list[str]:
        """Return the simulator's ids of a list."""
        found = self.http.get("/__sim/ids", params={"entity": zoho}).json()["ids"]
        if zoho != "contacts":
            return list(found)
        return [one for one in found if self.record(zoho, one)["contact_type"] == "customer"]

    def record(self, zoho: str, record_id: str) -> Any:
        """Return a record's detail as the simulator has it."""
        return self.http.get("/__sim/record", params={"entity": zoho, "id": record_id}).json()

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Return rows of the database under test."""
        with psycopg.connect(self.url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
            cursor = connection.execute(statement, values)  # type: ignore[arg-type]  # statements are written in tests
            return cursor.fetchall() if cursor.description else []

    def living(self, entity: str) -> list[str]:
        """Return the ids of the living rows of a table, sorted."""
        rows = self.query(f"select distinct zoho_id from tsh.{entity} where deleted_at is null")
        return sorted(row[0] for row in rows)

    async def until(self, kind: type[Event], number: int = 1) -> None:
        """Wait until *number* events of one kind have been seen."""
        enough = asyncio.Event()

        def look(_event: Event | None = None) -> None:
            if len(self.seen(kind)) >= number:
                enough.set()

        cut = self.service.bus.subscribe(look)
        look()
        await enough.wait()
        cut()

    def seen(self, kind: type[Event]) -> list[Any]:
        """Return the events of one kind that the bus carried."""
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def world(
    url: str, simulator: Simulator, home: Path, *, registry: Registry = REGISTRY, **settings: Any
) -> AsyncIterator[World]:
    """Open one process of the program on database *url* and *simulator*; *settings* by field."""
    overrides = {
        "client_id": "1000.CLIENT",
        "client_secret": "a client secret",
        "refresh_token": REFRESH_TOKEN,
        "organization_id": ORGANIZATION_ID,
        "api_base_url": simulator.url,
        "accounts_url": simulator.url,
        **WIDE,
        **settings,
    }
    loaded = load(home=home, overrides=overrides, environment=False)
    database = await Database.open(url, registry=registry)
    bus = Bus()
    events: list[Event] = []
    bus.subscribe(events.append)
    try:
        with httpx.Client(base_url=simulator.url, timeout=60) as http:
            async with wired(database, loaded, registry=registry, bus=bus) as wiring:
                yield World(wiring=wiring, simulator=simulator, url=url, events=events, http=http)
    finally:
        await database.close()


def counts(report: SyncReport) -> dict[str, tuple[int, int, int, int, int]]:
    """Return created, updated, unchanged, deleted, failed by entity."""
    return {
        run.entity: (
            run.counts.created,
            run.counts.updated,
            run.counts.unchanged,
            run.counts.deleted,
            run.counts.failed,
        )
        for run in report.runs
    }


def states(report: SyncReport) -> set[str]:
    """Return the states a report's runs ended in."""
    return {run.state.value for run in report.runs}


def lists(report: SyncReport) -> dict[str, int]:
    """Return the list calls by entity."""
    return {run.entity: run.calls.list for run in report.runs}


def names(entities: Iterable[Any]) -> list[str]:
    """Return the entities' names."""
    return [entity.name for entity in entities]
