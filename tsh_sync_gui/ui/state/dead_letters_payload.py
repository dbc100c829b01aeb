"""A refused record's text: as a tree, and what in it differs from the last good version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tsh_sync_gui.engine.letters.values import Difference
from tsh_sync_gui.ui.state.texts import tr

_LONGEST: Final = 120
_NODES: Final = 5000


def shown_value(value: Any) -> str:
    """Return a value on one line; lists and objects by their size."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{tr('%Ln item(s)', None, len(value))}]"
    if isinstance(value, Mapping):
        return f"{{{tr('%Ln field(s)', None, len(value))}}}"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the payload in its tree; *before* is the last good value where that was another."""

    name: str
    text: str
    path: str
    children: tuple[Node, ...] = ()
    before: str | None = None
    is_changed: bool = False


def payload_tree(text: str, differences: Iterable[Difference] = ()) -> tuple[Node, ...]:
    """Return the payload as nodes, at most some thousands; nothing when it is no JSON."""
    try:
        document = json.loads(text)
    except ValueError:
        return ()
    changed = {one.path: one for one in differences}
    budget = [_NODES]
    return _children(document, "", changed, budget)


def _children(value: Any, path: str, changed: Mapping[str, Difference], budget: list[int]) -> tuple[Node, ...]:
    if isinstance(value, dict):
        pairs = [(str(name), f"{path}.{name}" if path else str(name), one) for name, one in value.items()]
    elif isinstance(value, list):
        pairs = [(f"[{place}]", f"{path}[{place}]", one) for place, one in enumerate(value)]
    else:
        return ()
    found = []
    for name, where, one in pairs:
        budget[0] -= 1
        if budget[0] < 0:
            found.append(Node("…", tr("and more: see the text"), where))
            break
        known = changed.get(where)
        inside = _children(one, where, changed, budget)
        found.append(
            Node(
                name,
                shown_value(one),
                where,
                inside,
                known.before if known else None,
                known is not None or any(child.is_changed for child in inside),
            )
        )
    return tuple(found)


def value_text(text: str | None) -> str:
    """Return one side of a difference, shortened; "missing" where there is none."""
    if text is None:
        return tr("(missing)")
    if not text:
        return tr("(empty)")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def difference_lead(count: int) -> str:
    """Return how many values are others than in the last good version."""
    if not count:
        return tr("No difference to the last good version is known.")
    return tr("Other than in the last good version: %Ln value(s).", None, count)
