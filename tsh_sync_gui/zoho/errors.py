"""What each answer of Zoho, and each failure on the way, means for us: one table, read from the top (zoho-api.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpx

from tsh_sync_gui.core.errors import (
    EndpointAbsentError,
    MissingPermissionError,
    RateLimitedError,
    RecordGoneError,
    RecordRejectedError,
    SchemaMismatchError,
    SyncError,
    UnreachableError,
    WrongOrganizationError,
)

SAFE: Final = "Nothing was lost; the next sync goes on from here."


class Remedy(StrEnum):
    """What the client does about a refusal, before or instead of raising it."""

    RAISE = "raise"
    RENEW = "renew the token, once"
    MINUTE = "wait out the minute, ask again without limit"
    DAY = "stop until the day turns"
    CROWDED = "ask for less at once, and again a little later"
    RETRY = "ask again with growing waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is no success, and what had been asked. *what* and *scope* are words for a person."""

    status: int
    code: int | None
    message: str
    endpoint: str
    what: str = ""
    scope: str = ""
    organization: str = ""
    retry_after: float | None = None

    @property
    def cause(self) -> str:
        """Return the refusal in one line for the log."""
        code = "" if self.code is None else f", code {self.code}"
        return f"{self.endpoint}: HTTP {self.status}{code}: {self.message[:300]}"


@dataclass(frozen=True, slots=True)
class Rule:
    """*statuses* and *code* (None: any) this rule is for, a fragment of the message, and what follows.

    A 2xx with a code is judged by its code alone: Zoho answers errors with HTTP 200 too.
    """

    statuses: range
    code: int | None
    remedy: Remedy
    error: Callable[[Refusal], SyncError]
    fragment: str = ""

    def fits(self, refusal: Refusal) -> bool:
        """Tell whether this rule judges *refusal*."""
        by_code = self.code is not None and self.code == refusal.code
        in_status = refusal.status in self.statuses
        is_success = 200 <= refusal.status < 300
        return (
            by_code and (in_status or is_success) if self.code is not None else in_status
        ) and self.fragment in refusal.message.lower()


def _not_allowed(refusal: Refusal) -> SyncError:
    return MissingPermissionError(
        f"Not allowed to read {refusal.what or refusal.endpoint}",
        advice=f"The sign-in does not include {refusal.scope}. Sign in again with that permission."
        if refusal.scope
        else "The person who signed in may not see this in Zoho.",
        scope=refusal.scope,
        cause=refusal.cause,
    )


def _not_accessible(refusal: Refusal) -> SyncError:
    return RecordRejectedError(
        f"Not allowed to read one record of {refusal.what or refusal.endpoint}",
        field="id",
        advice="The person who signed in may not see it in Zoho.",
        cause=refusal.cause,
    )


def _wrong_organization(refusal: Refusal) -> SyncError:
    return WrongOrganizationError(
        f"The sign-in does not belong to organization {refusal.organization}",
        advice="Set ZOHO_ORGANIZATION_ID to the number that Zoho shows under Manage Organizations, and ZOHO_PRODUCTS "
        "to the products it has.",
        cause=refusal.cause,
    )


def _absent(refusal: Refusal) -> SyncError:
    return EndpointAbsentError(
        f"This organization does not offer {refusal.endpoint}", path=refusal.endpoint, cause=refusal.cause
    )


def _gone(refusal: Refusal) -> SyncError:
    return RecordGoneError(f"A record of {refusal.what or refusal.endpoint} is no longer in Zoho", cause=refusal.cause)


def _limited(refusal: Refusal) -> SyncError:
    return RateLimitedError(
        "Zoho asks for fewer requests", code=refusal.code or 44, advice=SAFE, retry_after=refusal.retry_after
    )


def _trouble(refusal: Refusal) -> SyncError:
    return UnreachableError(
        "Zoho has trouble", what="zoho", advice=SAFE, cause=refusal.cause, retry_after=refusal.retry_after
    )


def _not_understood(refusal: Refusal) -> SyncError:
    return SchemaMismatchError(
        "Zoho refuses a request this program makes",
        advice=f"Zoho says of {refusal.endpoint}: “{refusal.message[:200]}”.",
        cause=refusal.cause,
    )


def _only(status: int) -> range:
    return range(status, status + 1)


_4XX: Final = range(400, 500)

RULES: Final = (
    Rule(_only(401), None, Remedy.RENEW, _not_allowed),
    Rule(_4XX, 57, Remedy.RENEW, _not_allowed),
    Rule(_4XX, 14, Remedy.RENEW, _not_allowed),
    Rule(_4XX, 45, Remedy.DAY, _limited),
    Rule(_4XX, 1070, Remedy.CROWDED, _limited),
    Rule(_4XX, 44, Remedy.MINUTE, _limited),
    Rule(_4XX, 43, Remedy.MINUTE, _limited),
    Rule(_only(429), None, Remedy.MINUTE, _limited),
    Rule(_4XX, 6041, Remedy.RAISE, _wrong_organization),
    Rule(_4XX, 4029, Remedy.RAISE, _wrong_organization),
    Rule(_only(404), 5, Remedy.RAISE, _absent),
    Rule(_only(404), 1002, Remedy.RAISE, _not_accessible, fragment="not accessible"),
    Rule(_only(404), 1002, Remedy.RAISE, _gone),
    Rule(_only(403), None, Remedy.RAISE, _not_allowed),
    Rule(_only(408), None, Remedy.RETRY, _trouble),
    Rule(range(500, 600), None, Remedy.RETRY, _trouble),
    Rule(range(100, 600), None, Remedy.RAISE, _not_understood),
)


def rule_for(refusal: Refusal) -> Rule:
    """Return the first rule that fits."""
    return next(rule for rule in RULES if rule.fits(refusal))


NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Failures before a request was on the wire: they cost no call."""

_FAILURES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (httpx.ProxyError, "The proxy does not let us through to Zoho"),
    (httpx.ConnectTimeout, "Zoho cannot be reached"),
    (httpx.ConnectError, "Zoho cannot be reached"),
    (httpx.TimeoutException, "Zoho does not answer in time"),
    (httpx.TransportError, "The connection to Zoho broke off"),
    (httpx.DecodingError, "Zoho's answer was cut short"),
)


def from_failure(failure: httpx.RequestError, endpoint: str) -> UnreachableError:
    """Return our error for a request that got no answer; its address stays out, its host and path are known."""
    if "CERTIFICATE_VERIFY_FAILED" in str(failure):
        title, advice = (
            "Zoho's certificate cannot be verified",
            "Check this computer's clock and its security software.",
        )
    else:
        title = next((words for kind, words in _FAILURES if isinstance(failure, kind)), "Zoho cannot be reached")
        advice = SAFE
    return UnreachableError(
        title, what="zoho", advice=advice, cause=f"{endpoint}: {type(failure).__name__}: {failure}"[:300]
    )


def not_json(body: bytes, endpoint: str, *, status: int, detail: str) -> UnreachableError:
    """Return our error for an answer that is no JSON: a page of some gateway, or one that was cut short."""
    page = body.lstrip()[:1] == b"<"
    title = "Zoho answered with a web page instead of data" if page else "Zoho's answer was cut short"
    return UnreachableError(title, what="zoho", advice=SAFE, cause=f"{endpoint}: HTTP {status}: {detail}"[:300])


def unexpected_shape(endpoint: str, *, key: str, detail: str) -> SchemaMismatchError:
    """Return our error for a success whose records are not where they should be."""
    return SchemaMismatchError(
        "Zoho sent a reply this program does not understand",
        advice=f"{endpoint} was expected to carry “{key}”. A newer version of the program may know more.",
        cause=f"{endpoint}: {detail}"[:300],
    )
