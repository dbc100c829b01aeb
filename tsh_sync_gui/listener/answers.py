"""Answers of the listener: JSON always, and every refusal with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    QuotaExhaustedError,
    SyncError,
    TransientError,
)
from tsh_sync_gui.core.log import redact

_encode = msgspec.json.Encoder().encode


class _Json(Response):
    """A JSON answer whose headers are made without starlette's look at each of them; it is what deliveries get."""

    media_type = "application/json"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set the headers."""
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", b"application/json")]
        if headers:
            self.raw_headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def answer(document: Any, status: int = 200, **headers: str) -> Response:
    """Return *document* as JSON; underscores of header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()} if headers else None
    return _Json(_encode(document), status, headers=named)


def reason(kind: str, title: str, advice: str = "") -> dict[str, Any]:
    """Return the document of a refusal."""
    return {"error": {"kind": kind, "title": redact(title), "advice": redact(advice)}}


class RefusedError(Exception):
    """A request that is answered with *status* and a reason."""

    def __init__(self, status: int, kind: str, title: str, advice: str = "", **headers: str) -> None:
        super().__init__(title)
        self.status = status
        self.document = reason(kind, title, advice)
        self.headers = headers

    def answer(self) -> Response:
        """Return the refusal as it is sent."""
        return answer(self.document, self.status, **self.headers)


def status_of(error: SyncError) -> int:
    """Return the HTTP status for an error of ours: 4xx where the caller or a person can mend it."""
    match error:
        case ConfigurationError():
            return 422
        case AuthorisationError() | ConfirmationRequiredError():
            return 409
        case QuotaExhaustedError():
            return 429
        case TransientError():
            return 503
        case _:
            return 500


def problem(error: SyncError) -> Response:
    """Return an error of ours as it is sent."""
    status = status_of(error)
    headers = {"Retry_After": "5"} if status == 503 else {}
    return answer(reason(error.kind, error.title, error.advice), status, **headers)
