"""One dead letter opened beside the list: its cause, what can be done, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import LetterDetail, LetterState
from tsh_sync_gui.engine.ports.jobs import Attempt
from tsh_sync_gui.ui.panels.dead_letters_head import DetailHead
from tsh_sync_gui.ui.state.columns import Column, Keyed
from tsh_sync_gui.ui.state.dead_letters_detail import (
    DeedRow,
    TryRow,
    deed_columns,
    exchange,
    no_tries,
    side_columns,
    side_rows,
    sides_lead,
    tab_title,
    try_columns,
)
from tsh_sync_gui.ui.state.dead_letters_payload import difference_lead, payload_tree
from tsh_sync_gui.ui.state.dead_letters_rows import cause_words
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.widgets.code_view import Ways, code_view
from tsh_sync_gui.ui.widgets.difference_view import DifferenceView
from tsh_sync_gui.ui.widgets.payload_tree import PayloadTree
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.table import DataTable

Row = TypeVar("Row", bound=Keyed)
_LINES: Final = 48
PAYLOAD, ERROR, TRIES, RECORD, HISTORY = range(5)


class LetterDetailPane(QWidget):
    """Shows a LetterDetail. *export_wanted* carries a table, *others_wanted* a record's id."""

    export_wanted = Signal(object)
    others_wanted = Signal(str)

    def __init__(
        self, parent: QWidget, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None
    ) -> None:
        super().__init__(parent)
        self._now, self._zone = now, zone
        self._settings = settings
        self.detail: LetterDetail | None = None
        self.head = DetailHead()
        self.tabs = QTabWidget(self)
        self.payload = Ways(self.tabs)
        self.tree = PayloadTree()
        self.text = code_view(tr("Record as text"))
        self.differences = DifferenceView(
            tr("Differences"),
            before=tr("Last good"),
            after=tr("Refused"),
            empty=tr("Nothing to compare: no good version of this record is kept."),
        )
        self._error_box = ProblemBox(Problem(title=""))
        self._request = code_view(tr("Request"), wraps=True)
        self._answer = code_view(tr("Answer"), wraps=True)
        self._sides_lead = label("", "caption", wrap=True)
        self._others = button("", "link")
        self._build()

    def _build(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName(tr("Dead letter"))
        self.tabs.addTab(self._payload_tab(), tr("Payload"))
        self.tabs.addTab(self._error_tab(), tr("Error"))
        self._try_request, self._try_answer = code_view(tr("Request"), wraps=True), code_view(tr("Answer"), wraps=True)
        self.tabs.addTab(self._tries_tab(), tr("Tries"))
        self.tabs.addTab(self._record_tab(), tr("Record"))
        self.deeds: DataTable[DeedRow] = self._table(
            deed_columns(self._now), tr("History"), tr("Nobody has done anything with it yet.")
        )
        self.deeds.keep_small()
        self.tabs.addTab(self.deeds, tr("History"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.head)
        column.addWidget(self.tabs, 1)
        self._others.clicked.connect(self._want_others)

    def _want_others(self) -> None:
        if self.detail is not None:
            self.others_wanted.emit(self.detail.letter.record_id)

    def _table(self, columns: Sequence[Column[Row]], name: str, empty: str) -> DataTable[Row]:
        table: DataTable[Row] = DataTable(columns, name, empty=empty, settings=self._settings)
        table.export_wanted.connect(lambda: self.export_wanted.emit(table))
        return table

    def _payload_tab(self) -> QWidget:
        self.payload.add("tree", tr("Tree"), self.tree)
        self.payload.add("text", tr("Text"), self.text)
        self.payload.add("differences", tr("Differences"), self.differences)
        return self.payload

    @staticmethod
    def _exchange(column: QVBoxLayout, request: QPlainTextEdit, answer: QPlainTextEdit) -> None:
        column.addWidget(label(tr("Request"), "section"))
        request.setFixedHeight(_LINES)
        column.addWidget(request)
        column.addWidget(label(tr("Answer"), "section"))
        column.addWidget(answer, 1)

    def _error_tab(self) -> QWidget:
        whole = QWidget(self.tabs)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._error_box)
        self._exchange(column, self._request, self._answer)
        return whole

    def _tries_tab(self) -> QWidget:
        whole = QWidget(self.tabs)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self.tries: DataTable[TryRow] = self._table(try_columns(self._now), tr("Tries"), tr("No try is kept of it."))
        self.tries.keep_small()
        column.addWidget(self.tries, 3)
        self._exchange(column, self._try_request, self._try_answer)
        self._try_answer.setMinimumHeight(_LINES)
        self.tries.view.selectionModel().selectionChanged.connect(self._show_try)
        return whole

    def _record_tab(self) -> QWidget:
        whole = QWidget(self.tabs)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self._sides_lead, 1)
        row.addWidget(self._others)
        column.addLayout(row)
        self.sides = self._table(side_columns(), tr("Both sides"), tr("Neither side of this record is kept."))
        column.addWidget(self.sides, 1)
        return whole

    # Shown

    def show_detail(self, detail: LetterDetail, title: str) -> None:
        """Show *detail*; the tab in front stays."""
        now = self._now()
        is_other = self.detail is None or self.detail.letter.id != detail.letter.id
        known = None if is_other else self.detail
        self.detail = detail
        self.head.show_detail(detail, title, now, self._zone())
        if known is None or known.text != detail.text or known.differences != detail.differences:
            self._show_payload(detail)
        self._show_error(detail)
        if known is None or (known.attempts, known.history) != (detail.attempts, detail.history):
            # What is new would stand below what is known, and the newest is first.
            self.tries.set_rows([])
            self.deeds.set_rows([])
        self.tries.set_rows([TryRow(one) for one in detail.attempts])
        self.tries.say_empty(no_tries(detail.letter))
        self.deeds.set_rows([DeedRow(len(detail.history) - place, one) for place, one in enumerate(detail.history)])
        set_text(self._sides_lead, sides_lead(detail.sides, now))
        if is_other:
            self.sides.set_rows([])
        self.sides.set_rows(side_rows(detail.sides, detail.text if detail.is_json else ""))
        others = len(detail.others)
        self._others.setVisible(others > 0)
        set_text(self._others, tr("%Ln other(s) of this record", None, others))
        for place, words, count in (
            (TRIES, tr("Tries"), len(detail.attempts)),
            (HISTORY, tr("History"), len(detail.history)),
        ):
            self.tabs.setTabText(place, tab_title(words, count))
        self._show_try()

    def clear(self) -> None:
        """Show no letter."""
        self.detail = None
        self.head.show_result(None)

    def _show_payload(self, detail: LetterDetail) -> None:
        self.tree.show_nodes(payload_tree(detail.text, detail.differences) if detail.is_json else ())
        self.text.setPlainText(detail.text)
        count = len(detail.differences)
        self.differences.show_differences(detail.differences, difference_lead(count) if count else "")
        self.payload.name({"differences": tab_title(tr("Differences"), count)})
        self.payload.offer("tree", is_open=detail.is_json)

    def _show_error(self, detail: LetterDetail) -> None:
        letter = detail.letter
        latest = detail.attempts[0] if detail.attempts else None
        words = tr("Field “{field}” = “{value}”").format(field=letter.field, value=letter.value[:300])
        box = Problem(
            title=cause_words(letter),
            meaning="\n".join(part for part in (words if letter.field else "", letter.advice) if part),
            doing=detail.remedy if detail.remedy != letter.advice else "",
            details=latest.traceback if latest else "",
            is_grave=letter.state is LetterState.OPEN,
            tone="" if letter.state is LetterState.OPEN else "grey",
        )
        self._error_box.show_problem(box)
        self._show_exchange(self._request, self._answer, latest)

    def _show_exchange(self, asked: QPlainTextEdit, answered: QPlainTextEdit, attempt: Attempt | None) -> None:
        """Show what was sent and what came back, or why there is neither."""
        request, answer = exchange(attempt, self.detail.requests if self.detail is not None else ())
        words = (
            request or tr("Nothing was sent: the record came in a page of the list."),
            answer or tr("No answer is kept."),
        )
        for view, text in zip((asked, answered), words, strict=True):
            if view.toPlainText() != text:
                view.setPlainText(text)

    def _show_try(self) -> None:
        chosen = self.tries.chosen()
        attempt = chosen[0].attempt if chosen else next((row.attempt for row in self.tries.visible_rows()), None)
        self._show_exchange(self._try_request, self._try_answer, attempt)
