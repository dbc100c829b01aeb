"""Errors, sorted by what to do about them.

SyncError                      title for a heading, advice for a person, cause for a log
├── ConfigurationError         the user must act: settings
│   ├── NotConnectedError      nobody has signed in to Zoho yet
│   ├── UnwritableError        the database takes no writes for now
│   ├── WrongOrganizationError the product does not know the organization of the settings
│   └── VaultError             secrets can't be read or kept
│       ├── NoVaultError       there is no place for them on this machine
│       ├── VaultLockedError   the place is there, and closed
│       │   └── WrongPassphraseError
│       └── VaultDamagedError  what is kept there is not whole
├── AuthorisationError         the user must act: sign in again
│   └── MissingPermissionError the sign-in lacks a permission; carries scope
├── ConfirmationRequiredError  the user must act: look and approve
├── TransientError             try again; carries retry_after
│   ├── RateLimitedError       the per-minute or the in-process limit
│   ├── UnreachableError       the network, Zoho or the database does not answer
│   └── LostOwnershipError     another process owns this run now
├── QuotaExhaustedError        stop until the day turns; carries resets_at
├── RecordRejectedError        this record to the dead letters; the run goes on
├── RecordGoneError            this record is no longer in Zoho (HTTP 404, code 1002)
├── EndpointAbsentError        the server does not know this path (HTTP 404, code 5)
└── SchemaMismatchError        stop; the database or the reply is not what this program understands
"""

from __future__ import annotations

from datetime import datetime


class SyncError(Exception):
    """A failure a person can read: a heading, what to do, and for the log what caused it."""

    kind = "unknown"
    waits_for = ""
    """What a run that ends with it waits for (`engine.ports.Wait.reason`), nothing as a rule."""

    def __init__(self, title: str, *, advice: str = "", cause: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.cause = cause

    def __str__(self) -> str:
        """Return heading and advice in one line."""
        return f"{self.title}. {self.advice}" if self.advice else self.title


class ConfigurationError(SyncError):
    """A setting, its value and its range; the user must change it."""

    kind = "configuration"


class NotConnectedError(ConfigurationError):
    """Nobody has signed in to Zoho yet; a person must, and no value is wrong."""


class WrongOrganizationError(ConfigurationError):
    """This Zoho product does not know the organization (code 6041): a wrong number, or it has not that product."""


class UnwritableError(ConfigurationError):
    """The database takes no writes for now: its disk is full, or it is read-only."""


class VaultError(ConfigurationError):
    """Secrets can't be read or kept; the user must open the place where they rest, or choose another."""


class NoVaultError(VaultError):
    """This machine has no place where secrets may be kept."""


class VaultLockedError(VaultError):
    """The secrets are there, and closed: a locked keychain, or a file of another passphrase."""

    kind = "vault_locked"


class WrongPassphraseError(VaultLockedError):
    """The passphrase that was given does not open the file."""


class VaultDamagedError(VaultError):
    """What is kept is not whole, or was changed by another hand."""


class AuthorisationError(SyncError):
    """Zoho refuses the sign-in or a permission; the user must sign in again."""

    kind = "authorisation"


class MissingPermissionError(AuthorisationError):
    """Zoho refuses what the sign-in, or the person behind it, may not do; *scope* is what the call needed."""

    def __init__(self, title: str, *, scope: str, advice: str = "", cause: str = "") -> None:
        super().__init__(title, advice=advice, cause=cause)
        self.scope = scope


class ConfirmationRequiredError(SyncError):
    """The program stopped before something a person has to approve."""

    kind = "confirmation"


class TransientError(SyncError):
    """Trying again later helps; *retry_after* is in seconds, None when unknown."""

    kind = "transient"

    def __init__(self, title: str, *, advice: str = "", cause: str = "", retry_after: float | None = None) -> None:
        super().__init__(title, advice=advice, cause=cause)
        self.retry_after = retry_after


class RateLimitedError(TransientError):
    """Zoho's per-minute limit (code 44) or its limit of requests in process (code 1070)."""

    kind = "rate_limited"

    def __init__(self, title: str, *, code: int, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(title, advice=advice, cause=f"code {code}", retry_after=retry_after)
        self.code = code


class UnreachableError(TransientError):
    """A server does not answer; *what* is `zoho`, `database` or `network`."""

    kind = "unreachable"

    def __init__(
        self, title: str, *, what: str, advice: str = "", cause: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(title, advice=advice, cause=cause, retry_after=retry_after)
        self.what = what


class LostOwnershipError(TransientError):
    """Another process has taken this run over; stop working on it."""

    kind = "lost_ownership"


class QuotaExhaustedError(SyncError):
    """The daily quota, or with *is_share* this lane's share of it alone, is used up until *resets_at*."""

    kind = "quota"

    def __init__(
        self, title: str, *, resets_at: datetime | None, is_share: bool = False, advice: str = "", cause: str = ""
    ) -> None:
        super().__init__(title, advice=advice, cause=cause)
        self.resets_at = resets_at
        self.is_share = is_share
        self.waits_for = "daily_share" if is_share else "daily_quota"


class RecordRejectedError(SyncError):
    """One record cannot be taken: which field, which value, why."""

    kind = "validation"

    def __init__(self, title: str, *, field: str, value: str = "", advice: str = "", cause: str = "") -> None:
        super().__init__(title, advice=advice, cause=cause)
        self.field = field
        self.value = value


class RecordGoneError(SyncError):
    """The record does not exist in Zoho (HTTP 404, code 1002; zoho-api.md 5)."""

    kind = "gone"


class EndpointAbsentError(SyncError):
    """The server does not know the path (HTTP 404, code 5; zoho-api.md 7.20)."""

    kind = "absent"

    def __init__(self, title: str, *, path: str, advice: str = "", cause: str = "") -> None:
        super().__init__(title, advice=advice, cause=cause)
        self.path = path


class SchemaMismatchError(SyncError):
    """The database is older or newer than the program, or a reply has another shape than it understands."""

    kind = "schema"
