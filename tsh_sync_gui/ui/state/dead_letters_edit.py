"""An edit of a refused record: what was typed, what is wrong with it, and whether it may be carried out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Final

from tsh_sync_gui.engine.letters.values import Difference, EditOutcome, PayloadFault
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr

_MEMBER: Final = re.compile(r'\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<plain>[^,\s]*))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edit under way. *checked* is the text that *faults* and *differences* are about, *sent* the one that left."""

    original: str
    text: str
    checked: str | None = None
    faults: tuple[PayloadFault, ...] = ()
    differences: tuple[Difference, ...] = ()
    sent: str | None = None
    is_sending: bool = False

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was typed that is not kept."""
        return self.text not in {self.original, self.sent}

    @property
    def is_checked(self) -> bool:
        """Tell whether the present text has been looked at."""
        return self.checked == self.text

    def typed(self, text: str) -> Draft:
        """Return the draft with another text; its faults stand until it is checked."""
        return replace(self, text=text)

    def looked_at(self, text: str, faults: tuple[PayloadFault, ...], differences: tuple[Difference, ...]) -> Draft:
        """Return the draft with what was found about *text*."""
        return replace(self, checked=text, faults=faults, differences=differences)

    def begun(self) -> Draft:
        """Return the draft as its one request leaves."""
        return replace(self, is_sending=True, sent=self.text)

    def ended(self) -> Draft:
        """Return the draft after the outcome: only another text may leave now."""
        return replace(self, is_sending=False)

    def not_sent(self) -> Draft:
        """Return the draft after an error kept it from leaving: the same text may leave again."""
        return replace(self, is_sending=False, sent=None)


def why_not(draft: Draft) -> str:
    """Return why the edit cannot be carried out now; empty when it can."""
    if draft.is_sending:
        return tr("It is being tried.")
    if draft.text == draft.sent:
        return tr("This text was tried already. Change it first.")
    if not draft.is_checked:
        return tr("Being checked…")
    if draft.faults:
        return tr("%Ln thing(s) must be mended first.", None, len(draft.faults))
    if draft.text == draft.original:
        return tr("Nothing was changed yet.")
    return ""


def fault_words(fault: PayloadFault) -> str:
    """Return a fault as a line."""
    where = fault.field or (tr("Line %Ln", None, fault.line) if fault.line else "")
    words = f"{where}: {fault.reason}" if where else fault.reason
    return f"{words} · {fault.value[:60]}" if fault.value else words


def place_of(text: str, fault: PayloadFault) -> tuple[int, int] | None:
    """Return where the value that is wrong begins and ends in *text*, None where it cannot be told."""
    lines = text.split("\n")
    name = json.dumps(fault.field.rpartition(".")[2], ensure_ascii=False)
    number = fault.line or next((place for place, line in enumerate(lines, 1) if line.lstrip().startswith(name)), 0)
    if not 0 < number <= len(lines):
        return None
    line = lines[number - 1]
    start = sum(len(one) + 1 for one in lines[: number - 1])
    found = _MEMBER.match(line)
    if found is None:
        return start, start + len(line)
    begin, end = found.span("text") if found["text"] is not None else found.span("plain")
    return start + begin, start + end


def verdict(draft: Draft) -> tuple[str, str]:
    """Return what is said of the text, and its tone."""
    if not draft.is_checked:
        return tr("Being checked…"), "muted"
    if draft.faults:
        return tr("%Ln thing(s) wrong", None, len(draft.faults)), "red"
    if not draft.differences:
        return tr("The same as what was refused"), "muted"
    return tr("Good · %Ln value(s) changed", None, len(draft.differences)), "green"


def edit_problem(outcome: EditOutcome) -> Problem:
    """Return what became of an edit."""
    if outcome.is_mended:
        return Problem(
            title=tr("The record is stored with your change"),
            meaning=tr("The original stays in the letter's history."),
            tone="green",
        )
    faults = "\n".join(fault_words(one) for one in outcome.faults)
    return Problem(
        title=outcome.title or tr("The edited record was not taken"),
        meaning="\n".join(part for part in (outcome.advice, faults) if part),
        is_grave=True,
    )
