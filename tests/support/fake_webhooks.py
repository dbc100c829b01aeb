"""A webhooks inbox in memory, and a listener that only says how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.coverage import Coverage, EventCoverage, Hearing, Silence
from tsh_sync_gui.engine.ports.deliveries import (
    InboxDetail,
    InboxFigures,
    InboxPage,
    InboxQuery,
    InboxRow,
    RecordChange,
    Refusals,
    ReplayPlan,
    SecretState,
    Standing,
)
from tsh_sync_gui.engine.ports.inbox import Change, Delivery, EventState, Verdict
from tsh_sync_gui.engine.ports.jobs import JobId
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 10, 24, 30, tzinfo=UTC)
NAMES = [one.name for one in REGISTRY]
_ALL = InboxQuery()
_BODY = b'{"item":{"item_id":"4815000000044208","name":"LED panel 60x60","sku":"LED-6060","tags":["new","led"]}}'

DIAGNOSIS = {
    "title": "Signature does not match",
    "cause": "The secret in Zoho has a space at the end",
    "advice": "Enter the secret in Zoho again, exactly as it is set here.",
    "header": {"present": True, "length": 64, "encoding": "hex"},
    "tried": [
        {"scheme": "as documented", "starts": "9f86d081", "given": "9f82ac51", "first_difference": 3},
        {"scheme": "body alone", "starts": "2c26b46b", "given": "9f82ac51", "first_difference": 0},
        {"scheme": "parameters alone", "starts": "fcde2b2e", "given": "9f82ac51", "first_difference": 0},
    ],
    "parameters": ["event"],
    "body_bytes": 118,
}


def row_of(number: int, **changes: Any) -> InboxRow:
    """Return a delivery of the list; most are accepted and done."""
    kinds = (Change.UPDATED, Change.UPDATED, Change.CREATED, Change.DELETED, Change.UNKNOWN)
    places = [0, 3, 4, 5]
    given: dict[str, Any] = {
        "id": number,
        "received_at": NOW - timedelta(seconds=37 * (400 - number) if number < 400 else 0),
        "entity": NAMES[places[number % 4] % len(NAMES)],
        "event": "",
        "change": kinds[number % 5],
        "record_id": str(4815000000040000 + number % 97),
        "verdict": Verdict.ACCEPTED,
        "state": EventState.DONE,
        "outcome": "fetched",
        "title": "",
        "delay": 0.21 + (number % 7) * 0.11,
        "source": "136.143.190.12",
        "scheme": "hex",
        "replay_of": None,
        "run_id": f"run-{NAMES[0]}",
        "job_id": "17",
    }
    if number % 11 == 3:
        given |= {"verdict": Verdict.DUPLICATE, "state": EventState.IGNORED, "outcome": "", "delay": None, "run_id": ""}
    elif number % 13 == 5:
        given |= {"verdict": Verdict.OUT_OF_ORDER, "outcome": "the mirror is newer", "run_id": ""}
    elif number % 17 == 6:
        given |= {
            "verdict": Verdict.REFUSED,
            "state": EventState.IGNORED,
            "entity": "",
            "record_id": "",
            "change": Change.UNKNOWN,
            "outcome": "",
            "delay": None,
            "scheme": "",
            "run_id": "",
        }
    return InboxRow(**(given | changes))


@dataclass
class FakeWebhooks:
    """Fulfils `ui.webhook_service.WebhookService`; remembers what it was asked."""

    rows: list[InboxRow] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    today: InboxFigures = field(default_factory=InboxFigures)
    found: Coverage | None = None
    work: Standing | None = None
    refused: Refusals = field(default_factory=Refusals)
    secret: SecretState = field(default_factory=lambda: SecretState(is_set=True))
    is_paused: bool = False
    error: Exception | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def fill(self, count: int = 240) -> None:
        """Put deliveries there, newest last."""
        self.rows = [row_of(number) for number in range(400 - count, 400)]
        self.today = InboxFigures(
            received=143, refused=6, waiting=2, last=NOW - timedelta(seconds=37), delay_p50=0.42, delay_p95=1.9
        )

    def arrive(self, count: int = 1, **changes: Any) -> None:
        """Let deliveries come in."""
        newest = max((row.id for row in self.rows), default=399)
        waiting = {"state": EventState.WAITING, "verdict": Verdict.ACCEPTED, "delay": None, "outcome": "", "run_id": ""}
        self.rows += [row_of(newest + one + 1, **(waiting | changes)) for one in range(count)]

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    async def figures(self) -> InboxFigures:
        """Return the given figures."""
        self._fail()
        return self.today

    def _matching(self, query: InboxQuery) -> list[InboxRow]:
        return [
            row
            for row in sorted(self.rows, key=lambda row: -row.id)
            if (not query.verdicts or row.verdict in query.verdicts)
            and (not query.states or row.state in query.states)
            and (not query.entities or row.entity in query.entities)
            and query.text in f"{row.record_id} {row.event} {row.source}"
        ]

    async def try_now(self, job: str) -> bool:
        """Note it."""
        self.asked.append(("try_now", job))
        return True

    async def cancel(self, job: str, entity: str, record_id: str) -> bool:
        """Note it."""
        self.asked.append(("cancel", (job, entity, record_id)))
        return True

    async def refusals(self) -> Refusals:
        """Return the given ones."""
        return self.refused

    async def page(self, query: InboxQuery = _ALL, *, after: int | None = None, limit: int = 100) -> InboxPage:
        """Return a page of the rows that match."""
        self._fail()
        found = [row for row in self._matching(query) if after is None or row.id < after]
        return InboxPage(rows=tuple(found[:limit]), after=found[limit - 1].id if len(found) > limit else None)

    async def count(self, query: InboxQuery = _ALL) -> int:
        """Return how many match."""
        return len(self._matching(query))

    async def ids(self, query: InboxQuery = _ALL) -> list[int]:
        """Return the numbers that match."""
        return [row.id for row in self._matching(query)]

    async def detail(self, number: int) -> InboxDetail | None:
        """Return a delivery opened."""
        row = next((one for one in self.rows if one.id == number), None)
        if row is None:
            return None
        is_refused = row.verdict is Verdict.REFUSED
        change = RecordChange(
            at=row.received_at + timedelta(seconds=1),
            action="update",
            fields=("name", "rate", "stock_on_hand"),
            actor="",
            origin="zoho",
            run_id=row.run_id,
        )
        return InboxDetail(
            row=row,
            kept_at=row.received_at,
            done_at=row.received_at + timedelta(seconds=row.delay) if row.delay else None,
            modified_at=None if is_refused else row.received_at - timedelta(seconds=3),
            organization_id="" if is_refused else "748369814",
            work=self.work if row.state is EventState.WAITING else None,
            label="LED panel 60x60" if row.record_id else "",
            delivery=Delivery(
                address="/api/webhooks/zoho",
                body=self.bodies.get(number, _BODY),
                content_type="application/json",
                query=(("event", "item_updated"),),
                headers={
                    "content-type": "application/json",
                    "user-agent": "ZohoBooks",
                    "x-zoho-webhook-signature": "9f82ac5177aa31",
                    "host": "hooks.tsh.example",
                },
                source=row.source,
            ),
            diagnosis=DIAGNOSIS if is_refused else {},
            replays=tuple(one.id for one in self.rows if one.replay_of == number),
            changes=(change,) if row.run_id else (),
        )

    async def replay_plan(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> ReplayPlan:
        """Return what a replay would do."""
        self.asked.append(("plan", (ids, since, force)))
        wanted = [
            row
            for row in self.rows
            if (row.id in ids if ids is not None else since is None or row.received_at >= since)
        ]
        works = [row for row in wanted if row.verdict is not Verdict.REFUSED and row.record_id]
        duplicates = [row for row in works if row.verdict is Verdict.DUPLICATE]
        done = works if force else [row for row in works if row not in duplicates]
        return ReplayPlan(
            deliveries=len(done),
            records=len({(row.entity, row.record_id) for row in done}),
            duplicates=len(duplicates),
            left_out=len(wanted) - len(works),
            ids=tuple(row.id for row in done),
        )

    async def replay(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> list[int]:
        """Put the rows there once more."""
        plan = await self.replay_plan(ids, since=since, force=force)
        self.asked.append(("replay", (tuple(ids) if ids is not None else None, since, force)))
        before = max(row.id for row in self.rows)
        for one in plan.ids:
            old = next(row for row in self.rows if row.id == one)
            self.arrive(entity=old.entity, record_id=old.record_id, replay_of=one)
        return [row.id for row in self.rows if row.id > before]

    async def coverage(self) -> Coverage:
        """Return the given coverage."""
        return self.found or coverage_of()

    async def gap_request(self, entity: str, *, since: datetime | None = None) -> SyncRequest:
        """Return the request."""
        return SyncRequest(entities=(entity,), since=since or NOW - timedelta(hours=7), trigger="gap")

    async def fetch_gap(self, entity: str, *, since: datetime | None = None) -> JobId | None:
        """Remember it."""
        self.asked.append(("gap", (entity, since)))
        return JobId("99")

    async def pause(self) -> None:
        """Pause."""
        self.is_paused = True

    async def resume(self) -> None:
        """Resume."""
        self.is_paused = False

    async def secret_state(self) -> SecretState:
        """Return how the secret stands."""
        return self.secret

    async def change_secret(self, secret: str | None = None) -> SecretState:
        """Keep it, or make one."""
        self.asked.append(("secret", secret))
        self.secret = SecretState(is_set=True, previous_until=NOW + timedelta(hours=24))
        return self.secret if secret else replace(self.secret, fresh="A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6")

    async def reachability(self, *, public: bool) -> str:
        """Say that it came through."""
        self.asked.append(("reach", public))
        return "https://hooks.tsh.example answers the ping with HTTP 200 (84 ms)."


def coverage_of(*, silent: bool = False) -> Coverage:
    """Return what is heard of each event; *silent*: of one kind of record nothing, though it changes."""
    events = []
    for place, entity in enumerate(one for one in REGISTRY if one.events):
        for change in (Change.CREATED, Change.UPDATED, Change.DELETED):
            planned = change.value in entity.events
            is_silent = silent and place == 0 and planned
            events.append(
                EventCoverage(
                    entity=entity.name,
                    title=f"{entity.one.capitalize()} {change.value}",
                    change=change,
                    is_planned=planned,
                    hearing=Hearing.SILENT if is_silent else Hearing.HEARD if planned and place < 4 else Hearing.IDLE,
                    last=NOW - timedelta(hours=7 if is_silent else place + 1) if planned and place < 4 else None,
                    week=21 if planned and place < 4 else 0,
                    missed=14 if is_silent and change is Change.UPDATED else 0,
                    missed_since=NOW - timedelta(hours=6) if is_silent and change is Change.UPDATED else None,
                )
            )
    silences = (
        Silence(
            entity=NAMES[0],
            since=NOW - timedelta(hours=7),
            missed=14,
            title="No product events for 7 h, though 14 products changed in Zoho",
            advice="See whether the workflow rule in Zoho is active and calls the right address; then fetch the gap.",
        ),
    )
    return Coverage(at=NOW, in_use=True, events=tuple(events), silences=silences if silent else ())


@dataclass(frozen=True)
class Found:
    """Fulfils `ui.state.webhooks.Listening`."""

    address: str = "http://127.0.0.1:8000"
    is_up: bool = True
    is_ours: bool = True
    is_taken: bool = False
    moved_to: str = ""
    since: datetime | None = NOW - timedelta(hours=2, minutes=30)
    has_database: bool = True
    spooled: int = 0
    title: str = ""
    advice: str = ""


DOWN = Found(
    is_up=False,
    is_ours=False,
    since=None,
    title="The listener does not run on this computer",
    advice="Deliveries are not received. Polling covers changes while a window or a worker runs; nothing is lost.",
)


@dataclass
class FakeListener:
    """Fulfils `ui.listening.ListenerDesk`."""

    found: Found = field(default_factory=Found)
    error: Exception | None = None
    inbox: FakeWebhooks | None = None
    asked: list[str] = field(default_factory=list)

    async def look(self) -> Found:
        """Return how it is."""
        return self.found

    async def start(self) -> Found:
        """Run from now on."""
        self.asked.append("start")
        if self.error is not None:
            raise self.error
        self.found = Found(since=NOW)
        return self.found

    async def restart(self) -> Found:
        """Run where the settings say."""
        self.asked.append("restart")
        self.found = Found(since=NOW, address=self.found.moved_to or self.found.address)
        return self.found

    async def stir(self) -> int:
        """Tell of some changes."""
        self.asked.append("stir")
        return 6

    async def send_wrong(self) -> None:
        """Say that it was asked."""
        self.asked.append("wrong")

    async def stop(self) -> Found:
        """Run no more."""
        self.asked.append("stop")
        self.found = DOWN
        return self.found

    async def send_test(self) -> str:
        """Let a ping come in."""
        self.asked.append("test")
        if not self.found.is_up:
            raise UnreachableError(self.found.title, what="network", advice=self.found.advice)
        if self.inbox is not None:
            self.inbox.arrive(verdict=Verdict.PING, state=EventState.IGNORED, entity="", record_id="")
        return f"{self.found.address}/api/webhooks/zoho (7 ms)"
