"""Edit and retry: a refused record's text, checked while it is typed, and its one request."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import Difference, EditOutcome, LetterDetail, PayloadFault
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.state.dead_letters_detail import origin
from tsh_sync_gui.ui.state.dead_letters_edit import Draft, edit_problem, fault_words, place_of, verdict, why_not
from tsh_sync_gui.ui.state.dead_letters_rows import cause_words, record_words
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_property, set_text, set_tip
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question
from tsh_sync_gui.ui.widgets.difference_view import DifferenceView
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox

_CHECK_MS = 250
_FAULT_HEIGHT, _FAULTS_HEIGHT = 66, 272
_FAULT = Qt.ItemDataRole.UserRole


async def looked_at(
    service: LetterService, letter: str, text: str
) -> tuple[tuple[PayloadFault, ...], tuple[Difference, ...]]:
    """Return what is wrong with *text* and what it changes."""
    return await service.check(letter, text), await service.difference(letter, text)


class LetterEditor(QWidget):
    """Stands in place of the lists while a record is edited. *left* says that it was closed, *mended* carries how."""

    left = Signal()
    mended = Signal(object)

    def __init__(self, actions: Actions, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._actions = actions
        self._now = now
        self._service: LetterService | None = None
        self._detail: LetterDetail | None = None
        self._made_from = b""
        self._round = 0
        self._is_fresh = False
        self._task: asyncio.Task[None] | None = None
        self.draft = Draft(original="", text="")
        self._name = ElidedLabel("", "heading")
        self._cause = label("", "muted", wrap=True, selectable=True)
        self._hint = label(
            tr("This mends the record here. Correct it in Zoho, too: the next full sync reads it from there again."),
            "caption",
            wrap=True,
        )
        self.back = button(tr("Back to the list"), "flat", icon_name="chevron-left")
        self.save = button(tr("Save and retry"), "primary", icon_name="refresh")
        self.reset = button(tr("As it was"), "", icon_name="reset")
        self.text = QPlainTextEdit()
        self._verdict = label("", "strong")
        self.faults = QListWidget()
        self.differences = DifferenceView(
            tr("Changes"), before=tr("Refused"), after=tr("Edited"), empty=tr("Nothing was changed yet.")
        )
        self._result: ProblemBox | None = None
        self._column = QVBoxLayout(self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_CHECK_MS)
        self._wait.timeout.connect(self._check)
        self._build()

    def _build(self) -> None:
        self.text.setFont(theme.fixed_font())
        self.text.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(tr("Record as text"))
        self.text.setTabChangesFocus(True)
        self.faults.setAccessibleName(tr("What is wrong"))
        self.faults.setWordWrap(True)
        self.faults.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.faults.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.faults.setObjectName("faults")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.back)
        head.addWidget(self._name, 1)
        head.addWidget(self.reset)
        head.addWidget(self.save)
        side = QWidget()
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(6)
        beside.addWidget(self._verdict)
        beside.addWidget(self.faults)
        beside.addWidget(self.differences, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(12)
        split.addWidget(self.text)
        split.addWidget(side)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addLayout(head)
        self._column.addWidget(self._cause)
        self._column.addWidget(self._hint)
        self._column.addWidget(split, 1)
        self.text.textChanged.connect(self._typed)
        self.faults.itemActivated.connect(self._go_to)
        self.faults.itemClicked.connect(self._go_to)
        self.back.clicked.connect(self.leave)
        self.reset.clicked.connect(lambda: self.text.setPlainText(self.draft.original))
        self.save.clicked.connect(self.carry_out)
        keys = QShortcut(QKeySequence("Ctrl+Return"), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self.carry_out)

    def begin(self, service: LetterService, detail: LetterDetail, title: str) -> None:
        """Edit *detail*, which is locked for others by now."""
        self._service, self._detail, self._made_from = service, detail, detail.payload
        self.draft = Draft(original=detail.text, text=detail.text)
        self._show_result(None)
        self._name.setText(record_words(detail.letter))
        set_text(self._cause, f"{origin(detail.letter, title)}\n{cause_words(detail.letter)}")
        self.text.setPlainText(detail.text)
        self.text.setReadOnly(False)
        is_record = detail.letter.part.is_record
        set_text(self.save, tr("Save and retry · no call") if is_record else tr("Save and retry"))
        self._hint.setVisible(is_record)
        self._is_fresh = True
        self._check()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def letter(self) -> str:
        """Return the id of the letter that is edited, "" for none."""
        return self._detail.letter.id if self._detail is not None else ""

    # Typing

    def _typed(self) -> None:
        self._is_fresh = False
        self.draft = self.draft.typed(self.text.toPlainText())
        self._wait.start()
        self._show()

    def _check(self) -> None:
        """Look at the text as it is now; what comes back about an older one is dropped."""
        self._wait.stop()
        if self._service is None or self._detail is None:
            return
        self._round += 1
        mine, text = self._round, self.draft.text
        self._actions.run(
            looked_at(self._service, self._detail.letter.id, text),
            then=lambda found: self._looked(mine, text, *found),
            otherwise=lambda error: self._not_looked(mine, error),
        )
        self._show()

    def _looked(
        self, mine: int, text: str, faults: tuple[PayloadFault, ...], differences: tuple[Difference, ...]
    ) -> None:
        if mine != self._round:
            return
        self.draft = self.draft.looked_at(text, faults, differences)
        self.faults.clear()
        for one in faults:
            item = QListWidgetItem(fault_words(one))
            item.setData(_FAULT, one)
            item.setToolTip(fault_words(one))
            self.faults.addItem(item)
        self.faults.setVisible(bool(faults))
        self.faults.setFixedHeight(min(_FAULTS_HEIGHT, _FAULT_HEIGHT * len(faults) + 8))
        self.differences.show_differences(differences, "")
        self._show()
        if self._is_fresh and faults:
            self._go_to(self.faults.item(0))
        self._is_fresh = False

    def _not_looked(self, mine: int, error: BaseException) -> None:
        if mine == self._round:
            self._show_result(problem_from(error))

    def _show(self) -> None:
        words, tone = verdict(self.draft)
        set_text(self._verdict, words)
        set_property(self._verdict, "tone", tone if tone != "muted" else "")
        why = why_not(self.draft)
        self.save.setEnabled(not why)
        set_tip(self.save, why or tr("One request leaves, once (Ctrl+Enter)"))
        self.reset.setEnabled(self.draft.text != self.draft.original and not self.draft.is_sending)

    def _go_to(self, item: QListWidgetItem) -> None:
        text = self.draft.text
        place = place_of(text, item.data(_FAULT))
        if place is not None:
            first, last = (len(text[:one].encode("utf-16-le")) // 2 for one in place)  # as Qt counts
            cursor = self.text.textCursor()
            cursor.setPosition(first)
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
            self.text.setTextCursor(cursor)
            self.text.ensureCursorVisible()
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    # The one request

    def carry_out(self) -> None:
        """Let the edit leave; the button is dead from here until another text stands there."""
        if self._service is None or self._detail is None or why_not(self.draft):
            return
        self.draft = self.draft.begun()
        self.text.setReadOnly(True)
        self._show_result(Problem(title=tr("Being tried…"), tone="blue"))
        self._show()
        key, made_from = uuid.uuid4().hex, self._made_from
        self._task = self._actions.run(
            self._service.edit_and_retry(self._detail.letter.id, self.draft.text, key=key, made_from=made_from),
            then=self._ended,
            otherwise=self._refused,
            is_long=True,
        )

    def _ended(self, outcome: EditOutcome) -> None:
        self.draft = self.draft.ended()
        # Where the edit itself was refused, it is the refused text from now on.
        self._made_from = outcome.refused or self._made_from
        self.text.setReadOnly(False)
        self._show_result(edit_problem(outcome))
        self._show()
        if outcome.is_mended:
            self._close()
            self.mended.emit(outcome)

    def _refused(self, error: BaseException) -> None:
        self.draft = self.draft.not_sent()
        self.text.setReadOnly(False)
        self._show_result(problem_from(error))
        self._show()

    def _show_result(self, problem: Problem | None) -> None:
        if self._result is not None:
            self._column.removeWidget(self._result)
            self._result.hide()
            self._result.deleteLater()
            self._result = None
        if problem is not None:
            self._result = ProblemBox(problem)
            self._column.insertWidget(3, self._result)

    @property
    def result(self) -> str:
        """Return what the last result says, "" for none."""
        return self._result.accessibleName() if self._result is not None else ""

    # Leaving

    def leave(self) -> None:
        """Close, or ask where something typed would be lost."""
        if self.draft.is_sending:
            return
        if not self.draft.is_changed:
            self.give_up()
            return
        Question(
            self,
            tr("Leave without trying it?"),
            tr("What you changed is not kept."),
            (Choice(tr("Go on editing"), "primary"), Choice(tr("Leave"), "danger", self.give_up)),
        ).open()

    def give_up(self) -> None:
        """Close without a retry, and let go of the letter."""
        service, letter = self._service, self.letter
        self._close()
        if service is not None and letter:
            self._actions.run(service.unlock(letter))
        self.left.emit()

    def _close(self) -> None:
        self._round += 1
        self._is_fresh = False
        self._wait.stop()
        self._detail = None
