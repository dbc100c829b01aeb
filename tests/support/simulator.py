"""A simulator for tests: small, in this process, in a thread of its own, on a free port."""

from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx
import pytest

from tsh_sync_gui.simulator import ORGANIZATION_ID, Simulator, SimulatorConfig

WIDE = {
    "per_minute": 1_000_000,
    "per_day": 100_000_000,
    "concurrency": 64,
    "token_refreshes": 1_000_000,
    "most_access_tokens": 1_000_000,
    "codes_per_client": 1_000_000,
}
SMALL: dict[str, Any] = {
    "items": 430,
    "customers": 60,
    "orders": 90,
    "invoices": 90,
    "payments": 70,
    "credit_notes": 20,
    **WIDE,
}
REFRESH_TOKEN = "1000.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb"


class SimulatedZoho(httpx.Client):
    """A plain HTTP client that is signed in to a running simulator; sees replies as they are on the wire."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(base_url=simulator.url, timeout=30)
        self.simulator = simulator
        self.sign_in()

    def __enter__(self) -> Self:
        return self  # signing in has opened the client already

    def sign_in(self, refresh_token: str = REFRESH_TOKEN) -> dict[str, Any]:
        """Take a fresh access token and use it from now on."""
        reply: dict[str, Any] = self.post(
            "/oauth/v2/token",
            params={
                "grant_type": "refresh_token",
                "client_id": "1000.CLIENT",
                "client_secret": "secret",
                "refresh_token": refresh_token,
            },
        ).json()
        self.headers["Authorization"] = f"Zoho-oauthtoken {reply.get('access_token', '')}"
        return reply

    def ask(self, path: str, **params: Any) -> httpx.Response:
        """GET *path* of the organization."""
        return self.get(path, params={"organization_id": ORGANIZATION_ID, **params})

    def read(self, path: str, **params: Any) -> Any:
        """GET *path* and return its JSON; it must be a success."""
        reply = self.ask(path, **params)
        assert reply.status_code == 200, reply.text
        value = reply.json()
        assert value["code"] == 0
        return value

    def walk(self, path: str, rows: str, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of a list."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            reply = self.read(path, page=page, **params)
            found += reply[rows]
            if not reply["page_context"]["has_more_page"]:
                return found
            page += 1

    def control(self, name: str, body: Any = None, **params: Any) -> Any:
        """POST to a control endpoint and return its JSON."""
        reply = self.post(f"/__sim/{name}", params=params, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def requests(self) -> Any:
        """Return what was asked since the last reset."""
        return self.get("/__sim/requests").json()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Serve a small organization with wide limits."""
    with Simulator(SimulatorConfig(**SMALL)) as running:
        yield running


@pytest.fixture
def make_simulator() -> Iterator[Callable[..., Simulator]]:
    """Return a function that serves an organization with other settings; each ends with the test."""
    running: list[Simulator] = []

    def make(*, extra: Any = (), **changes: Any) -> Simulator:
        made = Simulator(SimulatorConfig(**{**SMALL, **changes}), extra=extra)
        running.append(made)
        made.start()
        return made

    yield make
    for made in running:
        made.stop()


@pytest.fixture
def zoho(simulator: Simulator) -> Iterator[SimulatedZoho]:
    """Return a signed-in client of the small organization."""
    with SimulatedZoho(simulator) as client:
        yield client
