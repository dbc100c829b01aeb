"""The accounts server's answers: what a token reply carries, and what each refusal means (zoho-api.md 1.6)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import httpx
import msgspec

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, SyncError, TransientError, UnreachableError
from tsh_sync_gui.zoho.errors import SAFE, not_json

TOKEN_PATH: Final = "/oauth/v2/token"  # noqa: S105 -- a path
THROTTLE_SECONDS: Final = 600


class TokenReply(msgspec.Struct, frozen=True, kw_only=True):
    """The token endpoint's answer: a token, or an error, both with HTTP 200."""

    access_token: str = ""
    refresh_token: str = ""
    scope: str = ""
    expires_in: int = 3600
    api_domain: str = ""
    error: Any = ""
    error_description: Any = ""

    def __repr__(self) -> str:
        return f"<token reply, error={self.error!r}>"

    @property
    def seconds(self) -> int:
        """Return how long the access token lives; some servers told it in milliseconds."""
        return self.expires_in if self.expires_in <= 86_400 else self.expires_in // 1000


class _Revocation(msgspec.Struct, frozen=True):
    status: Any = ""
    error: Any = ""
    error_description: Any = ""


_DECODER: Final = msgspec.json.Decoder(TokenReply, strict=False)
_REVOCATION: Final = msgspec.json.Decoder(_Revocation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal of the token endpoint."""

    error: str
    description: str
    status: int

    @property
    def cause(self) -> str:
        """Return the refusal in one line for the log."""
        return f"{TOKEN_PATH}: HTTP {self.status}: {self.error} {self.description}"[:300].rstrip()

    @property
    def is_throttle(self) -> bool:
        """Tell whether Zoho asks to be left alone for some minutes."""
        return (
            "access denied" in self.error.lower()
            or "too many requests" in self.description.lower()
            or self.status == httpx.codes.TOO_MANY_REQUESTS
        )

    @property
    def is_trouble(self) -> bool:
        """Tell whether this says nothing about the sign-in: the server itself has trouble."""
        return self.status >= httpx.codes.INTERNAL_SERVER_ERROR or not self.error


def read(response: httpx.Response, accounts: str) -> TokenReply | Refused:
    """Return the token or the refusal; raises for what is neither."""
    status = response.status_code
    try:
        reply = _DECODER.decode(response.content)
    except msgspec.DecodeError as failure:
        if status == httpx.codes.NOT_FOUND:
            raise ConfigurationError(
                "ZOHO_ACCOUNTS_URL is not Zoho's sign-in",
                advice=f"{accounts} does not know {TOKEN_PATH}. Example: https://accounts.zoho.com.",
                cause=f"{TOKEN_PATH}: HTTP {status}",
            ) from failure
        raise not_json(response.content, TOKEN_PATH, status=status, detail=str(failure)) from failure
    if reply.access_token and status < httpx.codes.MULTIPLE_CHOICES:
        return reply
    return Refused(error=str(reply.error or ""), description=str(reply.error_description or ""), status=status)


def was_revoked(response: httpx.Response, path: str) -> bool:
    """Return whether the answer says that a token has ended, False where Zoho did not know it; raises for all else."""
    status, is_unknown = response.status_code, response.status_code == httpx.codes.BAD_REQUEST
    try:
        reply = _REVOCATION.decode(response.content)
    except msgspec.DecodeError as failure:
        if is_unknown:
            return False
        raise not_json(response.content, path, status=status, detail=str(failure)) from None
    refused = Refused(error=str(reply.error or ""), description=str(reply.error_description or ""), status=status)
    if refused.is_throttle:
        raise throttled(THROTTLE_SECONDS)
    if response.is_success:
        return not refused.error and str(reply.status).lower() != "failure"
    if not is_unknown:
        raise trouble(refused)
    return False


def throttled(seconds: float) -> TransientError:
    """Return our error for Zoho's limit of sign-ins and refreshes."""
    return TransientError(
        f"Zoho is limiting sign-ins for {max(1, ceil(seconds / 60))} min",
        advice="Another program may share these credentials.",
        cause=f"{TOKEN_PATH}: too many requests within 10 minutes",
        retry_after=max(0.0, seconds),
    )


def trouble(refused: Refused) -> UnreachableError:
    """Return our error for an accounts server that has trouble of its own."""
    return UnreachableError("Zoho's sign-in has trouble", what="zoho", advice=SAFE, cause=refused.cause)


_REGION: Final = "Check it, and that ZOHO_ACCOUNTS_URL names the region the account lives in."
NOT_ACCEPTED: Final = "Zoho no longer accepts our sign-in"
_NOT_ACCEPTED: Final = (
    NOT_ACCEPTED,
    "Nothing is lost. Syncs wait. Most often someone removed the app in Zoho, or it was connected more than 20 times.",
)
REFRESH_WORDS: Final = {
    "invalid_code": _NOT_ACCEPTED,
    "invalid_token": _NOT_ACCEPTED,
    "invalid_client": ("Zoho does not know this client id", f"ZOHO_CLIENT_ID is refused. {_REGION}"),
    "invalid_client_secret": ("Zoho refuses the client secret", f"ZOHO_CLIENT_SECRET is refused. {_REGION}"),
}
"""What a refused refresh means, by Zoho's word."""


def refusal(refused: Refused, words: dict[str, tuple[str, str]]) -> SyncError:
    """Return what a refusal means; *words* are title and advice by Zoho's word for it."""
    if refused.is_throttle:
        return throttled(THROTTLE_SECONDS)
    if refused.is_trouble:
        return trouble(refused)
    title, advice = words.get(refused.error, ("Zoho refuses our sign-in", "Sign in again."))
    return AuthorisationError(title, advice=advice, cause=refused.cause)
