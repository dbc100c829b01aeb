"""One schedule at the side: how often, in which hours not, its next runs and what they cost; checked while typed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QMenu, QRadioButton, QVBoxLayout, QWidget

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.schedule import LONGEST, Quiet, Timing, a_day, upcoming, zone_of
from tsh_sync_gui.engine.schedules import ScheduleItem, ScheduleView, Standing
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state import schedules as state
from tsh_sync_gui.ui.state.texts import clock, number, tr
from tsh_sync_gui.ui.widgets.basics import button, label, line, set_text, spin
from tsh_sync_gui.ui.widgets.database_tools import words_of

_AHEAD = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed: which of the choices, minutes, cron line and quiet hours."""

    choice: int
    minutes: int
    cron: str
    quiet: str


class ScheduleEditor(QWidget):
    """Shows and changes one schedule; *saved* says that it is another, *hold* carries until when it shall rest.

    *typed* says that something else stands here.
    """

    saved = Signal()
    typed = Signal()
    hold = Signal(object)
    go_on = Signal()

    def __init__(self, session: Session, view: ScheduleView, item: ScheduleItem) -> None:
        super().__init__()
        self._session = session
        self._view = view
        self._item = item
        self.default = QRadioButton(tr("As proposed"))
        self.interval = QRadioButton(tr("Every so many minutes"))
        self.times = QRadioButton(tr("At times (cron line)"))
        self.none = QRadioButton(tr("No schedule"))
        self.minutes = spin()
        self.cron = QLineEdit()
        self.quiet = QLineEdit()
        self.fault = label("", "caption", wrap=True)
        self.fault.setProperty("tone", "red")
        self.coming = label("", "body", wrap=True, selectable=True)
        self.cost = label("", "muted", wrap=True)
        self.unsaved = label(tr("Not saved yet."), "muted")
        self.save = button(tr("Save"), "primary")
        self.pause = button(tr("Pause…"), "", icon_name="pause")
        self.resume = button(tr("Resume"), "", icon_name="play")
        self._menu = QMenu(self)
        self._build()
        self._fill()
        self._filled = self.draft
        self._connect()
        self.show_coming()

    def _build(self) -> None:
        self._group = QButtonGroup(self)
        for choice in (self.default, self.interval, self.times, self.none):
            self._group.addButton(choice)
        self.minutes.setRange(1, LONGEST)
        self.minutes.setAccessibleName(tr("Minutes between two runs"))
        self.cron.setPlaceholderText("0 8-18 * * 1-5")
        self.cron.setAccessibleName(tr("Cron line"))
        self.quiet.setPlaceholderText("22:00-06:00")
        self.quiet.setAccessibleName(tr("Quiet hours"))
        self.fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 18, 18)
        column.setSpacing(8)
        note = self._note()
        if note:
            column.addWidget(label(note, "muted", wrap=True))
        column.addWidget(label(tr("HOW OFTEN"), "section"))
        column.addWidget(self.default)
        column.addLayout(self._beside(self.interval, self.minutes))
        column.addWidget(self.times)
        column.addWidget(self.cron)
        column.addWidget(self.none)
        column.addWidget(label(tr("QUIET HOURS"), "section"))
        column.addWidget(self.quiet)
        zone = self._view.zone or "UTC"
        hint = tr("What is due then waits for their end. Times are those of {zone}.").format(zone=zone)
        column.addWidget(label(hint, "small", wrap=True))
        column.addWidget(self.fault)
        column.addWidget(line())
        column.addWidget(label(tr("NEXT RUNS"), "section"))
        column.addWidget(self.coming)
        column.addWidget(self.cost)
        column.addLayout(self._buttons())
        column.addStretch(1)

    @staticmethod
    def _beside(choice: QRadioButton, field: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(choice)
        row.addWidget(field)
        row.addStretch(1)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.save)
        row.addWidget(self.unsaved)
        row.addStretch(1)
        row.addWidget(self.resume)
        row.addWidget(self.pause)
        is_paused = self._item.standing is Standing.PAUSED
        self.resume.setVisible(is_paused)
        self.pause.setVisible(not is_paused and self._item.schedule.timing is not None)
        for text, until in state.pauses(lambda: self._session.now, lambda: self._session.state.zone):
            action = QAction(text, self._menu)
            action.triggered.connect(lambda _=False, until=until: self.hold.emit(until()))
            self._menu.addAction(action)
        return row

    def _note(self) -> str:
        """Return what is to be known beforehand."""
        if self._item.is_locked:
            return tr("The interval is set outside the program, in the environment or an .env file.")
        row = next(row for row in state.lines(self._view) if row.item is self._item)
        goes = self._item.standing is Standing.ON and not self._item.is_late and not self._item.schedule.row.missed
        return "" if goes or not (self._item.schedule.timing or self._item.schedule.served_by) else row.note

    def _fill(self) -> None:
        schedule = self._item.schedule
        timing = schedule.timing
        self.minutes.setValue(timing.minutes if timing and timing.minutes else 60)
        self.cron.setText(timing.cron if timing else "")
        self.quiet.setText(str(schedule.quiet) if schedule.quiet else "")
        if not schedule.is_own:
            self.default.setChecked(True)
        elif timing is None:
            self.none.setChecked(True)
        else:
            (self.interval if timing.minutes else self.times).setChecked(True)
        if schedule.setting and timing is not None and timing.minutes:
            # Its interval is a setting, which may be the proposed one.
            self.interval.setChecked(True)
        self.interval.setEnabled(not self._item.is_locked)

    def _connect(self) -> None:
        self._group.buttonToggled.connect(lambda *_: self.show_coming())
        self.minutes.valueChanged.connect(lambda _: self._typed(self.interval))
        self.cron.textEdited.connect(lambda _: self._typed(self.times))
        self.quiet.textEdited.connect(lambda _: self.show_coming())
        self.save.clicked.connect(self.keep)
        self.resume.clicked.connect(self.go_on)
        self.pause.clicked.connect(lambda: self._menu.popup(self.pause.mapToGlobal(self.pause.rect().bottomLeft())))

    def _typed(self, choice: QRadioButton) -> None:
        choice.setChecked(True)
        self.show_coming()

    @property
    def draft(self) -> Draft:
        """Return what stands here."""
        choices = (self.default, self.interval, self.times, self.none)
        choice = next((place for place, one in enumerate(choices) if one.isChecked()), 0)
        return Draft(choice, self.minutes.value(), self.cron.text(), self.quiet.text())

    @property
    def is_changed(self) -> bool:
        """Tell whether something stands here that is not kept."""
        return self.draft != self._filled

    def use(self, draft: Draft) -> None:
        """Go on with what was typed before."""
        self.minutes.setValue(draft.minutes)
        self.cron.setText(draft.cron)
        self.quiet.setText(draft.quiet)
        (self.default, self.interval, self.times, self.none)[draft.choice].setChecked(True)
        self.show_coming()

    def _timing(self) -> Timing | None:
        """Return the timing that stands here, None where it is the proposed one or none; ConfigurationError."""
        if self.interval.isChecked():
            return Timing(self.minutes.value())
        return Timing(cron=self.cron.text().strip() or " ") if self.times.isChecked() else None

    def show_coming(self) -> None:
        """Show the next runs of what stands here, or what is wrong with it."""
        self.minutes.setEnabled(self.interval.isChecked() and self.interval.isEnabled())
        self.cron.setEnabled(self.times.isChecked())
        self.unsaved.setVisible(self.is_changed)
        self.typed.emit()
        try:
            timing, quiet = self._timing(), Quiet.parse(self.quiet.text())
        except ConfigurationError as error:
            self._show_fault(words_of(error))
            set_text(self.coming, "–")
            set_text(self.cost, "")
            return
        self._show_fault("")
        if self.default.isChecked() and not self._item.schedule.is_own:
            timing = self._item.schedule.timing
        if timing is None:
            proposed = tr("The proposed times appear after saving.")
            set_text(self.coming, proposed if self.default.isChecked() else tr("Nothing runs by itself."))
            set_text(self.cost, "")
            return
        now, zone = self._view.now, zone_of(self._view.zone)
        price = state.price_text(self._item.cost)
        moments = upcoming(timing, now, zone, quiet, number=_AHEAD)
        set_text(self.coming, "\n".join(f"{clock(one, now, self._view.zone or 'UTC')} · {price}" for one in moments))
        calls = ceil(a_day(timing, now, zone, quiet) * self._item.cost.most)
        day = tr("About {calls} calls a day; all schedules have {share}.")
        set_text(self.cost, day.format(calls=number(calls), share=number(self._view.share)))

    def _show_fault(self, text: str) -> None:
        set_text(self.fault, text)
        self.fault.setVisible(bool(text))
        self.save.setEnabled(not text)

    def keep(self) -> None:
        """Keep what stands here."""
        service = self._session.service
        if service is None:
            return
        schedule = self._item.schedule
        asked = service.schedules.set(
            schedule.entity,
            schedule.walk,
            timing=self._timing(),
            off=self.none.isChecked(),
            default=self.default.isChecked(),
            quiet=self.quiet.text(),
        )
        self._session.actions.run(
            asked,
            then=lambda _done: self.saved.emit(),
            otherwise=lambda error: self._show_fault(words_of(error)),
            busy=self.save,
        )
