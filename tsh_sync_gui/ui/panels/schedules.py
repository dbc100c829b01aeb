"""Schedules: when what is synced by itself, what that costs, and where it is changed or held."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.engine.schedules import ScheduleView
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.panels.schedule_editor import Draft, ScheduleEditor
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state import schedules as state
from tsh_sync_gui.ui.state.schedules import ScheduleLine
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_text
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.table import DataTable

_LEAST: Final = 440


class SchedulesPanel(Panel):
    """A table of all schedules; *opened* carries the heading and the editor of one, for the side."""

    key = "schedules"
    icon_name = "calendar"
    opened = Signal(str, object)

    def __init__(self, session: Session, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self.view: ScheduleView | None = None
        self._is_reading = False
        self._focus = ""
        self._drafts: dict[str, Draft] = {}
        self._headline = ElidedLabel("", "muted")
        self.pause = button(tr("Pause…"), "", icon_name="pause")
        self.resume = button(tr("Resume all"), "", icon_name="play")
        self._menu = QMenu(self)
        self._warning: ProblemBox | None = None
        self._warnings = QVBoxLayout()
        self.schedules: DataTable[ScheduleLine] = DataTable(
            state.columns(),
            tr("Schedules"),
            empty=tr("Nothing is known of schedules yet; they appear when the database is open."),
            settings=kept,
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()
        session.history_changed.connect(self._again)

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Schedules")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (("Enter", tr("change the schedule in focus")), ("Ctrl+F", tr("filter row of the table")))

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(self.title, "heading"))
        words.addWidget(self._headline)
        head.addLayout(words, 1)
        head.addWidget(self.resume)
        head.addWidget(self.pause)
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.schedules)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(self._warnings)
        column.addWidget(box, 1)
        for text, until in state.pauses(lambda: self._session.now, lambda: self._session.state.zone):
            action = QAction(text, self._menu)
            action.triggered.connect(lambda _=False, until=until: self.hold(until()))
            self._menu.addAction(action)
        self.pause.clicked.connect(lambda: self._menu.popup(self.pause.mapToGlobal(self.pause.rect().bottomLeft())))
        self.resume.clicked.connect(lambda _=False: self.go_on())
        self.resume.hide()
        self.pause.setEnabled(False)
        self.schedules.opened.connect(self._open_chosen)
        self.schedules.view.clicked.connect(self._open_chosen)

    @override
    def yields(self, width: int) -> bool:
        return width >= _LEAST

    def hold(self, until: datetime | None, entity: str = "") -> None:
        """Hold all schedules, or those of one entity, until a moment or until somebody resumes them."""
        service = self._session.service
        if service is not None:
            asked = service.schedules.pause((entity,) if entity else (), until=until)
            self._session.actions.run(asked, then=lambda _done: self.changed())

    def go_on(self, entity: str = "") -> None:
        """Let all schedules go on, or those of one entity."""
        service = self._session.service
        if service is not None:
            asked = service.schedules.resume((entity,) if entity else ())
            self._session.actions.run(asked, then=lambda _done: self.changed())

    def changed(self) -> None:
        """Read anew, here and on the cards."""
        self.read()
        self._session.refresh()

    def read(self) -> None:
        """Read the schedules; one reading at a time."""
        service = self._session.service
        if service is not None and not self._is_reading:
            self._is_reading = True
            self._session.actions.run(service.schedules.view(), then=self.show_view, otherwise=self._unread)

    def _unread(self, _error: BaseException) -> None:
        # The status bar says that the database is away; what was read last stays.
        self._is_reading = False

    def _again(self) -> None:
        if self.isVisible():
            self.read()

    def show_view(self, view: ScheduleView) -> None:
        """Show the schedules as they are."""
        self._is_reading = False
        self.view = view
        set_text(self._headline, state.headline(view))
        self.resume.setVisible(state.is_any_paused(view))
        self.pause.setEnabled(state.can_any_pause(view))
        self._warn()
        self.schedules.set_rows(state.lines(view))
        if self._focus:
            self.open_at(self._focus)

    def _warn(self) -> None:
        problem = state.warning(self.view) if self.view else None
        if self._warning is None and problem is not None:
            self._warning = ProblemBox(problem)
            self._warnings.addWidget(self._warning)
        elif self._warning is not None and problem is not None:
            self._warning.show_problem(problem)
        if self._warning is not None:
            self._warning.setVisible(problem is not None)

    def _open_chosen(self) -> None:
        row = self.schedules.current_row()
        if row is not None:
            self._edit(row)

    def _edit(self, row: ScheduleLine) -> None:
        if self.view is None:
            return
        editor = ScheduleEditor(self._session, self.view, row.item)
        if row.key in self._drafts:
            editor.use(self._drafts[row.key])
        editor.typed.connect(lambda: self._note(row.key, editor))
        editor.saved.connect(lambda: self._saved(row.key))
        editor.hold.connect(lambda until: self.hold(until, row.item.schedule.entity))
        editor.go_on.connect(lambda: self.go_on(row.item.schedule.entity))
        self.opened.emit(f"{row.title} · {row.walk}", editor)

    def _note(self, key: str, editor: ScheduleEditor) -> None:
        """Keep what was typed and not saved: it stands there again when the schedule is opened again."""
        if editor.is_changed:
            self._drafts[key] = editor.draft
        else:
            self._drafts.pop(key, None)

    def _saved(self, key: str) -> None:
        self._drafts.pop(key, None)
        self.changed()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()

    @override
    def open_at(self, focus: str) -> None:
        """Come to the front; *focus* is an entity whose schedule is opened."""
        self._focus = focus
        rows = state.lines(self.view) if self.view else ()
        found = next((row for row in rows if row.item.schedule.entity == focus), None)
        if found is not None:
            self._focus = ""
            self._edit(found)
        elif not focus:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    @override
    def table(self) -> DataTable[ScheduleLine]:
        return self.schedules

    @override
    def filter_row(self) -> None:
        self.schedules.focus_filter()

    @override
    def refresh(self) -> bool:
        self.read()
        return True

    @override
    def escape(self) -> bool:
        return self.schedules.clear_filters()
