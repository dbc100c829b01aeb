"""Faults on demand: which request fails next, and how."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from zlib import crc32

from tsh_sync_gui.simulator import replies
from tsh_sync_gui.simulator.replies import Reply

REFUSALS = frozenset({"429_44", "429_45", "429_1070", "401", "500", "html"})
CONNECTION = frozenset({"cut", "lost_answer"})
ROWS = frozenset({"duplicate", "bad_record", "bad_value", "bad_date", "huge_field", "three_causes"})
KINDS = REFUSALS | CONNECTION | ROWS | {"slow", "truncated", "filter_ignored", "wrong_key"}
_SLOW_MS = 5000
_HUGE = 1 << 20
_IN_TURN = ("bad_value", "bad_date", "no_name")
_ONE_IN = 8
_NAMES = ("name", "item_name", "contact_name")
_HTML = b"<!DOCTYPE html><html><head><title>Zoho</title></head><body><h1>Please try again later</h1></body></html>"


@dataclass(slots=True)
class Rule:
    """Requests whose path fits fail, after *after* that don't, *times* times; negative *times* means always."""

    path: str
    kind: str
    times: int = -1
    after: int = 0
    delay_ms: int = 0

    @classmethod
    def of(cls, value: Any) -> "Rule":
        """Return the rule described by JSON; raises ValueError saying what is wrong with it."""
        if not isinstance(value, dict):
            raise ValueError(f"a rule must be an object, not {value!r}")  # noqa: TRY004 - likewise
        unknown = value.keys() - {"path", "kind", "times", "after", "delay_ms"}
        if unknown:
            raise ValueError(f"a rule has no field {', '.join(sorted(unknown))}")
        kind = str(value.get("kind", ""))
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}, not {kind!r}")
        numbers = {}
        for name, default in (("times", -1), ("after", 0), ("delay_ms", _SLOW_MS if kind == "slow" else 0)):
            number = value.get(name, default)
            if not isinstance(number, int) or isinstance(number, bool) or number < min(default, 0):
                raise ValueError(f"{name} must be a whole number, not {number!r}")
            numbers[name] = number
        return cls(str(value.get("path", "*")), kind, **numbers)

    def fits(self, path: str) -> bool:
        """Say whether the rule speaks of *path*, with or without the product's prefix."""
        short = "/" + path.split("/", 3)[-1] if path.startswith(("/books/v3/", "/inventory/v1/")) else path
        return fnmatchcase(path, self.path) or fnmatchcase(short, self.path)


class Faults:
    """The rules in force; the first that fits a request is used."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def set(self, values: Any) -> None:
        """Replace all rules; raises ValueError on the first that is wrong."""
        if not isinstance(values, list | tuple):
            raise ValueError("rules must be a list")  # noqa: TRY004 - the caller turns this one error into words
        self.rules = [Rule.of(value) for value in values]

    def next(self, path: str) -> Rule | None:
        """Count a request for *path* and return the rule that it falls under."""
        for rule in self.rules:
            if rule.times == 0 or not rule.fits(path):
                continue
            if rule.after > 0:
                rule.after -= 1
                continue
            if rule.times > 0:
                rule.times -= 1
            return rule
        return None


def refusal(kind: str, *, per_day: int) -> Reply:
    """Return the answer of a fault that needs no work done."""
    if kind == "html":
        return Reply(_HTML, 200, replies.HTML_TYPE)
    make: dict[str, Callable[[], Reply]] = {
        "429_44": replies.minute_exceeded,
        "429_45": lambda: replies.day_exceeded(per_day),
        "429_1070": replies.too_many_at_once,
        "401": replies.unauthorized,
        "500": lambda: replies.error(500, 1000, "Internal error"),
    }
    return make[kind]()


def spoiled(rows: list[bytes], kind: str, id_key: str) -> list[bytes]:
    """Return *rows* with the one in the middle made bad."""
    if not rows:
        return rows
    if kind == "three_causes":
        records = [json.loads(row) for row in rows]
        bad = [spoiled_record(record, kind, id_key) for record in records]
        return [
            row if one is record else replies.encoded(one) for row, record, one in zip(rows, records, bad, strict=True)
        ]
    middle = len(rows) // 2
    if kind == "duplicate":
        return [*rows[: middle + 1], *rows[middle:]]
    worst = spoiled_record(json.loads(rows[middle]), kind, id_key)
    return [*rows[:middle], replies.encoded(worst), *rows[middle + 1 :]]


def spoiled_record(record: dict[str, Any], kind: str, id_key: str) -> dict[str, Any]:
    """Return *record* made bad in the way that *kind* says."""
    if kind == "three_causes":
        # The same records in lists and details, about one in three of them, each bad in its own way.
        turn = crc32(str(record.get(id_key)).encode()) % _ONE_IN
        return spoiled_record(record, _IN_TURN[turn], id_key) if turn < len(_IN_TURN) else record
    if kind == "no_name":
        return record | {key: "" for key in _NAMES if key in record}
    if kind == "bad_record":
        return {key: value for key, value in record.items() if key != id_key}
    if kind == "bad_value":
        for key in ("rate", "total", "amount", "outstanding_receivable_amount", "decimal_place"):
            if key in record:
                return record | {key: "twelve and a half"}
    if kind == "bad_date":
        wrong = {"date": "2026-13-45", "created_time": "2026-13-45T99:99:99+0300", "last_modified_time": "yesterday"}
        return record | {key: value for key, value in wrong.items() if key in record}
    if kind == "huge_field":
        for key in ("description", "reference_number", "company_name", "name"):
            if key in record:
                return record | {key: "x" * _HUGE}
    return record
