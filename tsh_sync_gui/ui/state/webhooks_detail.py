"""One delivery opened: what was done with it, how it came in, why it was refused, and as a request to copy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus

from tsh_sync_gui.core.log import DOTS, redact
from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports.deliveries import InboxDetail, RecordChange, Standing
from tsh_sync_gui.engine.ports.inbox import Delivery, EventState, Verdict
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.texts import ago, clock, exact, number, tr
from tsh_sync_gui.ui.state.webhooks import delay_words, verdict_word
from tsh_sync_gui.ui.state.webhooks_rows import event_words, outcome_words, work_words

_HIDDEN: Final = frozenset(
    {"authorization", "cookie", "proxy-authorization", "x-api-key", "x-zoho-webhook-signature", "x-real-ip"}
)
"""Headers whose values are no part of a request that is copied."""
_NOT_SENT: Final = frozenset({"host", "content-length", "connection", "accept-encoding"})
_KEYS: Final = ("secret", "token", "password", "signature", "key")
_JSON_FIELD: Final = "jsonstring"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of what is known: its name, its value, and what its tooltip says."""

    name: str
    value: str
    hint: str = ""


def heading(detail: InboxDetail, title: str) -> str:
    """Return what the delivery is called: its event, and the record's name, or its number where none is known."""
    row = detail.row
    if not row.entity:
        return tr("Delivery #{number}").format(number=row.id)
    return " · ".join(part for part in (event_words(row, title), detail.label or row.record_id) if part)


def next_words(work: Standing, now: datetime) -> str:
    """Return how the work of a waiting delivery stands, and when it is tried next."""
    if work.is_running:
        return tr("It is being done now.")
    if not work.title:
        return tr("It is kept and waits for its turn.")
    when = tr("at once") if work.next_at is None or work.next_at <= now else clock(work.next_at, now)
    words = tr("{trouble}. Next try {when} ({number} of {most}).")
    return words.format(trouble=work.title, when=when, number=work.number, most=work.most)


def done_words(detail: InboxDetail, now: datetime) -> str:
    """Return what was done with a delivery, whatever became of it."""
    row = detail.row
    if row.verdict is Verdict.REFUSED:
        words = tr("It was answered with {status}, kept to be looked at, and not processed.")
        return words.format(status=refused_with(detail.diagnosis))
    if row.verdict is Verdict.PING:
        return tr("A test: it was answered with 200, and there was nothing to do.")
    if row.outcome:
        return outcome_words(row.outcome)
    match row.state:
        case EventState.WAITING if detail.work is not None:
            return next_words(detail.work, now)
        case EventState.WAITING:
            return tr("It is kept and waits for its turn.")
        case EventState.FAILED:
            return tr("It could not be done after several tries; its record went to the dead letters.")
        case _ if row.verdict is Verdict.DUPLICATE:
            return tr("The same text came before; nothing was done again.")
        case _:
            return tr("There was nothing to do.")


def refused_with(diagnosis: Mapping[str, Any]) -> int:
    """Return the status of the answer; what was kept before it was noted tells by what was looked at."""
    return int(diagnosis.get("status") or (401 if "header" in diagnosis else 400))


def can_replay(detail: InboxDetail) -> bool:
    """Tell whether a delivery asks for something that could be done once more."""
    row = detail.row
    return row.verdict is not Verdict.REFUSED and bool(row.entity and row.record_id)


def replay_hint(detail: InboxDetail) -> str:
    """Return what the button to replay does, or why it rests."""
    if detail.row.verdict is Verdict.REFUSED:
        return tr("A rejected delivery is never done. Mend its cause; Zoho's next one is accepted.")
    return tr("Do it once more (P)") if can_replay(detail) else tr("It names no record: there is nothing to do again.")


def facts(detail: InboxDetail, *, now: datetime, zone: str) -> tuple[Fact, ...]:
    """Return what is known of a delivery, in order of interest."""
    row, delivery = detail.row, detail.delivery
    found = [Fact(tr("Record"), row.record_id)] if row.record_id else []
    if detail.label:
        found.insert(0, Fact(tr("Name"), detail.label))
    found += [
        Fact(tr("Received"), ago(row.received_at, now), exact(row.received_at, zone)),
        Fact(tr("Verdict"), " · ".join(part for part in (verdict_word(row.verdict), row.scheme) if part)),
        Fact(tr("Processing"), work_words(row), exact(detail.done_at, zone)),
    ]
    if row.title:
        found.append(Fact(tr("Reason"), row.title))
    if row.delay is not None:
        found.append(Fact(tr("Delay"), delay_words(row.delay), tr("From the delivery to the end of its work.")))
    if detail.modified_at is not None:
        found.append(Fact(tr("Changed in Zoho"), ago(detail.modified_at, now), exact(detail.modified_at, zone)))
    if row.replay_of is not None:
        found.append(Fact(tr("Replay of"), f"#{row.replay_of}"))
    if detail.replays:
        found.append(Fact(tr("Replayed as"), ", ".join(f"#{one}" for one in detail.replays)))
    found.append(Fact(tr("Delivery"), f"#{row.id}"))
    found.append(Fact(tr("Address"), delivery.address + query_text(delivery)))
    found.append(Fact(tr("Source"), delivery.source or "–"))
    found.append(Fact(tr("Body"), body_words(delivery)))
    if detail.organization_id:
        found.append(Fact(tr("Organization"), detail.organization_id))
    return tuple(found)


def query_text(delivery: Delivery) -> str:
    """Return the address's parameters as they stood there; what may be a secret as dots."""
    pairs = [f"{quote_plus(key)}={DOTS if _is_secret(key) else quote_plus(value)}" for key, value in delivery.query]
    return f"?{'&'.join(pairs)}" if pairs else ""


def body_words(delivery: Delivery) -> str:
    """Return size and kind of the body."""
    size = tr("%Ln byte(s)", None, len(delivery.body))
    kind = delivery.content_type.partition(";")[0] or tr("no content type")
    return f"{size}, {kind}" if delivery.body else tr("empty")


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _KEYS)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """A header as it came in; its place keeps those of the same name apart."""

    place: int
    name: str
    value: str

    @property
    def key(self) -> str:
        """Return its place."""
        return str(self.place)


def header_rows(detail: InboxDetail) -> tuple[HeaderRow, ...]:
    """Return the headers, sorted by name."""
    pairs = sorted(detail.delivery.headers.items())
    return tuple(HeaderRow(place, name, redact(value)) for place, (name, value) in enumerate(pairs))


def header_columns() -> tuple[Column[HeaderRow], ...]:
    """Return the columns of the headers."""
    return (
        Column(key="name", title=tr("Header"), text=lambda row: row.name, value=lambda row: row.name, width=190),
        Column(
            key="value",
            title=tr("Value"),
            text=lambda row: row.value,
            value=lambda row: row.value,
            hint=lambda row: row.value,
            width=320,
        ),
    )


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line of the record's audit."""

    place: int
    change: RecordChange

    @property
    def key(self) -> str:
        """Return its place, counted from the oldest."""
        return str(self.place)


def change_columns(now: Callable[[], datetime]) -> tuple[Column[ChangeRow], ...]:
    """Return the columns of the record's audit."""
    return (
        Column(
            key="at",
            title=tr("Time"),
            text=lambda row: ago(row.change.at, now()),
            value=lambda row: iso(row.change.at),
            hint=lambda row: exact(row.change.at),
            copied=lambda row: exact(row.change.at),
            is_passing=True,
            width=100,
        ),
        Column(
            key="action",
            title=tr("What"),
            text=lambda row: _action_word(row.change.action),
            value=lambda row: row.change.action,
            width=90,
        ),
        Column(
            key="fields",
            title=tr("Fields"),
            text=lambda row: _field_words(row.change.fields),
            value=lambda row: ", ".join(row.change.fields),
            hint=lambda row: "\n".join(row.change.fields),
            width=170,
        ),
        Column(
            key="actor",
            title=tr("By"),
            text=lambda row: row.change.actor or row.change.origin or "–",
            value=lambda row: row.change.actor,
            hint=lambda row: row.change.run_id,
            width=110,
        ),
    )


def _action_word(action: str) -> str:
    words = {
        "create": tr("created"),
        "update": tr("updated"),
        "delete": tr("deleted"),
        "revive": tr("brought back"),
    }
    return words.get(action, action)


def _field_words(fields: Sequence[str]) -> str:
    shown = ", ".join(fields[:4])
    return f"{shown}, +{number(len(fields) - 4)}" if len(fields) > 4 else shown or "–"


def body_text(delivery: Delivery) -> str:
    """Return the body as text: JSON laid out, a form field by field, anything else as it is."""
    raw = delivery.body.decode("utf-8", "replace")
    document = document_of(delivery)
    if document is not None:
        return json.dumps(document, ensure_ascii=False, indent=2)
    return raw


def document_of(delivery: Delivery) -> Any:
    """Return what the body says as one document; None when it is no JSON and no form."""
    raw = delivery.body.decode("utf-8", "replace").strip()
    if not raw:
        return None
    found = _parsed(raw)
    if found is not None:
        return found
    if not delivery.content_type.lower().startswith("application/x-www-form-urlencoded"):
        return None
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=500)
    except ValueError:
        return None
    return {key: _inner(key, value) for key, value in pairs} or None


def _inner(key: str, value: str) -> Any:
    found = _parsed(value) if key.lower() == _JSON_FIELD else None
    return value if found is None else found


def _parsed(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) else None


def as_request(detail: InboxDetail, base: str) -> str:
    """Return a delivery as a command of curl against *base*; secrets and the signature are dots.

    It is quoted as a POSIX shell takes it.
    """
    delivery = detail.delivery
    parts = ["curl -X POST", _quoted(f"{base.rstrip('/')}{delivery.address}{query_text(delivery)}")]
    headers = {name: value for name, value in delivery.headers.items() if name not in _NOT_SENT}
    if delivery.content_type:
        headers.setdefault("content-type", delivery.content_type)
    for name, value in sorted(headers.items()):
        shown = DOTS if name in _HIDDEN or _is_secret(name) else redact(value)
        parts.append(f"-H {_quoted(f'{name}: {shown}')}")
    if delivery.body:
        parts.append(f"--data-raw {_quoted(redact(delivery.body.decode('utf-8', 'replace')))}")
    return " \\\n  ".join(parts) + "\n"


def _quoted(text: str) -> str:
    inside = text.replace("'", "'\\''")
    return f"'{inside}'"
