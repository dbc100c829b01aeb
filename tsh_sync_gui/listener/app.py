"""The listener as an ASGI application: webhooks, HTTP API, health, figures for Prometheus, OpenAPI page."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import structlog
from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.values import iso
from tsh_sync_gui.listener.answers import RefusedError, answer, problem, reason
from tsh_sync_gui.listener.api import Api
from tsh_sync_gui.listener.backend import Backend
from tsh_sync_gui.listener.reception import Reception
from tsh_sync_gui.listener.requests import Reading, read_delivery
from tsh_sync_gui.listener.shapes import DELIVERY_ANSWERS, DELIVERY_BODY

WEBHOOKS: Final = "/api/webhooks/zoho"
_PLACES: Final = ("/api/tds/webhooks", "/api/zoho/webhooks")
_LONGEST_ENTITY: Final = 100
# Zoho may be set up to deliver by PUT or DELETE, too.
_METHODS: Final = frozenset({"POST", "PUT", "DELETE"})


def make_app(backend: Backend, reception: Reception, api: Api, *, mirror: Callable[[], str]) -> FastAPI:
    """Return the application; *mirror* tells at `/health` whose it is (`bootstrap.identity`)."""
    app = FastAPIOffline(
        title="tsh-sync listener",
        version=_version(),
        description="Takes Zoho's webhooks in, and lets other programs start syncs and see figures.",
        redirect_slashes=False,
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.include_router(_webhooks(reception))
    app.include_router(api.router())
    app.include_router(_open(backend, mirror))
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(SyncError, _problem)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)
    return app


class Front:
    """The way in: deliveries go straight to the reception, everything else to *app*.

    An address with a slash at its end is the one without: to Zoho a redirect is a failure.
    """

    def __init__(self, app: ASGIApp, reception: Reception) -> None:
        self._app = app
        self._reception = reception
        self._reading = Reading()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.endswith("/") and len(path) > 1:
                scope = {**scope, "path": path.rstrip("/") or "/"}
            if is_for_webhooks(scope["path"]) and scope["method"] in _METHODS:
                await (await self._answer(scope, receive))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            return await self._reception.receive(await self._reading.delivery(scope, receive))
        except RefusedError as error:
            return error.answer()
        except SyncError as error:
            return problem(error)
        except Exception as error:  # noqa: BLE001 -- Zoho tries again what is not answered with 200
            return await _broken(Request(scope), error)


def is_for_webhooks(path: str) -> bool:
    """Tell whether deliveries come in at *path*."""
    place, _, entity = path.rpartition("/")
    return path == WEBHOOKS or (place in _PLACES and 0 < len(entity) <= _LONGEST_ENTITY)


def _webhooks(reception: Reception) -> APIRouter:
    routes = APIRouter(tags=["webhooks"], responses=DELIVERY_ANSWERS)

    async def deliver(request: Request) -> Response:
        """Take a delivery in: signed, in any of Zoho's forms."""
        return await reception.receive(await read_delivery(request.scope, request.receive))

    async def deliver_of(request: Request, entity: str = Path(max_length=_LONGEST_ENTITY)) -> Response:
        """Take a delivery in whose address names the entity."""
        del entity
        return await reception.receive(await read_delivery(request.scope, request.receive))

    # For the OpenAPI page and for other methods' 405: `Front` serves these addresses.
    options: Any = {"openapi_extra": {"requestBody": DELIVERY_BODY}, "methods": ["POST"]}
    routes.add_api_route(WEBHOOKS, deliver, **options)
    for place in _PLACES:
        routes.add_api_route(f"{place}/{{entity}}", deliver_of, **options)
    return routes


def _open(backend: Backend, mirror: Callable[[], str]) -> APIRouter:
    routes = APIRouter(tags=["health"])

    async def health() -> Response:
        """Tell whether deliveries are taken in, and whether the database is there."""
        state = "ok" if backend.is_up else "spooling"
        document: dict[str, Any] = {
            "status": state,
            "database": "up" if backend.is_up else "away",
            "spool": backend.spool.waiting,
            "version": _version(),
            "since": iso(backend.began_at),
            "mirror": mirror(),
        }
        if backend.problem is not None:
            document |= {"title": backend.problem.title}
        return answer(document)

    routes.add_api_route("/health", health, methods=["GET"])
    return routes


async def _refused(_request: Request, error: Exception) -> Response:
    return error.answer() if isinstance(error, RefusedError) else answer(reason("refused", str(error)), 400)


async def _problem(_request: Request, error: Exception) -> Response:
    return problem(error) if isinstance(error, SyncError) else answer(reason("refused", str(error)), 400)


async def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = {
        404: ("not_found", "There is nothing at this address", f"{request.url.path[:200]}; /docs shows all addresses."),
        405: ("method", f"This address takes no {request.method[:20]}", "/docs shows what it takes."),
    }
    kind, title, advice = words.get(status, ("refused", "The request cannot be served", ""))
    headers = dict(getattr(error, "headers", None) or {})
    found = answer(reason(kind, title, advice), status)
    found.headers.update(headers)
    return found


async def _invalid(_request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    words = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in found)[:500]
    return answer(reason("request", "The request is wrong", words), 422)


async def _broken(_request: Request, error: Exception) -> Response:
    structlog.get_logger(__name__).error("a request broke", exc_info=error)
    return answer(reason("unexpected", "Something unexpected happened", "The log has the details."), 500)


def _version() -> str:
    try:
        return version("tsh-sync-gui")
    except PackageNotFoundError:
        return "0"
