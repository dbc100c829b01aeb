"""One delivery opened beside the list: what was done, why it was refused, headers, body, the record's audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from PySide6.QtWidgets import QTabWidget as Tabs

from tsh_sync_gui.engine.ports.deliveries import InboxDetail
from tsh_sync_gui.engine.ports.inbox import Verdict
from tsh_sync_gui.ui.state import webhooks_detail as state
from tsh_sync_gui.ui.state import webhooks_diagnosis as diagnosis
from tsh_sync_gui.ui.state.columns import Column, Keyed
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks_body import Body
from tsh_sync_gui.ui.state.webhooks_rows import verdict_look
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_text, set_tip, tool
from tsh_sync_gui.ui.widgets.code_view import Ways, code_view
from tsh_sync_gui.ui.widgets.payload_tree import PayloadTree
from tsh_sync_gui.ui.widgets.pill import StatePill
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.table import DataTable

Row = TypeVar("Row", bound=Keyed)
_HEAD_HEIGHT, _ROW_HEIGHT = 84, 30
DONE, DIAGNOSIS, BODY, HEADERS, AUDIT = range(5)


class FactGrid(QWidget):
    """Names and values in two columns; the values can be chosen and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, str] = {}

    def show_facts(self, facts: Sequence[state.Fact]) -> None:
        """Show other facts."""
        values = {fact.name: fact.value for fact in facts}
        if values == self.values:
            return
        self.values = values
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for place, fact in enumerate(facts):
            value = label(fact.value, "body", wrap=True, selectable=True)
            set_tip(value, fact.hint)
            self._grid.addWidget(label(fact.name, "muted"), place, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, place, 1)


def scrolled(content: QWidget) -> QScrollArea:
    """Return *content* in an area that scrolls up and down."""
    made = QScrollArea()
    content.setObjectName("scrolled")
    made.setWidget(content)
    made.setWidgetResizable(True)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    content.setAutoFillBackground(False)
    return made


class DeliveryPane(QWidget):
    """Shows an InboxDetail. *run_wanted* carries a run, *opened* another delivery's number, *export_wanted* a table.

    *hurried* says that what waits is to be tried now, *cancelled* that it is not to be done.
    """

    run_wanted = Signal(str)
    letters_wanted = Signal()
    hurried = Signal()
    cancelled = Signal()
    opened = Signal(int)
    export_wanted = Signal(object)

    def __init__(self, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None) -> None:
        super().__init__()
        self._now, self._zone, self._settings = now, zone, settings
        self.detail: InboxDetail | None = None
        self._name = ElidedLabel("", "title")
        self._pill: StatePill | None = None
        self._done = label("", "strong", wrap=True, selectable=True)
        self.replay = button(tr("Replay…"), "primary", icon_name="refresh", hint=tr("Do it once more (P)"))
        self.copy = button(tr("Copy as request"), "", icon_name="copy", hint=tr("As a command of curl (C)"))
        self.hurry = button(tr("Try now"), "", icon_name="play")
        self.cancel = button(tr("Cancel"), "", icon_name="stop", hint=tr("Do not do what it asks for"))
        self.run = button(tr("Open the run"), "link")
        self.other = button("", "link")
        self.letters = button(tr("Open dead letters"), "link")
        self.tabs = Tabs()
        self.facts = FactGrid()
        self.diagnosis = ProblemBox(Problem(title=""))
        self.diagnosis_facts = FactGrid()
        self._tried_heading = label(tr("Computed signatures"), "section")
        self.tree = PayloadTree()
        self.text = code_view(tr("Body as text"))
        self.body = Ways()
        self._top = QHBoxLayout()
        self._build()

    def _build(self) -> None:
        self._top.setSpacing(8)
        self._top.addWidget(self._name, 1)
        deeds = QHBoxLayout()
        deeds.setSpacing(4)
        for one in (self.hurry, self.cancel, self.replay, self.copy):
            deeds.addWidget(one)
        deeds.addStretch(1)
        links = QHBoxLayout()
        links.setSpacing(10)
        for one in (self.run, self.letters, self.other):
            links.addWidget(one)
        links.addStretch(1)
        self._make_tabs()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._top)
        column.addWidget(self._done)
        column.addLayout(links)
        column.addLayout(deeds)
        column.addWidget(self.tabs, 1)
        self.run.clicked.connect(lambda: self.run_wanted.emit(self.detail.row.run_id if self.detail else ""))
        self.letters.clicked.connect(self.letters_wanted)
        self.hurry.clicked.connect(self.hurried)
        self.cancel.clicked.connect(self.cancelled)
        self.other.clicked.connect(self._open_other)

    def _make_tabs(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName(tr("Delivery"))
        about = QWidget()
        column = QVBoxLayout(about)
        column.setContentsMargins(2, 8, 2, 8)
        column.addWidget(self.facts)
        column.addStretch(1)
        self.tabs.addTab(scrolled(about), tr("What was done"))
        self.tabs.addTab(self._diagnosis_tab(), tr("Diagnosis"))
        self.body.add("tree", tr("Tree"), self.tree)
        self.body.add("text", tr("Text"), self.text)
        self.tabs.addTab(self.body, tr("Body"))
        self.headers: DataTable[state.HeaderRow] = self._table(
            state.header_columns(), tr("Headers"), tr("It came without headers.")
        )
        self.tabs.addTab(self.headers, tr("Headers"))
        self.changes: DataTable[state.ChangeRow] = self._table(
            state.change_columns(self._now), tr("Audit"), tr("Its record has not changed here since it came.")
        )
        self.tabs.addTab(self.changes, tr("Audit"))

    def _table(self, columns: Sequence[Column[Row]], name: str, empty: str) -> DataTable[Row]:
        table: DataTable[Row] = DataTable(columns, name, empty=empty, settings=self._settings)
        table.export_wanted.connect(lambda: self.export_wanted.emit(table))
        return table

    def _diagnosis_tab(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        self.tried: DataTable[diagnosis.TriedRow] = self._table(
            diagnosis.tried_columns(), tr("Signatures that were computed"), tr("None was computed.")
        )
        self.tried.foot.hide()
        copy = tool("copy", tr("Copy the diagnosis"))
        copy.clicked.connect(self._copy_diagnosis)
        row = QHBoxLayout()
        row.addWidget(self.diagnosis_facts, 1)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignBottom)
        column.addWidget(self.diagnosis)
        column.addLayout(row)
        column.addWidget(self._tried_heading)
        column.addWidget(self.tried)
        column.addStretch(1)
        return scrolled(whole)

    # Shown

    def show_detail(self, detail: InboxDetail, title: str, body: Body) -> None:
        """Show *detail*, whose entity is called *title*, with its *body*; the tab in front stays where it can."""
        is_other = self.detail is None or self.detail.row.id != detail.row.id
        self.detail = detail
        row, now = detail.row, self._now()
        self._name.setText(state.heading(detail, title))
        look = verdict_look(row.verdict)
        if self._pill is None:
            self._pill = StatePill(look)
            self._top.addWidget(self._pill)
        self._pill.show_look(look)
        set_text(self._done, state.done_words(detail, now))
        waits = detail.work is not None and not detail.work.is_running
        self.hurry.setVisible(waits)
        self.cancel.setVisible(detail.work is not None)
        for one in (self.replay, self.copy):
            one.setVisible(detail.work is None)
        self.replay.setEnabled(state.can_replay(detail))
        set_tip(self.replay, state.replay_hint(detail))
        self.run.setVisible(bool(row.run_id))
        self.letters.setVisible(row.state.value == "failed")
        other = row.replay_of or (detail.replays[-1] if detail.replays else None)
        self.other.setVisible(other is not None)
        words = tr("The first one") if row.replay_of is not None else tr("Its replay")
        set_text(self.other, f"{words} (#{other})")
        self.facts.show_facts(state.facts(detail, now=now, zone=self._zone()))
        if is_other:
            self._show_body(body)
            self.headers.set_rows([])
            self.headers.set_rows(state.header_rows(detail))
            self._show_diagnosis(detail)
            self.changes.set_rows([])
        count = len(detail.changes)
        self.changes.set_rows([state.ChangeRow(count - place, one) for place, one in enumerate(detail.changes)])

    def _show_body(self, body: Body) -> None:
        self.text.setPlainText(body.text or tr("(empty)"))
        self.tree.show_nodes(body.nodes)
        self.body.offer("tree", is_open=body.is_document)
        self.body.show_way("tree" if body.is_document else "text")

    def _show_diagnosis(self, detail: InboxDetail) -> None:
        is_refused = detail.row.verdict is Verdict.REFUSED
        front = self.tabs.currentIndex()  # a tab in front that is hidden would leave it to its neighbour
        self.tabs.setTabVisible(DIAGNOSIS, is_refused)
        self.tabs.setTabVisible(AUDIT, bool(detail.row.record_id) and not is_refused)
        self.diagnosis.show_problem(diagnosis.diagnosis_problem(detail.diagnosis))
        self.diagnosis_facts.show_facts(diagnosis.diagnosis_facts(detail.diagnosis))
        self.tried.set_rows([])
        rows = diagnosis.tried_rows(detail.diagnosis)
        self.tried.set_rows(rows)
        self.tried.setFixedHeight(_HEAD_HEIGHT + _ROW_HEIGHT * len(rows))
        for one in (self._tried_heading, self.tried):
            one.setVisible(bool(rows))
        if is_refused:
            self.tabs.setCurrentIndex(DIAGNOSIS)
        elif not self.tabs.isTabVisible(front):
            self.tabs.setCurrentIndex(DONE)

    def clear(self) -> None:
        """Show no delivery."""
        self.detail = None

    def _copy_diagnosis(self) -> None:
        if self.detail is not None:
            QGuiApplication.clipboard().setText(diagnosis.diagnosis_text(self.detail))

    def _open_other(self) -> None:
        if self.detail is not None:
            row = self.detail.row
            self.opened.emit(row.replay_of or self.detail.replays[-1])
