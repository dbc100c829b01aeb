"""Dead letters as a table in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.table_files import SUFFIXES, Column, Exported, write_table
from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.letters.values import Letter


def _text(key: str, title: str, value: Callable[[Letter], Any]) -> Column[Letter]:
    def shown(letter: Letter) -> str:
        found = value(letter)
        return "" if found is None else str(found)

    return Column(key=key, title=title, text=shown, value=value, is_number=key == "tries")


def _moment(key: str, title: str, value: Callable[[Letter], datetime | None]) -> Column[Letter]:
    return _text(key, title, lambda letter: iso(value(letter)))


COLUMNS: Final[tuple[Column[Letter], ...]] = (
    _text("id", "Letter", lambda one: one.id),
    _text("entity", "Entity", lambda one: one.entity),
    _text("part", "Part", lambda one: one.part.value),
    _text("record_id", "Record", lambda one: one.record_id),
    _text("label", "Name", lambda one: one.label),
    _text("state", "State", lambda one: one.state.value),
    _text("kind", "Kind", lambda one: one.kind),
    _text("cause", "Cause", lambda one: one.cause),
    _text("field", "Field", lambda one: one.field),
    _text("value", "Value", lambda one: one.value),
    _text("reason", "Reason", lambda one: one.reason),
    _text("tries", "Tries", lambda one: one.tries),
    _moment("first_seen_at", "First seen", lambda one: one.first_seen_at),
    _moment("last_seen_at", "Last seen", lambda one: one.last_seen_at),
    _moment("retried_at", "Retried", lambda one: one.retried_at),
    _text("assigned_to", "Assigned", lambda one: one.assigned_to),
    _text("note", "Note", lambda one: one.note),
    _moment("snoozed_until", "Snoozed until", lambda one: one.snoozed_until),
    _moment("resolved_at", "Resolved", lambda one: one.resolved_at),
    _text("resolved_by", "Resolved by", lambda one: one.resolved_by),
    _text("discard_reason", "Discarded because", lambda one: one.discard_reason),
    _text("run_id", "Run", lambda one: one.run_id),
)


def write_letters(path: Path, letters: Sequence[Letter]) -> Exported:
    """Write *letters* to *path* in the format of its suffix; ConfigurationError for another suffix or folder."""
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigurationError(f"“{path.name}” is no table", advice=f"End the name with {', '.join(SUFFIXES)}.")
    try:
        return write_table(path, COLUMNS, letters, name="Dead letters")
    except OSError as error:
        raise ConfigurationError(
            f"“{path}” cannot be written", advice="Choose another folder, or close the file.", cause=str(error)
        ) from error
