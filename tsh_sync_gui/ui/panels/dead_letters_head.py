"""What stands above the tabs of a letter, and what stands for a group: cause, state, deeds, the last result."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import LetterDetail, LetterGroup, LetterState
from tsh_sync_gui.ui.state.dead_letters import letter_look
from tsh_sync_gui.ui.state.dead_letters_detail import origin, retry_text, standing_lines, why_no_edit, why_no_retry
from tsh_sync_gui.ui.state.dead_letters_rows import cause_words, record_words, trend, trend_words
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import ago, exact, number, tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_text, set_tip, tool
from tsh_sync_gui.ui.widgets.pill import StatePill
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox


class DetailHead(QWidget):
    """Name, state, cause and buttons of a letter. *run_wanted* carries a run's id."""

    run_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._name = ElidedLabel("", "title")
        self._pill: StatePill | None = None
        self._origin = label("", "caption", wrap=True, selectable=True)
        self._cause = label("", "strong", wrap=True, selectable=True)
        self._lines = label("", "small", wrap=True)
        self.retry = button(tr("Retry"), "primary", icon_name="refresh")
        self.edit = button(tr("Edit and retry"))
        self.restore = button(tr("Restore"), "primary", icon_name="reset")
        self.discard = button(tr("Discard"), "")
        self.more = tool("more", tr("More to do with this letter"))
        self.run = button(tr("Open the run"), "link")
        self._result: ProblemBox | None = None
        self._detail: LetterDetail | None = None
        self._is_busy = False
        self._top = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._build()

    def _build(self) -> None:
        # A record's name in Arabic would stand at the other side: Qt aligns by the text's own direction.
        is_mirrored = QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if is_mirrored else Qt.AlignmentFlag.AlignLeft
        self._name.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self._top.setSpacing(8)
        self._top.addWidget(self._name, 1)
        deeds = QHBoxLayout()
        deeds.setSpacing(4)
        for one in (self.retry, self.restore, self.edit, self.discard, self.more):
            deeds.addWidget(one)
        deeds.addStretch(1)
        origin_row = QHBoxLayout()
        origin_row.addWidget(self._origin, 1)
        origin_row.addWidget(self.run, 0, Qt.AlignmentFlag.AlignTop)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(5)
        self._column.addLayout(self._top)
        self._column.addLayout(origin_row)
        self._column.addWidget(self._cause)
        self._column.addWidget(self._lines)
        self._column.addLayout(deeds)
        self.run.clicked.connect(self._open_run)

    def show_detail(self, detail: LetterDetail, title: str, now: datetime, zone: str) -> None:
        """Show a letter's head; next tries stand in the organization's *zone*."""
        if self._detail is not None and self._detail.letter.id != detail.letter.id:
            self.show_result(None)
        self._detail = detail
        letter = detail.letter
        self._name.setText(record_words(letter))
        self._name.setToolTip(record_words(letter))
        look = letter_look(letter, now, zone)
        if self._pill is None:
            self._pill = StatePill(look)
            self._top.addWidget(self._pill)
        self._pill.show_look(look)
        set_text(self._origin, origin(letter, title))
        set_text(self._cause, cause_words(letter))
        lines = " ".join(standing_lines(letter, now, zone))
        set_text(self._lines, lines)
        self._lines.setVisible(bool(lines))
        self._show_deeds(now)

    def _show_deeds(self, now: datetime) -> None:
        detail = self._detail
        if detail is None:
            return
        letter = detail.letter
        is_open = letter.state is LetterState.OPEN
        why, why_edit = why_no_retry(detail, now), why_no_edit(detail, now)
        set_text(self.retry, tr("Being tried…") if self._is_busy else retry_text(detail))
        self.retry.setEnabled(not why and not self._is_busy)
        set_tip(self.retry, why or tr("Try this record again (R)"))
        self.edit.setEnabled(not why_edit and not self._is_busy)
        set_tip(self.edit, why_edit or tr("Mend the record and try it (E)"))
        self.discard.setEnabled(is_open and not self._is_busy)
        set_tip(self.discard, tr("Give it up, with a reason (D)"))
        self.retry.setVisible(is_open)
        self.edit.setVisible(is_open)
        self.discard.setVisible(is_open)
        self.restore.setVisible(letter.state is LetterState.DISCARDED)
        run = letter.resolved_by or letter.run_id
        self.run.setVisible(bool(run))
        words = tr("The run that stored it") if letter.resolved_by else tr("The run that met it")
        set_text(self.run, words)

    def show_busy(self, *, busy: bool, now: datetime) -> None:
        """Let the buttons rest while the letter is being tried: one press, one request."""
        self._is_busy = busy
        self._show_deeds(now)

    def show_result(self, problem: Problem | None) -> None:
        """Show what became of the last press, or nothing."""
        if self._result is not None:
            self._column.removeWidget(self._result)
            self._result.hide()
            self._result.deleteLater()
            self._result = None
        if problem is not None:
            self._result = ProblemBox(problem)
            self._column.addWidget(self._result)

    @property
    def result(self) -> str:
        """Return what the last result says, "" for none."""
        return self._result.accessibleName() if self._result is not None else ""

    def _open_run(self) -> None:
        if self._detail is not None:
            self.run_wanted.emit(self._detail.letter.resolved_by or self._detail.letter.run_id)


class GroupPane(QWidget):
    """A group beside the groups: cause, figures, what mends it, and what can be done with all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._cause = label("", "title", wrap=True, selectable=True)
        self._entity = label("", "caption")
        self._remedy = label("", "body", wrap=True, selectable=True)
        self._facts = QGridLayout()
        self._values: dict[str, QLabel] = {}
        self.retry = button(tr("Retry"), "primary", icon_name="refresh")
        self.items = button(tr("Show records"))
        self.restore = button(tr("Restore"), "primary", icon_name="reset")
        self.discard = button(tr("Discard"), "")
        self.more = tool("more", tr("More to do with this group"))
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._entity)
        column.addWidget(self._cause)
        column.addWidget(self._remedy)
        row = QHBoxLayout()
        row.setSpacing(4)
        for one in (self.retry, self.restore, self.items, self.discard, self.more):
            row.addWidget(one)
        row.addStretch(1)
        column.addLayout(row)
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnStretch(1, 1)
        facts = (
            ("count", tr("Number")),
            ("new", tr("New since you looked")),
            ("trend", tr("Trend")),
            ("first", tr("First seen")),
            ("last", tr("Last seen")),
        )
        for place, (key, words) in enumerate(facts):
            value = label("", "body", wrap=True)
            self._facts.addWidget(label(words, "muted"), place, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, place, 1)
            self._values[key] = value
        column.addSpacing(4)
        column.addLayout(self._facts)
        column.addStretch(1)

    def show_group(self, group: LetterGroup, title: str, now: datetime) -> None:
        """Show *group*."""
        set_text(self._entity, title)
        set_text(self._cause, group.title)
        set_text(self._remedy, group.remedy or tr("Open a record of it to see what was refused."))
        set_text(self.retry, tr("Retry all %Ln…", None, group.count))
        set_tip(self.retry, tr("Try all records of this cause again (Shift+R)"))
        values = {
            "count": number(group.count),
            "new": number(group.new),
            "trend": f"{trend(group)} · {trend_words(group)}",
            "first": ago(group.first_seen_at, now),
            "last": ago(group.last_seen_at, now),
        }
        for key, words in values.items():
            set_text(self._values[key], words)
        set_tip(self._values["first"], exact(group.first_seen_at))
        set_tip(self._values["last"], exact(group.last_seen_at))

    def show_open(self, *, is_open: bool, is_discarded: bool) -> None:
        """Offer what is done with open letters, or with discarded ones."""
        self.restore.setVisible(is_discarded)
        self.retry.setVisible(is_open)
        self.discard.setVisible(is_open)
