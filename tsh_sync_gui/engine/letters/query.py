"""A search of dead letters as it is understood: its terms, and which letters are chosen by it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Match(StrEnum):
    """What one term of a search looks at."""

    TEXT = "text"
    ENTITY = "entity"
    CAUSE = "cause"
    STATE = "state"
    ID = "id"
    LETTER = "letter"
    PART = "part"
    KIND = "kind"
    ASSIGNEE = "assignee"
    ERROR = "error"
    NOTE = "note"
    RUN = "run"
    TRIES = "tries"
    SINCE = "since"
    BEFORE = "before"
    NEW = "new"
    PAYLOAD = "payload"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a search; *name* is a payload's field, *moment* a time, *operator* `=`, `<` or `>`.

    Without an operator texts are found wherever they stand, whatever their case.
    """

    match: Match
    text: str = ""
    name: str = ""
    operator: str = ""
    moment: datetime | None = None
    is_negated: bool = False


class LetterQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A search as understood: all *terms* hold. *written* is what the person typed."""

    terms: tuple[Term, ...] = ()
    written: str = ""


Chosen = tuple[str, ...] | LetterQuery
"""Letters by id, or all that match."""
