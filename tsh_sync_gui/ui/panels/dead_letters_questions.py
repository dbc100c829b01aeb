"""What the inspector asks before it does something: how to retry, why to discard, until when, for whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QDateTime, Qt, QTime
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QGridLayout,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from tsh_sync_gui.engine.letters.values import LetterForecast
from tsh_sync_gui.ui.state.dead_letters_work import Way, forecast_words, go_text
from tsh_sync_gui.ui.state.texts import tr, utc
from tsh_sync_gui.ui.widgets.basics import label, set_text, spin, with_calendar
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question

_MORNING = 8
_INDENT = 26


class RetryQuestion(Question):
    """How many are tried, what it costs, and whether all at once, carefully, or at a rate.

    *go* takes whether carefully and how many a minute. The button is dead until the forecast is there.
    """

    def __init__(self, parent: QWidget, heading: str, go: Callable[[bool, int | None], object]) -> None:
        super().__init__(parent, heading, "", (Choice(tr("Retry"), "primary", self._go), Choice(tr("Cancel"))))
        self._deed = go
        self._cost = label(tr("Counting records and calls…"), "body", wrap=True)
        self._forecast: tuple[LetterForecast, str] | None = None
        self.ways = {
            Way.ALL: QRadioButton(tr("All at once")),
            Way.CAREFUL: QRadioButton(tr("Carefully: 1, then 5, then 25, then the rest")),
            Way.RATE: QRadioButton(tr("At most")),
        }
        self.rate = spin()
        self.rate.setRange(1, 1000)
        self.rate.setValue(10)
        self.rate.setSuffix(f" {tr('a minute')}")
        self.rate.setAccessibleName(tr("Records a minute"))
        self.content.addWidget(self._cost)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.ways[Way.ALL], 0, 0, 1, 3)
        grid.addWidget(self.ways[Way.CAREFUL], 1, 0, 1, 3)
        stops = label(tr("Stops at the first failure."), "caption")
        stops.setIndent(_INDENT)
        grid.addWidget(stops, 2, 0, 1, 3)
        grid.addWidget(self.ways[Way.RATE], 3, 0)
        grid.addWidget(self.rate, 3, 1)
        grid.setColumnStretch(2, 1)
        self.content.addLayout(grid)
        self.ways[Way.ALL].setChecked(True)
        self.ways[Way.CAREFUL].toggled.connect(self._price)
        self.rate.valueChanged.connect(lambda: self.ways[Way.RATE].setChecked(True))
        self.buttons[0].setEnabled(False)

    def show_forecast(self, forecast: LetterForecast, resets: str) -> None:
        """Say what it costs; *resets* is when the day's quota does."""
        self._forecast = forecast, resets
        self._price()
        set_text(self.buttons[0], go_text(forecast))
        self.buttons[0].setEnabled(forecast.letters > 0)
        self.buttons[0].setFocus()
        self.fit()

    def _price(self) -> None:
        if self._forecast is not None:
            is_careful = self.ways[Way.CAREFUL].isChecked()
            set_text(self._cost, "\n".join(forecast_words(*self._forecast, is_careful=is_careful)))

    def show_error(self, title: str) -> None:
        """Say why the cost is not known."""
        set_text(self._cost, title)
        self.fit()

    def _go(self) -> None:
        is_careful = self.ways[Way.CAREFUL].isChecked()
        self._deed(is_careful, self.rate.value() if self.ways[Way.RATE].isChecked() else None)


def reasons() -> tuple[str, ...]:
    """Return usual reasons to discard a letter."""
    return (tr("Test data"), tr("Mended in Zoho"), tr("No longer needed"), tr("Duplicate"))


class DiscardQuestion(Question):
    """Why letters are given up; a reason is wanted."""

    def __init__(self, parent: QWidget, count: int, go: Callable[[str], object]) -> None:
        super().__init__(
            parent,
            tr("Discard %Ln failed record(s)?", None, count),
            tr("It is no longer tried or counted. It can be restored for 90 days.")
            if count == 1
            else tr("They are no longer tried or counted. They can be restored for 90 days."),
            (Choice(tr("Discard"), "danger", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self.field = QComboBox()
        self.field.setEditable(True)
        self.field.addItems(list(reasons()))
        self.field.setCurrentIndex(-1)
        self.field.setAccessibleName(tr("Reason"))
        edit = self.field.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("Reason"))
            edit.setMaxLength(300)
            edit.setAccessibleName(tr("Reason"))
        self.field.editTextChanged.connect(lambda words: self.buttons[0].setEnabled(bool(words.strip())))
        self.buttons[0].setEnabled(False)
        self.content.addWidget(self.field)
        self.field.setFocus()

    def _go(self) -> None:
        self._deed(self.field.currentText().strip())


class SnoozeQuestion(Question):
    """Until when letters are hidden."""

    def __init__(self, parent: QWidget, count: int, now: datetime, go: Callable[[datetime], object]) -> None:
        super().__init__(
            parent,
            tr("Snooze %Ln failed record(s)", None, count),
            tr("Hidden and not counted until then. A sync that stores it resolves it all the same.")
            if count == 1
            else tr("Hidden and not counted until then. A sync that stores them resolves them all the same."),
            (Choice(tr("Snooze"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        local = now.astimezone()
        morning = (local + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0, microsecond=0)
        self._spans = (
            (tr("For an hour"), local + timedelta(hours=1)),
            (tr("Until tomorrow 08:00"), morning),
            (tr("For 3 days"), local + timedelta(days=3)),
            (tr("For a week"), local + timedelta(days=7)),
        )
        self.choices = [QRadioButton(words) for words, _ in self._spans]
        self._until = QRadioButton(tr("Until"))
        self.moment = QDateTimeEdit(_qt_moment(morning))
        with_calendar(self.moment)
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.moment.setMinimumDateTime(_qt_moment(local + timedelta(minutes=1)))
        self.moment.setAccessibleName(tr("Until"))
        self.moment.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # else its parts change places in Arabic
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        for place, one in enumerate(self.choices):
            grid.addWidget(one, place, 0, 1, 3)
        grid.addWidget(self._until, len(self.choices), 0)
        grid.addWidget(self.moment, len(self.choices), 1)
        grid.setColumnStretch(2, 1)
        self.content.addLayout(grid)
        self.choices[1].setChecked(True)
        self.moment.dateTimeChanged.connect(lambda: self._until.setChecked(True))

    def _go(self) -> None:
        chosen = [moment for one, (_, moment) in zip(self.choices, self._spans, strict=True) if one.isChecked()]
        if chosen:
            self._deed(utc(chosen[0]))
            return
        day, at = self.moment.date(), self.moment.time()
        local = datetime(day.year(), day.month(), day.day(), at.hour(), at.minute())  # noqa: DTZ001 -- a local time
        self._deed(utc(local))


def _qt_moment(moment: datetime) -> QDateTime:
    return QDateTime(QDate(moment.year, moment.month, moment.day), QTime(moment.hour, moment.minute))


class AssignQuestion(Question):
    """Who takes care of letters; nobody when the field is empty."""

    def __init__(
        self, parent: QWidget, count: int, people: Sequence[str], go: Callable[[str], object], *, given: str = ""
    ) -> None:
        super().__init__(
            parent,
            tr("Assign %Ln failed record(s)", None, count),
            tr("The name that this person is signed in with at their computer. Empty: nobody."),
            (Choice(tr("Assign"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self.field = QComboBox()
        self.field.setEditable(True)
        self.field.addItems(list(people))
        self.field.setCurrentText(given or (people[0] if people else ""))
        self.field.setAccessibleName(tr("Person"))
        edit = self.field.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("Nobody"))
            edit.setMaxLength(100)
            edit.setAccessibleName(tr("Person"))
            edit.selectAll()
        self.content.addWidget(self.field)
        self.field.setFocus()

    def _go(self) -> None:
        self._deed(self.field.currentText().strip())


class NoteQuestion(Question):
    """What is to be remembered about letters."""

    def __init__(self, parent: QWidget, count: int, go: Callable[[str], object], *, given: str = "") -> None:
        super().__init__(
            parent,
            tr("Note at %Ln failed record(s)", None, count),
            tr("Everybody who opens it reads the note.") if count == 1 else tr("It replaces the notes they have."),
            (Choice(tr("Save"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self.field = QPlainTextEdit(given)
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(110)
        self.field.setAccessibleName(tr("Note"))
        self.content.addWidget(self.field)
        self.field.setFocus()

    def _go(self) -> None:
        self._deed(self.field.toPlainText().strip())
