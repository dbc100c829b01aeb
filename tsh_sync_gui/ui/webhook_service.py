"""The webhooks inbox as far as the window uses it; the engine's fulfils it, and so does the tests' double."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tsh_sync_gui.engine.coverage import Coverage
from tsh_sync_gui.engine.ports.deliveries import (
    InboxDetail,
    InboxFigures,
    InboxPage,
    InboxQuery,
    Refusals,
    ReplayPlan,
    SecretState,
)
from tsh_sync_gui.engine.ports.jobs import JobId
from tsh_sync_gui.engine.views import SyncRequest


class WebhookService(Protocol):
    """What the inbox asks of the engine; every method is awaited on the engine's loop."""

    @property
    def is_paused(self) -> bool:
        """Tell whether deliveries are only kept."""
        ...

    async def figures(self) -> InboxFigures:
        """Return today's figures."""
        ...

    async def refusals(self) -> Refusals:
        """Return what is being refused of late though it is signed."""
        ...

    async def page(self, query: InboxQuery = ..., *, after: int | None = None, limit: int = 100) -> InboxPage:
        """Return deliveries that match, newest first."""
        ...

    async def count(self, query: InboxQuery = ...) -> int:
        """Return how many deliveries match."""
        ...

    async def ids(self, query: InboxQuery = ...) -> Sequence[int]:
        """Return the numbers of all deliveries that match, newest first."""
        ...

    async def detail(self, number: int) -> InboxDetail | None:
        """Return one delivery opened."""
        ...

    async def replay_plan(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> ReplayPlan:
        """Return what a replay would do and cost; changes nothing."""
        ...

    async def replay(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> list[int]:
        """Do once more what deliveries asked for; returns the numbers of the new ones."""
        ...

    async def coverage(self) -> Coverage:
        """Return per event when it was last heard, and what changed without it."""
        ...

    async def gap_request(self, entity: str, *, since: datetime | None = None) -> SyncRequest:
        """Return the sync that fetches what was not told of."""
        ...

    async def fetch_gap(self, entity: str, *, since: datetime | None = None) -> JobId | None:
        """Have the workers fetch it; None when that waits in the queue already."""
        ...

    async def try_now(self, job: str) -> bool:
        """Have the work of a waiting delivery tried at once; False when it does not wait any more."""
        ...

    async def cancel(self, job: str, entity: str, record_id: str) -> bool:
        """Take the work of a waiting delivery out of the queue; False when it is over."""
        ...

    async def pause(self) -> None:
        """Only keep deliveries, on all machines."""
        ...

    async def resume(self) -> None:
        """Do what they ask for again."""
        ...

    async def secret_state(self) -> SecretState:
        """Return how the secret stands."""
        ...

    async def change_secret(self, secret: str | None = None) -> SecretState:
        """Keep another secret; the one before stays valid for a day."""
        ...

    async def reachability(self, *, public: bool) -> str:
        """Return in words that a ping came through."""
        ...
