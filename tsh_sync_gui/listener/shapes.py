"""Shapes of bodies and answers, as the OpenAPI page shows them."""

from __future__ import annotations

from typing import Any, Final

_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "title", "advice"],
            "properties": {name: {"type": "string"} for name in ("kind", "title", "advice")},
        }
    },
}


def shown(words: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return how an answer is described."""
    return {"description": words, "content": {"application/json": {"schema": schema or {"type": "object"}}}}


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    401: shown("No token, a wrong one, or a revoked one", _ERROR),
    408: shown("The body did not come in time", _ERROR),
    409: shown("A person is needed: a sign-in, or a confirmation", _ERROR),
    413: shown("The body is too large", _ERROR),
    422: shown("The request is wrong; the reason says how", _ERROR),
    429: shown("Too many requests, or the day's calls are used up", _ERROR),
    503: shown("The database is away; try again", _ERROR),
}
RUN_BEGUN: Final = shown(
    "The sync has begun",
    {
        "type": "object",
        "required": ["run_id", "entity", "state"],
        "properties": {
            "run_id": {"type": ["string", "null"]},
            "entity": {"type": "string"},
            "state": {"type": "string"},
        },
    },
)
SYNC_BODY: Final[dict[str, Any]] = {
    "required": False,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "days": {"type": "integer", "minimum": 1, "maximum": 36500},
                    "since": {"type": "string", "description": "A date or a time of the past."},
                    "full": {"type": "boolean"},
                    "sweep": {"type": "boolean"},
                    "force": {"type": "boolean"},
                    "details": {"oneOf": [{"type": "integer", "minimum": 0}, {"enum": ["all", "none"]}]},
                    "wait": {"type": "boolean"},
                },
            }
        }
    },
}
DELIVERY_BODY: Final[dict[str, Any]] = {
    "required": False,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        "text/plain": {"schema": {"type": "string"}},
    },
}
DELIVERY_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: shown(
        "The delivery is safe",
        {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}},
    ),
    400: shown("The body cannot be read", _ERROR),
    401: shown("The signature does not match", _ERROR),
    403: shown("A delivery of another organization", _ERROR),
    408: shown("The body did not come in time", _ERROR),
    413: shown("The body is larger than 1 MiB", _ERROR),
    429: shown("Too many refused requests", _ERROR),
    503: shown("Neither database nor disk can keep it; try again", _ERROR),
}
