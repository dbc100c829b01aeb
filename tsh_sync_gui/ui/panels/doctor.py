"""The check-up: everything a sync needs is looked into, line by line as each check ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid
from typing_extensions import override

from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.state.doctor import CheckUp, Line, calls, first_to_mend, heading, lead, lines, report, tone
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import button, label, line, set_property, set_text
from tsh_sync_gui.ui.widgets.check_row import CheckRow
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox

Examine = Callable[[Callable[[Any], None]], Coroutine[Any, Any, None]]
"""Examines in the engine's thread; tells the outline first, then each finding, and words of what takes its time."""

RUN = "run"
_COPIED_MS = 2000
_LAID_OUT_MS = 40


class DoctorPanel(Panel):
    """Begins when a person says so, for it costs calls. *wanted* carries a deed that mends a line."""

    key = "doctor"
    icon_name = "check"
    wanted = Signal(str)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._actions = actions
        self._examine: Examine | None = None
        self._task: asyncio.Task[None] | None = None
        self._round = 0
        self._ended_at = ""
        self.may_set_up = True
        self.state = CheckUp()
        self.rows: list[CheckRow] = []
        self._heading = label("", "heading", wrap=True)
        self._lead = label("", "muted", wrap=True)
        self._bar = ProgressLine(tr("Check-up"))
        self.again = button("", "primary", icon_name="refresh")
        self.stop = button(tr("Stop"), icon_name="stop")
        self.copy = button(tr("Copy report"), icon_name="copy")
        self._box: ProblemBox | None = None
        self._column = QVBoxLayout()
        self._list = QVBoxLayout()
        self._frame = QFrame()
        self._scroll = QScrollArea()
        self._flash = QTimer(self)
        self._flash.setSingleShot(True)
        self._flash.timeout.connect(lambda: set_text(self.copy, tr("Copy report")))
        self._build()
        self._show()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Check-up")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (
            ("F5", tr("check everything again")),
            ("↑ ↓", tr("go from line to line")),
            ("Enter", tr("do what mends the line")),
            ("Ctrl+C", tr("copy the line")),
        )

    def use(self, examine: Examine) -> None:
        """Examine with *examine* from now on."""
        self._examine = examine

    def _build(self) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setMaximumWidth(1040)
        column = self._column
        inside.setLayout(column)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self._heading)
        words.addWidget(self._lead)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(words, 1)
        for one in (self.copy, self.stop, self.again):
            head.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self._bar)
        self._frame.setObjectName("panelbox")
        self._frame.setAccessibleName(tr("Findings"))
        self._list.setContentsMargins(0, 4, 0, 4)
        self._list.setSpacing(0)
        self._frame.setLayout(self._list)
        column.addWidget(self._frame)
        column.addStretch(1)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        self.again.clicked.connect(self.begin)
        self.stop.clicked.connect(self.give_up)
        self.copy.clicked.connect(self.copy_report)
        self.again.setToolTip(tr("F5"))

    # Examining

    def begin(self) -> None:
        """Check everything, unless that is under way."""
        if self.state.runs or self._examine is None:
            return
        self._round += 1
        self._drop_problem()
        self.state = CheckUp(outline=self.state.outline, runs=True)
        mine, loop = self._round, asyncio.get_running_loop()

        def tell(told: Any) -> None:
            loop.call_soon_threadsafe(lambda: self._take(told) if mine == self._round else None)

        self._task = self._actions.run(
            self._examine(tell),
            then=lambda _nothing: self._end(mine),
            otherwise=lambda error: self._fail(mine, error),
            is_long=True,
        )
        self._task.add_done_callback(lambda task: self._broken_off(mine) if task.cancelled() else None)
        self._show()
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self, told: Any) -> None:
        if isinstance(told, str):
            self.state = replace(self.state, words=told)
        elif isinstance(told, tuple):
            self.state = replace(self.state, outline=told)
        else:
            self.state = self.state.found(told)
        self._show()

    def _end(self, mine: int) -> None:
        # What was told on the way here still waits in the loop: the end comes after it.
        QTimer.singleShot(0, self, lambda: self._ended(mine))

    def _ended(self, mine: int) -> None:
        if mine != self._round:
            return
        self._task = None
        self._ended_at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        self.state = replace(self.state, runs=False, words="")
        self._show()
        self._bring_up(first_to_mend(row.line for row in self.rows))

    def _fail(self, mine: int, error: BaseException) -> None:
        if mine != self._round:
            return
        self._task = None
        self.state = replace(self.state, runs=False, was_stopped=True, words="")
        self._box = ProblemBox(problem_from(error), (tr("Try again"), self.begin))
        self._column.insertWidget(1, self._box)
        self._show()

    def _broken_off(self, mine: int) -> None:
        """Say that it ended early: the service is being opened anew."""
        if mine == self._round and isValid(self):  # the program's end breaks it off too, when the window is gone
            self.give_up()

    def give_up(self) -> None:
        """Stop; what was found stays."""
        if not self.state.runs:
            return
        self._round += 1
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._ended_at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        self.state = replace(self.state, runs=False, was_stopped=True, words="")
        self._show()
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def copy_report(self) -> None:
        """Copy all lines as text."""
        QGuiApplication.clipboard().setText(report(self.state, self._ended_at))
        set_text(self.copy, tr("Copied"))
        self._flash.start(_COPIED_MS)

    def _drop_problem(self) -> None:
        if self._box is not None:
            self._column.removeWidget(self._box)
            self._box.deleteLater()
            self._box = None

    # Shown

    def _show(self) -> None:
        state = self.state
        set_text(self._heading, heading(state))
        set_property(self._heading, "tone", tone(state) if state.is_over else "")
        words = lead(state)
        set_text(self._lead, words)
        self._lead.setVisible(bool(words))
        self._bar.setVisible(state.runs)
        if state.runs and state.outline:
            self._bar.show_share(len({one.check for one in state.findings}) / len(state.outline), heading(state))
        elif state.runs:
            self._bar.show_share(None, heading(state))
        price = tr("about %Ln call(s)", None, calls())
        deed = tr("Check again") if state.findings else tr("Check everything")
        set_text(self.again, tr("{deed} · {price}").format(deed=deed, price=price))
        self.again.setVisible(not state.runs)
        self.stop.setVisible(state.runs)
        self.copy.setVisible(state.is_over)
        self._show_lines(lines(state, may_set_up=self.may_set_up))

    def _show_lines(self, shown: tuple[Line, ...]) -> None:
        self._frame.setVisible(bool(shown))
        while len(self.rows) > len(shown):
            row = self.rows.pop()
            for _ in range(2 if self.rows else 1):
                item = self._list.takeAt(self._list.count() - 1)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.deleteLater()
            del row
        for place, one in enumerate(shown):
            if place < len(self.rows):
                if self.rows[place].line != one:
                    self.rows[place].show_line(one)
                continue
            if place:
                self._list.addWidget(line())
            row = CheckRow(one)
            row.wanted.connect(self.wanted)
            row.installEventFilter(self)
            self.rows.append(row)
            self._list.addWidget(row)

    def _bring_up(self, key: str) -> None:
        row = next((one for one in self.rows if one.line.key == key), None)
        if self.isVisible():
            (row or self.again).setFocus(Qt.FocusReason.OtherFocusReason)
        if row is not None:
            QTimer.singleShot(_LAID_OUT_MS, row, lambda: self._scroll_to(row))

    def _scroll_to(self, row: CheckRow) -> None:
        # Its place is known once the lines that grew are laid out, which waits in the queue too.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        self._scroll.ensureWidgetVisible(row, 0, 80)

    # Keys

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, CheckRow) and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            place = self.rows.index(watched) + step if watched in self.rows else -1
            if step and 0 <= place < len(self.rows):
                self.rows[place].setFocus(Qt.FocusReason.TabFocusReason)
                self._scroll.ensureWidgetVisible(self.rows[place], 0, 20)
                return True
        return super().eventFilter(watched, event)

    @override
    def open_at(self, focus: str) -> None:
        if focus == RUN:
            self.begin()
        elif not self.state.runs:
            self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def refresh(self) -> bool:
        self.begin()
        return True

    @override
    def escape(self) -> bool:
        was_running = self.state.runs
        self.give_up()
        return was_running
