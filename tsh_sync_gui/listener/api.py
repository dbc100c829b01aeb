"""The HTTP API of design.md 6: syncs, figures, queue, test of the connection. Routes come from the specs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.security import HTTPBearer
from starlette.responses import PlainTextResponse, Response

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.values import parse_moment
from tsh_sync_gui.engine.views import SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.listener.answers import RefusedError, answer
from tsh_sync_gui.listener.backend import Backend
from tsh_sync_gui.listener.limits import Patience
from tsh_sync_gui.listener.metrics import Figures
from tsh_sync_gui.listener.requests import caller_of, is_direct_loopback, read_json
from tsh_sync_gui.listener.shapes import ERRORS, RUN_BEGUN, SYNC_BODY
from tsh_sync_gui.listener.syncs import MOST_AT_ONCE, Syncs

TRIGGER = "http"
_LONGEST_WAIT_S = 6 * 3600.0
_BEARER = HTTPBearer(auto_error=False, description="A token made by `tsh-sync token create`.")

Wait = Annotated[bool, Query(description="Answer 200 with the report when the sync has ended.")]
Force = Annotated[bool, Query(description="Ask Zoho although nothing seems due.")]
RecordId = Annotated[str, Path(pattern=r"^[0-9]{1,25}$", description="Zoho's id of the record.")]


class SyncBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sync may be asked for; all of it may be left out."""

    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None = None
    since: str | None = None
    full: bool = False
    sweep: bool = False
    force: bool = False
    details: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] | Literal["all", "none"] | None = None
    wait: bool = False


class Api:
    """The endpoints, on *backend*."""

    def __init__(self, backend: Backend, syncs: Syncs, patience: Patience, figures: Figures) -> None:
        self._backend = backend
        self._figures = figures
        self._syncs = syncs
        self._patience = patience
        self._registry: Registry = backend.registry

    def router(self) -> APIRouter:
        """Return all routes; each needs a token."""
        routes = APIRouter(dependencies=[Depends(_BEARER), Depends(self.authorize)], responses=ERRORS)
        routes.add_api_route("/api/zoho/sync/stats", self.stats, methods=["GET"], tags=["figures"])
        routes.add_api_route("/api/zoho/test-connection", self.test_connection, methods=["GET"], tags=["figures"])
        routes.add_api_route("/api/tds/queue", self.queue, methods=["GET"], tags=["figures"])
        routes.add_api_route("/metrics", self.metrics, methods=["GET"], tags=["figures"])
        begun: Any = {"status_code": 202, "responses": {202: RUN_BEGUN}, "methods": ["POST"], "tags": ["syncs"]}
        asked = {"requestBody": SYNC_BODY}
        routes.add_api_route("/api/zoho/sync/full", self._syncing((), full=True), openapi_extra=asked, **begun)
        for entity in self._registry:
            for path in (f"/api/zoho/sync/{entity.route}", f"/api/tds/{entity.route}/sync"):
                routes.add_api_route(path, self._syncing((entity.name,)), openapi_extra=asked, **begun)
            routes.add_api_route(f"/api/zoho/sync/{entity.route}/{{record_id}}", self._fetching(entity.name), **begun)
        return routes

    async def authorize(self, request: Request) -> None:
        """Let in who has a token, or is a program on this computer where that is enough; RefusedError otherwise."""
        if self._backend.settings.api_loopback_open and is_direct_loopback(request):
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        try:
            if given and await self._backend.up.tokens.holder(given) is not None:
                return
        except SyncError as error:
            raise RefusedError(503, error.kind, error.title, error.advice, Retry_After="5") from error
        if (wait := self._patience.take(caller_of(request))) > 0:
            seconds = str(int(wait) + 1)
            raise RefusedError(
                429, "rate_limited", "Too many wrong tokens", f"Try in {seconds} s.", Retry_After=seconds
            )
        title = "This token is not, or no longer, valid" if given else "A token is needed"
        raise RefusedError(
            401,
            "token",
            title,
            "Send “Authorization: Bearer …” with a token of `tsh-sync token create`. TSH_API_LOOPBACK_OPEN=true lets"
            " programs on this computer in without one.",
            WWW_Authenticate="Bearer",
        )

    async def stats(self) -> Response:
        """Return today's figures: syncs, success rate, mean time, records by entity."""
        return answer(await self._backend.up.service.stats())

    async def queue(self) -> Response:
        """Return the queue: depth, age of the oldest job, running, failed, by lane."""
        return answer((await self._backend.up.jobs.waiting()).as_json())

    async def metrics(self) -> Response:
        """Return figures in Prometheus' text form."""
        return PlainTextResponse(await self._figures.text(), media_type="text/plain; version=0.0.4")

    async def test_connection(self) -> Response:
        """Ask Zoho for the organization; one call."""
        service = self._backend.up.service
        try:
            found = await service.check_connection()
        except SyncError as error:
            return answer({"status": "failed", "title": error.title, "advice": error.advice})
        version = self._backend.settings.api_version
        return answer(
            {
                "status": "connected",
                "organization": found.name,
                "organization_id": found.id,
                "api_version": version,
            }
        )

    def _syncing(self, entities: tuple[str, ...], *, full: bool = False) -> Any:
        async def sync(request: Request, *, wait: Wait = False, force: Force = False) -> Response:
            body: SyncBody = await read_json(request, SyncBody)
            asked = SyncRequest(
                entities=entities,
                full=full or body.full,
                sweep=body.sweep,
                since=_since(body),
                force=force or body.force,
                details=body.details,
                trigger=TRIGGER,
            )
            return await self._begin(asked, wait=wait or body.wait)

        what = self._registry.get(entities[0]).title if entities else "everything"
        sync.__doc__ = f"Sync {what[0].lower()}{what[1:]}: what changed, or what the body asks for."
        sync.__name__ = f"sync_{'_'.join(entities) or 'full'}"
        return sync

    def _fetching(self, entity: str) -> Any:
        async def fetch(record_id: RecordId, *, wait: Wait = False, force: Force = False) -> Response:
            asked = SyncRequest(entities=(entity,), record_id=record_id, force=force, trigger=TRIGGER)
            return await self._begin(asked, wait=wait)

        fetch.__doc__ = f"Fetch one {self._registry.get(entity).one} from Zoho; one call."
        fetch.__name__ = f"fetch_{entity}"
        return fetch

    async def _begin(self, request: SyncRequest, *, wait: bool) -> Response:
        if self._syncs.number >= MOST_AT_ONCE:
            raise RefusedError(429, "busy", "Too many syncs are under way", "Try again later.", Retry_After="30")
        service = self._backend.up.service
        if not wait:
            return answer(await self._syncs.first_news(service, request), 202)
        return answer((await self._ended(self._syncs.begin(service, request))).as_json())

    async def _ended(self, task: asyncio.Task[SyncReport]) -> SyncReport:
        # Shielded: a caller who hangs up leaves the sync alone.
        async with asyncio.timeout(_LONGEST_WAIT_S):
            return await asyncio.shield(task)


def _since(body: SyncBody) -> datetime | None:
    now = datetime.now(UTC)
    if body.days is not None and body.since is not None:
        raise RefusedError(422, "body", "days and since exclude each other", "Give one of them.")
    if body.days is not None:
        return now - timedelta(days=body.days)
    if body.since is None:
        return None
    try:
        start = parse_moment(body.since)
    except (ValueError, OverflowError):
        words = "Allowed: a date or time such as 2026-11-01 or 2026-11-01T08:00+03:00."
        raise RefusedError(422, "body", f"since is “{body.since[:40]}”", words) from None
    if start > now:
        raise RefusedError(422, "body", "since is in the future", "Give a time that has been.")
    return start
