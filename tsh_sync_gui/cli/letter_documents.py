"""Dead letters as the command line's JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from msgspec import structs

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.letters.values import (
    EditOutcome,
    Letter,
    LetterDetail,
    LetterForecast,
    LetterGroup,
    LetterWork,
)

_MOMENTS = ("_at", "_until", "until", "at")


def _plain(value: Any) -> dict[str, Any]:
    """Return a struct's fields: times as text, choices as their words."""
    found = structs.asdict(value)
    return {
        name: iso(one) if name.endswith(_MOMENTS) and not isinstance(one, str) else getattr(one, "value", one)
        for name, one in found.items()
    }


def letter(one: Letter) -> dict[str, Any]:
    """Return one letter."""
    return _plain(one)


def group(one: LetterGroup) -> dict[str, Any]:
    """Return a group, with the search for its letters."""
    return _plain(one) | {"search": one.search}


def work(one: LetterWork) -> dict[str, Any]:
    """Return a retry."""
    return _plain(one)


def forecast(one: LetterForecast) -> dict[str, Any]:
    """Return what a retry costs."""
    return _plain(one)


def detail(one: LetterDetail) -> dict[str, Any]:
    """Return one letter opened; its text as it was refused."""
    return letter(one.letter) | {
        "text": one.text,
        "is_json": one.is_json,
        "remedy": one.remedy,
        "calls": one.calls,
        "can_edit": one.can_edit,
        "differences": [structs.asdict(each) for each in one.differences],
        "attempts": [
            asdict(each)
            | {
                "outcome": each.outcome.value,
                "started_at": iso(each.started_at),
                "ended_at": iso(each.ended_at),
            }
            for each in one.attempts
        ],
        "history": [_plain(each) for each in one.history],
        "sides": _plain(one.sides),
        "requests": [asdict(each) | {"sent_at": iso(each.sent_at)} for each in one.requests],
        "others": [letter(each) for each in one.others],
    }


def edit(one: EditOutcome) -> dict[str, Any]:
    """Return what became of an edit."""
    return {
        "mended": one.is_mended,
        "run_id": one.run_id,
        "letter": letter(one.letter),
        "faults": [structs.asdict(each) for each in one.faults],
    } | ({"error": {"title": one.title, "advice": one.advice}} if one.title else {})
