"""A listener in a thread of its own, on a real database and a simulated Zoho."""

import asyncio
import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.simulator import REFRESH_TOKEN, make_simulator, simulator
from tests.support.stores import with_tables
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.listener.server import Listener
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.store.api_tokens import PgApiTokens

__all__ = ["make_simulator", "simulator"]

SECRET = "Geheimnis2026abc"
ADDRESS = "/api/webhooks/zoho"


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Running:
    """A listener that runs, and a look at its database."""

    listener: Listener
    url: str
    database: str
    http: httpx.Client
    loop: asyncio.AbstractEventLoop

    def deliver(
        self, body: Any, *, address: str = ADDRESS, secret: str = SECRET, signed_with: str = "", **headers: str
    ) -> httpx.Response:
        """Send a delivery, signed with what its address's parameters come to."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = signed(signed_with.encode() + content, secret)
        sent = {"X-Zoho-Webhook-Signature": signature, "Content-Type": "application/json"} | headers
        return self.http.post(address, content=content, headers=sent)

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Return rows of the database."""
        with psycopg.connect(self.database.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def run(self, work: Any) -> Any:
        """Run a coroutine on the listener's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def token(self, name: str = "test") -> str:
        """Make a token of the API and use it from now on."""
        tokens = PgApiTokens(self.listener.backend.up.wiring.database)
        text: str = self.run(tokens.create(name, by="test"))[1]
        self.http.headers["Authorization"] = f"Bearer {text}"
        return text

    def eventually(self, look: Any, seconds: float = 20) -> Any:
        """Return what *look* returns as soon as it is true; what it returns at last when it never is."""
        ended = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if found := look():
                return found
            ended.wait(0.02)
        return look()

    def events(self) -> list[Any]:
        """Return verdict, state and outcome of all deliveries."""
        return self.query("SELECT verdict, state, outcome FROM sync.webhook_events ORDER BY id")

    def queued(self) -> int:
        """Return how many jobs were ever put into the queue."""
        return int(self.query("SELECT count(*) FROM jobs.procrastinate_jobs")[0][0])


@contextmanager
def listening(database: str, home: Any, zoho: str = "http://127.0.0.1:9", *, jobs: int = 0, **settings: Any) -> Any:
    """Run a listener for as long as the context lasts."""
    overrides = {
        "database_url": database,
        "organization_id": ORGANIZATION_ID,
        "client_id": "1000.CLIENT",
        "client_secret": "secret-secret",
        "refresh_token": REFRESH_TOKEN,
        "api_base_url": zoho,
        "accounts_url": zoho,
        "per_minute": 1_000_000,
        "per_day": 100_000_000,
        "webhook_secret": SECRET,
    }
    loaded = load(home=home, overrides=overrides | settings, environment=False)
    ready, known, ends = threading.Event(), {}, {}

    async def serve() -> None:
        listener = Listener(loaded, jobs=jobs)
        known["listener"], ends["loop"] = listener, asyncio.get_running_loop()
        ends["task"] = asyncio.create_task(
            listener.serve("127.0.0.1", 0, on_ready=lambda url: (known.update(url=url), ready.set()))
        )
        await asyncio.wait({ends["task"]})
        ready.set()

    def work() -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=work, name="listener")
    thread.start()
    assert ready.wait(30)
    try:
        if "url" not in known:
            ends["task"].result()
        with httpx.Client(base_url=known["url"], timeout=30) as http:
            yield Running(known["listener"], known["url"], database, http, ends["loop"])
    finally:
        ends["loop"].call_soon_threadsafe(ends["task"].cancel)
        thread.join(30)


@pytest.fixture
def database(database_url):
    """A database with all tables."""
    return database_url(with_tables)


@pytest.fixture
def listener(database, tmp_path):
    """A listener that does no jobs: what it queues stays in the queue."""
    with listening(database, tmp_path) as running:
        yield running


@pytest.fixture
def worker(database, tmp_path, simulator):
    """A listener that does jobs too, with a simulated Zoho."""
    with listening(database, tmp_path, simulator.url, jobs=4) as running:
        yield running
