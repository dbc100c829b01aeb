"""A mirror on a fresh database, and records to put into it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tsh_sync_gui.core.values import Phase, RunId
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Step, Stored
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror import PgMirror

PRODUCTS = REGISTRY.get("products")
STOCK = REGISTRY.get("stock_levels")
INVOICES = REGISTRY.get("invoices")
START = datetime.now(UTC) - timedelta(hours=1)


def prepare(url: str) -> None:
    """Make all tables; runs once for a template that tests' databases are copied from."""

    async def make() -> None:
        database = await Database.open(url, registry=REGISTRY)
        await database.close()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(make())


def at(minutes: float) -> datetime:
    """Return a moment that many minutes after an hour before the suite began; beyond the hour lies a later day."""
    return START + timedelta(minutes=minutes, days=minutes > 60)


def item(number: int, **changes: Any) -> dict[str, Any]:
    """Return an item of Zoho's list."""
    return {
        "item_id": str(number),
        "name": f"Item {number}",
        "sku": f"S-{number}",
        "rate": 10.5,
        "status": "active",
        "stock_on_hand": 5,
        "last_modified_time": "2026-10-07T10:24:19+0300",
    } | changes


def raws(records: Iterable[dict[str, Any] | bytes]) -> list[msgspec.Raw]:
    """Return *records* as undecoded JSON."""
    return [
        msgspec.Raw(one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False).encode()) for one in records
    ]


def page(entity: Entity, *records: dict[str, Any] | bytes, minute: float = 0) -> Batch:
    """Return the list rows of one page, asked for at *minute*."""
    return Normalizer(entity).page(raws(records), observed_at=at(minute))


def details(entity: Entity, *records: dict[str, Any] | bytes, minute: float = 0) -> DetailBatch:
    """Return details, asked for at *minute*; beyond an hour they are newer than anything stored now."""
    return Normalizer(entity).details(raws(records), observed_at=at(minute))


@dataclass
class World:
    """A database with its mirror, and one walk's runs on it."""

    database: Database
    mirror: PgMirror
    runs: dict[str, RunId] = field(default_factory=dict)
    leader: RunId = field(default_factory=lambda: RunId(""))

    async def start(self, *entities: Entity, owner: str = "") -> None:
        """Write new runs over *entities*, the first one leading."""
        self.leader = RunId(uuid.uuid4().hex)
        self.runs = {}
        for place, entity in enumerate(entities):
            run = RunId(self.leader if place == 0 else uuid.uuid4().hex)
            self.runs[entity.name] = run
            await self.ask(
                "INSERT INTO sync.runs (id, leader, entity, mode, state, phase, started_at, heartbeat_at, owner)"
                " VALUES (%s, %s, %s, 'full', 'running', 'list', now(), now(), %s) RETURNING id",
                run,
                self.leader,
                entity.name,
                owner,
            )

    def step(self, *batches: Batch | DetailBatch, **more: Any) -> Step:
        """Return a step of the started runs."""
        lists = tuple(one for one in batches if isinstance(one, Batch))
        found = tuple(one for one in batches if isinstance(one, DetailBatch))
        phase = Phase.LIST if lists else Phase.DETAILS
        return Step(
            leader=self.leader,
            runs=dict(self.runs),
            phase=more.pop("phase", phase),
            batches=lists,
            details=found,
            **more,
        )

    async def store(self, *batches: Batch | DetailBatch, **more: Any) -> Stored:
        """Store a step of the started runs."""
        return await self.mirror.store(self.step(*batches, **more))

    async def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what *statement* gives, nothing where it gives no rows."""
        async with self.database.raw() as connection:
            cursor = await connection.execute(statement, values or None)
            return await cursor.fetchall() if cursor.description else []

    async def until_somebody_waits(self) -> None:
        """Return when a connection to this database waits for another's transaction."""
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'"
        while not await self.ask(waiting):  # noqa: ASYNC110 -- another process's state
            await asyncio.sleep(0.01)
