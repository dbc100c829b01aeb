"""Dead letters to be shown: letters, their records, tries and groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.query import Match, Term
from tsh_sync_gui.engine.letters.values import Letter, LetterGroup, LetterState, LetterWork, Part, WorkState
from tsh_sync_gui.engine.ports.jobs import Attempt, Outcome
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 10, 24, 0, tzinfo=UTC)
ME = "Sara"
change = msgspec.structs.replace
_NAMES = [one.name for one in REGISTRY]
_CAUSES = (
    ("date", "31-02-2026", "is not a date", _NAMES[5], "Correct the date in Zoho, or here with Edit and retry."),
    ("contact_name", "", "is missing", _NAMES[3], "Give the contact a name."),
    ("rate", "12,50", "is not an amount", _NAMES[0], "Write the amount with a point."),
    ("customer_id", "48150000000", "points at a record that is not here", _NAMES[4], "Sync its customer first."),
)


def letter_of(place: int, **changes: Any) -> Letter:
    """Return a letter; those with the same remainder by four share a cause."""
    name, value, reason, entity, advice = _CAUSES[place % len(_CAUSES)]
    given: dict[str, Any] = {
        "id": str(place + 1),
        "entity": entity,
        "part": Part.LIST if place % 3 else Part.DETAIL,
        "record_id": f"48150000000{place + 44208:05}",
        "label": f"INV-{place + 2041:06}" if place % 4 == 0 else f"Al-Noor Trading {place}",
        "state": LetterState.OPEN,
        "cause": f"{name} {reason}",
        "field": name,
        "value": value,
        "reason": reason,
        "kind": "validation",
        "advice": advice,
        "tries": 1 + place % 5,
        "first_seen_at": NOW - timedelta(minutes=37 * (place + 1)),
        "last_seen_at": NOW - timedelta(minutes=4 + 11 * place),
        "run_id": "run-invoices",
        "is_new": place < 5,
    }
    return Letter(**(given | changes))


def payload_of(letter: Letter, **changes: Any) -> dict[str, Any]:
    """Return the refused record of a letter."""
    return {
        "invoice_id": letter.record_id,
        "invoice_number": letter.label,
        letter.field: letter.value,
        "customer_name": "Al-Noor Trading",
        "status": "sent",
        "total": 412.5,
        "currency_code": "IQD",
        "custom_fields": [],
        "line_items": [
            {"line_item_id": "4815000000099001", "name": "Galaxy charger 25 W", "quantity": 3, "rate": 12.5},
            {"line_item_id": "4815000000099002", "name": "شاحن سريع", "quantity": 1, "rate": 375.0},
        ],
        "billing_address": {"city": "Baghdad", "country": "Iraq", "zip": None},
        **changes,
    }


def work_of(total: int, **changes: Any) -> LetterWork:
    """Return a retry that has begun."""
    given: dict[str, Any] = {
        "id": "work-1",
        "by": ME,
        "written": 'error:"date"',
        "is_careful": False,
        "pace": None,
        "lane": Lane.PERSON,
        "state": WorkState.RUNNING,
        "total": total,
        "started_at": NOW,
    }
    return LetterWork(**(given | changes))


def attempt_of(one: Letter) -> Attempt:
    return Attempt(
        subject="letter",
        subject_id=one.id,
        attempt=one.tries,
        started_at=one.last_seen_at,
        ended_at=one.last_seen_at + timedelta(seconds=0.42),
        outcome=Outcome.FAILED,
        error_kind=one.kind,
        title=f"{one.field} {one.reason}",
        request=f"GET /books/v3/invoices/{one.record_id}",
        answer='HTTP 200\n{"code": 0, "message": "success", "invoice": {"date": "31-02-2026"}}',
        run_id=one.run_id,
        machine="ACCOUNTS-PC",
    )


def group_of(letters: list[Letter]) -> LetterGroup:
    first = letters[0]
    return LetterGroup(
        entity=first.entity,
        cause=first.cause,
        title=first.cause,
        field=first.field,
        kind=first.kind,
        part=first.part,
        count=len(letters),
        new=sum(one.is_new for one in letters),
        first_seen_at=min(one.first_seen_at for one in letters),
        last_seen_at=max(one.last_seen_at for one in letters),
        last_day=sum(NOW - one.first_seen_at < timedelta(days=1) for one in letters),
        day_before=sum(timedelta(days=1) <= NOW - one.first_seen_at < timedelta(days=2) for one in letters),
        example=first.id,
        remedy=first.advice,
    )


def holds(one: Letter, term: Term) -> bool:
    is_snoozed = one.snoozed_until is not None and one.snoozed_until > NOW
    match term.match:
        case Match.STATE:
            states = {"open": one.state is LetterState.OPEN and not is_snoozed, "snoozed": is_snoozed, "all": True}
            return states.get(term.text, one.state.value == term.text)
        case Match.NEW:
            return one.is_new
        case Match.ASSIGNEE:
            return one.assigned_to == term.text
        case Match.ENTITY:
            return one.entity == term.text
        case Match.CAUSE:
            return one.cause == term.text if term.operator else term.text in one.cause
        case Match.RUN:
            return one.run_id.startswith(term.text)
        case Match.BEFORE:
            return term.moment is not None and one.first_seen_at < term.moment
        case _:
            return term.text.casefold() in f"{one.label} {one.record_id} {one.field} {one.reason}".casefold()
