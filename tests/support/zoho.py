"""The program's Zoho client for tests: over scripted answers or a running simulator, with memory behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.support.memory import MemoryBudget, MemoryCallLog, MemoryTokenStore
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.settings import Settings, validated
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.ports import Caller, Wait
from tsh_sync_gui.entities.spec import Api, Bulk, Product, Sort, TimeFilter
from tsh_sync_gui.zoho.client import Patience, ZohoClient
from tsh_sync_gui.zoho.oauth import TokenKeeper
from tsh_sync_gui.zoho.source import ZohoSource

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCESS = "1000.0123456789abcdef.0123456789abcdef"
THINGS = Api(
    product=Product.INVENTORY,
    path="/things",
    records="things",
    record="thing",
    scope="ZohoInventory.things.READ",
    fixed=(("filter_by", "Status.All"),),
    full_sort=Sort(column="created_time"),
    change_sort=Sort(column="last_modified_time", descending=True),
    time_filter=TimeFilter.DOCUMENTED,
    bulk=Bulk(path="/thingdetails", param="thing_ids", records="things", size=3),
)
Step = httpx.Response | Exception | Callable[[httpx.Request], Any]


def settings(**changes: Any) -> Settings:
    """Return settings of a signed-in organization."""
    return validated(
        {
            "client_id": "1000.CLIENT",
            "client_secret": "the client secret",
            "refresh_token": "1000.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb",
            "organization_id": "748369814",
            **changes,
        }
    )


def answer(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    """Return an HTTP answer with *body* as JSON, or as it is when it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers={name.replace("_", "-"): v for name, v in headers.items()})


def refusal(status: int, code: int, message: str = "no") -> httpx.Response:
    """Return an answer of Zoho that is an error."""
    return answer({"code": code, "message": message}, status)


def things(*numbers: int, more: bool = False) -> httpx.Response:
    """Return a page of a list."""
    rows = [{"thing_id": str(number)} for number in numbers]
    return answer({"code": 0, "message": "success", "things": rows, "page_context": {"has_more_page": more}})


def fresh_token(request: httpx.Request) -> httpx.Response:
    """Return a token, each time another."""
    fresh_token.number = getattr(fresh_token, "number", 0) + 1  # type: ignore[attr-defined]  # counts for all tests
    text = f"1000.{fresh_token.number:016x}.0123456789abcdef"  # type: ignore[attr-defined]  # likewise
    return answer({"access_token": text, "api_domain": "https://www.zohoapis.com", "expires_in": 3600})


class Script(httpx.AsyncBaseTransport):
    """Answers requests one step after the other; the last step repeats."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Play the next step."""
        self.requests.append(request)
        await asyncio.sleep(0)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        made = step(request)
        reply: httpx.Response = await made if asyncio.iscoroutine(made) else made
        return reply


@dataclass
class Heard:
    """What a caller was told."""

    waits: list[Wait | None] = field(default_factory=list)
    sent: list[CallKind] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Return the reasons of all waits, '' where one ended."""
        return [wait.reason if wait else "" for wait in self.waits]

    def caller(self, kind: CallKind = CallKind.LIST, entity: str = "some_things") -> Caller:
        """Return a caller that tells us."""
        return Caller(lane=Lane.PULLS, kind=kind, entity=entity, on_wait=self.waits.append, on_sent=self.sent.append)


@dataclass(kw_only=True)
class Rig:
    """A client with everything behind it in reach."""

    clock: ManualClock
    budget: MemoryBudget
    log: MemoryCallLog
    store: MemoryTokenStore
    keeper: TokenKeeper
    client: ZohoClient
    source: ZohoSource
    heard: Heard = field(default_factory=Heard)

    @property
    def caller(self) -> Caller:
        """Return a caller that tells `heard`."""
        return self.heard.caller()


@asynccontextmanager
async def rig(
    api: httpx.AsyncBaseTransport | None = None,
    accounts: httpx.AsyncBaseTransport | None = None,
    *,
    clock: ManualClock | None = None,
    budget: MemoryBudget | None = None,
    store: MemoryTokenStore | None = None,
    patience: Patience | None = None,
    **changes: Any,
) -> AsyncIterator[Rig]:
    """Give a client over *api* and *accounts* (scripts, or real HTTP where None) and close it."""
    clock = clock or ManualClock(NOON)
    log, budget, store = MemoryCallLog(), budget or MemoryBudget(clock), store or MemoryTokenStore(clock)
    chosen = settings(**changes)
    scripted = accounts or (Script(fresh_token) if api is not None else None)
    keeper = TokenKeeper(chosen, store=store, clock=clock, transport=scripted)
    client = ZohoClient(
        chosen,
        tokens=keeper,
        budget=budget,
        log=log,
        clock=clock,
        patience=patience or Patience(),
        transport=api,
        jitter=lambda low, high: (low + high) / 2,
    )
    made = Rig(
        clock=clock, budget=budget, log=log, store=store, keeper=keeper, client=client, source=ZohoSource(client)
    )
    try:
        yield made
    finally:
        await client.aclose()
