"""What an examination says: one finding for each thing looked into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    NotConnectedError,
    QuotaExhaustedError,
    SyncError,
    VaultLockedError,
    WrongPassphraseError,
)

WRONG_USE, FAILED, NEEDS_YOU, NO_QUOTA = 2, 1, 4, 5
_FIRST: Final = (WRONG_USE, FAILED, NEEDS_YOU, NO_QUOTA)
"""The exit codes of design.md 6; of several the first of these stands."""


class Grade(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence as a pattern with its facts, so that a window can say the pattern in another language."""

    pattern: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the whole sentence in English."""
        return self.pattern.format(**self.facts) if self.facts else self.pattern


def say(pattern: str, **facts: object) -> Words:
    """Return *pattern* with its facts; numbers get their separators."""
    return Words(pattern, {name: f"{fact:,}" if isinstance(fact, int) else str(fact) for name, fact in facts.items()})


NOTHING: Final = Words()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked into: how it is, in a sentence, and what to do; *exit_code* is 0 where nothing must be done.

    *deed* is what a window can do about it: `sign_in`, `setup:STEP` or `settings:FIELD`.
    """

    check: str
    title: str
    grade: Grade
    said: Words
    remedy: Words = NOTHING
    exit_code: int = 0
    deed: str = ""

    @property
    def sentence(self) -> str:
        """Return how it is."""
        return str(self.said)

    @property
    def advice(self) -> str:
        """Return what to do, empty where nothing must be done."""
        return str(self.remedy)

    def document(self) -> dict[str, str]:
        """Return this as JSON takes it."""
        return {"check": self.check, "grade": self.grade.value, "sentence": self.sentence, "advice": self.advice}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look into: what it is called in documents, and for people. Its findings carry both."""

    key: str
    title: str

    def fine(self, said: Words) -> Finding:
        """Return that all is well."""
        return Finding(check=self.key, title=self.title, grade=Grade.OK, said=said)

    def warning(self, said: Words, remedy: Words = NOTHING, *, deed: str = "") -> Finding:
        """Return what works all the same, and had better be another way."""
        return Finding(check=self.key, title=self.title, grade=Grade.WARNING, said=said, remedy=remedy, deed=deed)

    def fault(self, said: Words, remedy: Words = NOTHING, *, code: int = FAILED, deed: str = "") -> Finding:
        """Return what keeps syncs from working."""
        return Finding(
            check=self.key,
            title=self.title,
            grade=Grade.FAULT,
            said=said,
            remedy=remedy,
            exit_code=code,
            deed=deed,
        )

    def failed(self, error: SyncError, remedy: Words = NOTHING, *, deed: str = "") -> Finding:
        """Return an error as a fault; *remedy* goes before its own advice."""
        title = error.title if error.title[-1:] in ".?!" else f"{error.title}."
        advice = remedy if remedy.pattern else Words(error.advice)
        return self.fault(Words(title), advice, code=code_of(error), deed=deed or _deed_of(error))


def code_of(error: SyncError) -> int:
    """Return the exit code that says what to do about *error*."""
    match error:
        case WrongPassphraseError():
            return WRONG_USE
        case AuthorisationError() | ConfirmationRequiredError() | VaultLockedError() | NotConnectedError():
            return NEEDS_YOU
        case ConfigurationError():
            return WRONG_USE
        case QuotaExhaustedError():
            return NO_QUOTA
        case _:
            return FAILED


def _deed_of(error: SyncError) -> str:
    return "sign_in" if isinstance(error, AuthorisationError) else ""


def worst(findings: Iterable[Finding]) -> Grade:
    """Return the grade of the whole."""
    found = {one.grade for one in findings}
    return next((grade for grade in (Grade.FAULT, Grade.WARNING) if grade in found), Grade.OK)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code of the whole."""
    codes = {one.exit_code for one in findings}
    return next((code for code in _FIRST if code in codes), 0)


def document(findings: Iterable[Finding]) -> dict[str, object]:
    """Return an examination as JSON takes it; `ok` tells that nothing must be done."""
    told = list(findings)
    return {
        "ok": exit_code(told) == 0,
        "grade": worst(told).value,
        "checks": [one.document() for one in told],
    }
