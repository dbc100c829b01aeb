"""Dead letters in memory, as the window's tests and pictures want them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.letter_samples import ME, NOW, attempt_of, change, group_of, holds, letter_of, payload_of, work_of
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.engine.letters.search import parse
from tsh_sync_gui.engine.letters.values import (
    Deed,
    Difference,
    EditOutcome,
    Letter,
    LetterDeed,
    LetterDetail,
    LetterFigures,
    LetterForecast,
    LetterGroup,
    LetterOrder,
    LetterPage,
    LetterState,
    LetterWork,
    Part,
    PayloadFault,
    Sides,
    WorkState,
)
from tsh_sync_gui.engine.ports.jobs import Attempt
from tsh_sync_gui.ui.letter_service import Which
from tsh_sync_gui.ui.state.export import Exported

__all__ = ["ME", "NOW", "FakeLetters", "change", "letter_of", "work_of"]


@dataclass
class FakeLetters:
    """Fulfils `ui.letter_service.LetterService`; remembers what it was asked.

    *mends* says whether a retry stores the record, *hold* lets works run until they are moved by hand.
    """

    letters: list[Letter] = field(default_factory=list)
    bus: Bus = field(default_factory=Bus)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    past: list[LetterWork] = field(default_factory=list)
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    deeds: dict[str, list[LetterDeed]] = field(default_factory=dict)
    error: Exception | None = None
    mends: bool = True
    hold: bool = False
    hold_edits: asyncio.Event | None = None
    left_today: int = 388
    last_resolved_at: datetime | None = None
    locked_by: str = ""

    def _hears(self, word: str, what: Any) -> None:
        self.asked.append((word, what))
        if self.error is not None:
            raise self.error

    def words(self) -> list[str]:
        """Return the words of what was asked that changes something."""
        return [word for word, _ in self.asked]

    def _matching(self, query: str) -> list[Letter]:
        terms = parse(query, now=NOW, me=ME).terms
        found = [one for one in self.letters if all(holds(one, term) is not term.is_negated for term in terms)]
        return sorted(found, key=lambda one: one.last_seen_at, reverse=True)

    def _of(self, which: Which) -> list[Letter]:
        return self._matching(which) if isinstance(which, str) else [one for one in self.letters if one.id in which]

    async def figures(self) -> LetterFigures:
        """Count the letters."""
        if self.error is not None:
            raise self.error
        waiting = self._matching("")
        return LetterFigures(
            waiting=len(waiting),
            snoozed=len(self._matching("state:snoozed")),
            new=sum(one.is_new for one in waiting),
            mine=sum(one.assigned_to == ME for one in waiting),
            oldest_at=min((one.first_seen_at for one in waiting), default=None),
            last_resolved_at=self.last_resolved_at,
            by_entity=dict(Counter(one.entity for one in waiting)),
        )

    async def groups(self, query: str = "") -> list[LetterGroup]:
        """Group what matches."""
        self._hears("groups", query)
        found: dict[tuple[str, str], list[Letter]] = {}
        for one in self._matching(query):
            found.setdefault((one.entity, one.cause), []).append(one)
        groups = [group_of(letters) for letters in found.values()]
        return sorted(groups, key=lambda group: -group.count)

    async def page(
        self,
        query: str,
        *,
        order: LetterOrder = LetterOrder.LAST_SEEN,
        is_descending: bool = True,
        after: str = "",
        limit: int = 100,
    ) -> LetterPage:
        """Return the letters from place *after*."""
        self._hears("page", (query, order, is_descending, after))
        found = self._matching(query)
        keys = {
            LetterOrder.FIRST_SEEN: lambda one: one.first_seen_at,
            LetterOrder.RECORD: lambda one: one.label,
            LetterOrder.TRIES: lambda one: one.tries,
        }
        found.sort(key=keys.get(order, lambda one: one.last_seen_at), reverse=is_descending)
        start = int(after or 0)
        more = str(start + limit) if start + limit < len(found) else ""
        return LetterPage(letters=tuple(found[start : start + limit]), total=len(found), after=more)

    async def detail(self, letter: str) -> LetterDetail | None:
        """Open a letter."""
        one = next((one for one in self.letters if one.id == letter), None)
        if one is None:
            return None
        payload = payload_of(one)
        good = payload_of(one, **{one.field: "2026-02-28", "status": "draft"})
        return LetterDetail(
            letter=one,
            payload=json.dumps(payload).encode(),
            text=json.dumps(payload, ensure_ascii=False, indent=2),
            is_json=True,
            differences=(
                Difference(path=one.field, before="2026-02-28", after=one.value),
                Difference(path="status", before="draft", after="sent"),
                Difference(path="line_items[1].rate", before=None, after="375.0"),
            ),
            attempts=tuple(self.attempts.get(letter, [attempt_of(one)])),
            history=tuple(self.deeds.get(letter, [])),
            sides=Sides(
                zoho_row=json.dumps(good),
                ours=json.dumps({"invoice_number": one.label, "status": "draft", "total": 37.5}),
                synced_at=NOW - timedelta(days=3),
            ),
            others=(change(letter_of(90), record_id=one.record_id),),
            remedy=one.advice,
            calls=1 if one.part is Part.DETAIL else 0,
            can_edit=one.part.is_record and one.state is LetterState.OPEN,
        )

    async def looked(self, figures: LetterFigures) -> None:
        """Nothing is new any more."""
        self._hears("looked", figures)
        self.letters = [change(one, is_new=False) for one in self.letters]

    async def forecast(self, which: Which) -> LetterForecast:
        """Return a call for each detail."""
        self._hears("forecast", which)
        letters = self._of(which)
        calls = sum(one.part is Part.DETAIL for one in letters)
        return LetterForecast(
            letters=len(letters),
            calls=calls,
            without_call=len(letters) - calls,
            left_today=self.left_today,
            fits=calls <= self.left_today,
            seconds=calls * 3.0,
        )

    async def retry(self, which: Which, *, careful: bool = False, pace: int | None = None) -> LetterWork:
        """Begin a retry; it ends at once unless *hold*."""
        self._hears("retry", (which, careful, pace))
        letters = self._of(which)
        work = work_of(
            len(letters),
            id=f"work-{len(self.past) + 1}",
            is_careful=careful,
            pace=pace,
            written=which if isinstance(which, str) else "",
        )
        self.past.insert(0, work)
        if not self.hold:
            self.finish(work, letters)
        self.bus.publish(LettersChanged(work=work.id))
        return self.past[0]

    def finish(self, work: LetterWork, letters: list[Letter]) -> None:
        """End a retry of *letters*."""
        ids = {one.id for one in letters}
        self.letters = [self._tried(one) if one.id in ids else one for one in self.letters]
        for one in letters:
            self.deeds.setdefault(one.id, []).insert(
                0, LetterDeed(at=NOW, by=ME, deed=Deed.RETRY, work=work.id, words="1 record")
            )
        number = len(letters)
        ended = {"succeeded": number} if self.mends else {"failed": number}
        self.move(work.id, state=WorkState.DONE, done=number, ended_at=NOW, **ended)

    def move(self, work: str, **changes: Any) -> None:
        """Let a retry go on."""
        self.past = [change(one, **changes) if one.id == work else one for one in self.past]
        self.bus.publish(LettersChanged(work=work))

    def _tried(self, one: Letter) -> Letter:
        if not self.mends:
            return change(one, tries=one.tries + 1, last_seen_at=NOW)
        return change(one, state=LetterState.RESOLVED, resolved_at=NOW, resolved_by="run-invoices")

    async def work(self, work: str) -> LetterWork | None:
        """Return a retry."""
        return next((one for one in self.past if one.id == work), None)

    async def works(self, *, limit: int = 20) -> list[LetterWork]:
        """Return all retries."""
        return self.past[:limit]

    async def cancel_work(self, work: str) -> LetterWork:
        """Cancel it."""
        self._hears("cancel", work)
        self.move(work, state=WorkState.CANCELLED, ended_at=NOW)
        return next(one for one in self.past if one.id == work)

    async def lock(self, letter: str) -> Letter:
        """Keep it."""
        self._hears("lock", letter)
        self._change((letter,), locked_by=ME, locked_until=NOW + timedelta(minutes=10))
        return next(one for one in self.letters if one.id == letter)

    async def unlock(self, letter: str) -> None:
        """Let go of it."""
        self._hears("unlock", letter)
        self._change((letter,), locked_by="", locked_until=None)

    async def check(self, letter: str, text: str) -> tuple[PayloadFault, ...]:
        """Want JSON, and another value where the fault was."""
        one = next(one for one in self.letters if one.id == letter)
        try:
            document = json.loads(text)
        except ValueError as error:
            return (PayloadFault(field="", value="", reason=str(error), line=getattr(error, "lineno", 0)),)
        if document.get(one.field) == one.value:
            return (PayloadFault(field=one.field, value=one.value, reason=one.reason, line=4),)
        return ()

    async def difference(self, letter: str, text: str) -> tuple[Difference, ...]:
        """Compare the first level."""
        one = next(one for one in self.letters if one.id == letter)
        try:
            new = json.loads(text)
        except ValueError:
            return ()
        old = payload_of(one)
        return tuple(
            Difference(path=name, before=str(old.get(name)), after=str(new.get(name)))
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        )

    async def edit_and_retry(
        self, letter: str, text: str, *, key: str = "", made_from: bytes | None = None
    ) -> EditOutcome:
        """Carry it out."""
        self._hears("edit", (letter, text, key, made_from))
        if self.hold_edits is not None:
            await self.hold_edits.wait()
        if self.mends:
            self._change((letter,), state=LetterState.RESOLVED, resolved_at=NOW, resolved_by="run-edit")
        one = next(one for one in self.letters if one.id == letter)
        if self.mends:
            return EditOutcome(is_mended=True, letter=one, run_id="run-edit")
        return EditOutcome(
            is_mended=False, letter=one, title="Zoho did not take it", advice="The date is in a closed year."
        )

    def _change(self, which: Which, **changes: Any) -> int:
        ids = {one.id for one in self._of(which)}
        self.letters = [change(one, **changes) if one.id in ids else one for one in self.letters]
        self.bus.publish(LettersChanged(number=len(ids)))
        return len(ids)

    async def discard(self, which: Which, *, reason: str) -> int:
        """Give letters up."""
        self._hears("discard", (which, reason))
        return self._change(
            which, state=LetterState.DISCARDED, discarded_at=NOW, discarded_by=ME, discard_reason=reason
        )

    async def restore(self, which: Which) -> int:
        """Bring them back."""
        self._hears("restore", which)
        return self._change(which, state=LetterState.OPEN)

    async def snooze(self, which: Which, *, until: datetime | None) -> int:
        """Hide them."""
        self._hears("snooze", (which, until))
        return self._change(which, snoozed_until=until)

    async def assign(self, which: Which, *, to: str) -> int:
        """Give them to somebody."""
        self._hears("assign", (which, to))
        return self._change(which, assigned_to=to)

    async def note(self, which: Which, *, text: str) -> int:
        """Write a note."""
        self._hears("note", (which, text))
        return self._change(which, note=text)

    async def export(self, query: str, path: Path) -> Exported:
        """Write the ids."""
        self._hears("export", (query, path))
        found = self._matching(query)
        await asyncio.to_thread(path.write_text, "\n".join(one.record_id for one in found), encoding="utf-8")
        return Exported(path, len(found))
