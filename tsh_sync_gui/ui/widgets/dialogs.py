"""Small questions. All are opened, never executed: a nested loop would stop everything that is awaited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator, QShowEvent
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from tsh_sync_gui.ui.state.texts import tr, utc
from tsh_sync_gui.ui.widgets.basics import button, label, set_text, spin, with_calendar

_DAYS = 7
_WIDTH = 420


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a question: text, kind and what it does."""

    text: str
    kind: str = ""
    deed: Callable[[], object] | None = None


class Question(QDialog):
    """A heading, a sentence, and up to three choices; the first has the focus, Esc takes the last."""

    def __init__(self, parent: QWidget, heading: str, text: str, choices: tuple[Choice, ...]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setModal(True)
        self.setMinimumWidth(_WIDTH)
        self.content = QVBoxLayout()
        self.content.setSpacing(10)
        self.buttons: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(12)
        self._heading = label(heading, "title", wrap=True)
        self._words = label(text, "muted", wrap=True)
        self._words.setVisible(bool(text))
        column.addWidget(self._heading)
        column.addWidget(self._words)
        column.addLayout(self.content)
        row = QHBoxLayout()
        row.addStretch(1)
        for choice in choices:
            made = button(choice.text, choice.kind)
            made.clicked.connect(lambda _=False, choice=choice: self._choose(choice))
            self.buttons.append(made)
        for made in reversed(self.buttons):
            row.addWidget(made)
        column.addLayout(row)
        self.buttons[0].setFocus()
        self.buttons[0].setDefault(True)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    def fit(self) -> None:
        """Take the height that the words need in this width: Qt reckons with a narrower one."""
        inside, width = self.layout(), max(_WIDTH, self.sizeHint().width())
        if inside is not None:
            self.resize(width, inside.totalHeightForWidth(width))

    def say(self, heading: str, text: str) -> None:
        """Ask the same in other words: what it is about has changed meanwhile."""
        self.setWindowTitle(heading)
        set_text(self._heading, heading)
        set_text(self._words, text)
        self._words.setVisible(bool(text))
        self.fit()

    def _choose(self, choice: Choice) -> None:
        self.accept()
        if choice.deed is not None:
            choice.deed()


class WindowQuestion(Question):
    """Which days to fetch: the last few, or since a date."""

    def __init__(self, parent: QWidget, title: str, go: Callable[[datetime], object]) -> None:
        super().__init__(
            parent,
            tr("{entity}: only a window of time").format(entity=title),
            tr("Fetches what was changed in Zoho since then, as far as Zoho can be asked for it."),
            (Choice(tr("Sync this window"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self._last = QRadioButton(tr("The last"))
        self._since = QRadioButton(tr("Since"))
        self._last.setChecked(True)
        self.days = spin()
        self.days.setRange(1, 3650)
        self.days.setValue(_DAYS)
        self.days.setSuffix(f" {tr('days')}")
        self.days.setAccessibleName(tr("Number of days"))
        self.first = QDateEdit(QDate.currentDate().addDays(-_DAYS))
        with_calendar(self.first)
        self.first.setDisplayFormat("yyyy-MM-dd")
        self.first.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # Qt would turn year, month and day around
        self.first.setMaximumDate(QDate.currentDate())
        self.first.setAccessibleName(tr("First day"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.addWidget(self._last, 0, 0)
        grid.addWidget(self.days, 0, 1)
        grid.addWidget(self._since, 1, 0)
        grid.addWidget(self.first, 1, 1)
        grid.setColumnStretch(2, 1)
        self.content.addLayout(grid)
        self.days.valueChanged.connect(lambda: self._last.setChecked(True))
        self.first.dateChanged.connect(lambda: self._since.setChecked(True))

    def _go(self) -> None:
        if self._last.isChecked():
            self._deed(utc(datetime.now().astimezone() - timedelta(days=self.days.value())))
            return
        day = self.first.date()
        self._deed(utc(datetime(day.year(), day.month(), day.day())))  # noqa: DTZ001 -- a local day


class NameQuestion(Question):
    """What something is to be called."""

    def __init__(self, parent: QWidget, heading: str, text: str, go: Callable[[str], object]) -> None:
        super().__init__(parent, heading, text, (Choice(tr("Save"), "primary", self._go), Choice(tr("Cancel"))))
        self._deed = go
        self.field = QLineEdit()
        self.field.setMaxLength(60)
        self.field.setPlaceholderText(tr("Name"))
        self.field.setAccessibleName(tr("Name"))
        self.field.textChanged.connect(lambda words: self.buttons[0].setEnabled(bool(words.strip())))
        self.buttons[0].setEnabled(False)
        self.content.addWidget(self.field)
        self.field.setFocus()

    def _go(self) -> None:
        self._deed(self.field.text().strip())


class RecordQuestion(Question):
    """Which one record to fetch."""

    def __init__(self, parent: QWidget, title: str, go: Callable[[str], object]) -> None:
        super().__init__(
            parent,
            tr("{entity}: one record").format(entity=title),
            tr("Fetches this record from Zoho, also when it is known already."),
            (Choice(tr("Fetch it · about 1 call"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Zoho id, such as 4815000000044208"))
        self.field.setAccessibleName(tr("Zoho id"))
        self.field.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,19}"), self.field))
        self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.field.textChanged.connect(lambda text: self.buttons[0].setEnabled(bool(text)))
        self.buttons[0].setEnabled(False)
        self.content.addWidget(self.field)
        self.field.setFocus()

    def _go(self) -> None:
        self._deed(self.field.text().strip())
