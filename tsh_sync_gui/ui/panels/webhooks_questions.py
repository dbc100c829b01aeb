"""What the inbox asks before it does something: a replay with its cost, and the new secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QDateTime, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDateTimeEdit, QHBoxLayout, QLineEdit, QRadioButton, QWidget

from tsh_sync_gui.engine.ports import QuotaStatus
from tsh_sync_gui.engine.ports.deliveries import ReplayPlan, SecretState
from tsh_sync_gui.ui.state.texts import tr, utc
from tsh_sync_gui.ui.state.webhooks_replay import (
    change_lines,
    fresh_words,
    go_text,
    plan_lines,
    replay_heading,
    secret_lines,
    typed_fault,
)
from tsh_sync_gui.ui.widgets.basics import button, label, set_property, set_text, with_calendar
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question

_TYPED_MS = 300
_HOUR = timedelta(hours=1)

Deed = Callable[[Sequence[int] | None, datetime | None, bool], object]


def grown(question: Question) -> None:
    """Let *question* be as high as its words have become."""
    inside = question.layout()
    if inside is not None and question.isVisible():
        inside.activate()
        question.resize(question.width(), max(question.height(), inside.totalHeightForWidth(question.width())))


class ReplayQuestion(Question):
    """What a replay of *ids*, or of everything since a time (None), does and costs. *asked* wants the plan anew.

    *go* takes ids, since and whether duplicates count. The button is dead until the plan is there.
    """

    asked = Signal(object, bool)

    def __init__(self, parent: QWidget, ids: Sequence[int] | None, now: datetime, go: Deed) -> None:
        heading = replay_heading(None if ids is None else len(ids))
        super().__init__(parent, heading, "", (Choice(tr("Replay"), "primary", self._go), Choice(tr("Cancel"))))
        self._ids = ids
        self._deed = go
        self.since = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int((now - _HOUR).timestamp())))
        self.since.setDisplayFormat("yyyy-MM-dd HH:mm")
        with_calendar(self.since)
        self.since.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.since.setAccessibleName(tr("Since"))
        self.since.setVisible(ids is None)
        self._cost = label(tr("Counting deliveries and calls…"), "body", wrap=True)
        self.force = QCheckBox(tr("Duplicates, too"))
        self.content.addWidget(self.since)
        here = datetime.now().astimezone().tzname() or ""
        zone = label(tr("In this computer's time ({zone})").format(zone=here), "caption")
        zone.setVisible(ids is None)
        self.content.addWidget(zone)
        self.content.addWidget(self._cost)
        self.content.addWidget(self.force)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._typed.timeout.connect(self.ask)
        self.since.dateTimeChanged.connect(self._changed)
        self.force.toggled.connect(self._changed)
        self.buttons[0].setEnabled(False)
        self.force.hide()

    @property
    def moment(self) -> datetime | None:
        """Return since when, None where deliveries are named."""
        if self._ids is not None:
            return None
        return utc(datetime.fromtimestamp(self.since.dateTime().toSecsSinceEpoch()).astimezone())

    def ask(self) -> None:
        """Want the plan."""
        self.asked.emit(self.moment, self.force.isChecked())

    def _changed(self) -> None:
        self.buttons[0].setEnabled(False)
        self._typed.start()

    def show_plan(self, plan: ReplayPlan, quota: QuotaStatus | None) -> None:
        """Say what it does and costs."""
        set_text(self._cost, "\n".join(plan_lines(plan, quota, force=self.force.isChecked())))
        set_text(self.buttons[0], go_text(plan))
        self.buttons[0].setEnabled(plan.deliveries > 0)
        self.force.setVisible(plan.duplicates > 0)
        grown(self)
        if not self.since.hasFocus() and not self.force.hasFocus():
            self.buttons[0].setFocus()

    def show_error(self, title: str) -> None:
        """Say why the plan is not known."""
        set_text(self._cost, title)
        grown(self)

    @property
    def words(self) -> str:
        """Return what is said of the cost."""
        return self._cost.text()

    def _go(self) -> None:
        self._deed(self._ids, self.moment, self.force.isChecked())


class SecretQuestion(Question):
    """How the secret stands, and which is to be the next one: one that is made, or one that was typed."""

    def __init__(self, parent: QWidget, now: datetime, go: Callable[[str | None], object]) -> None:
        super().__init__(
            parent,
            tr("Change the webhook secret"),
            "",
            (Choice(tr("Change it"), "primary", self._go), Choice(tr("Cancel"))),
        )
        self._deed = go
        self._now = now
        self._standing = label("\n".join(change_lines(None, now)), "body", wrap=True)
        self.made = QRadioButton(tr("Make a new one"))
        self.own = QRadioButton(tr("Use this one"))
        self.field = QLineEdit()
        self.field.setMaxLength(80)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText(tr("12 to 50 letters and digits"))
        self.field.setAccessibleName(tr("New secret"))
        self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._fault = label("", "small", wrap=True)
        set_property(self._fault, "tone", "red")
        self.made.setChecked(True)
        for one in (self._standing, self.made, self.own, self.field, self._fault):
            self.content.addWidget(one)
        self._fault.hide()
        self._is_open = False
        self.buttons[0].setEnabled(False)
        self.field.textEdited.connect(lambda _text: self.own.setChecked(True))
        self.field.textEdited.connect(lambda _text: self._offer())
        self.made.toggled.connect(lambda _on: self._offer())

    def show_state(self, found: SecretState) -> None:
        """Show how the secret stands."""
        set_text(self._standing, "\n".join(change_lines(found, self._now)))
        grown(self)
        self._is_open = not found.locked_by
        for one in (self.made, self.own, self.field):
            one.setEnabled(self._is_open)
        self._offer()

    def _offer(self) -> None:
        text = self.field.text()
        fault = typed_fault(text) if self.own.isChecked() else ""
        set_text(self._fault, fault)
        self._fault.setVisible(bool(fault))
        self.buttons[0].setEnabled(self._is_open and not fault and (self.made.isChecked() or bool(text)))

    def _go(self) -> None:
        self._deed(None if self.made.isChecked() else self.field.text())


class FreshSecret(Question):
    """A secret that was just made, shown this once."""

    def __init__(self, parent: QWidget, found: SecretState, now: datetime) -> None:
        super().__init__(
            parent,
            tr("Enter this secret in Zoho now"),
            fresh_words(found),
            (Choice(tr("Done"), "primary"),),
        )
        self.field = QLineEdit(found.fresh)
        self.field.setReadOnly(True)
        self.field.setAccessibleName(tr("New secret"))
        self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        copy = button(tr("Copy"), "", icon_name="copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(found.fresh))
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(copy)
        self.content.addLayout(row)
        lines = secret_lines(found, now)[1:]
        if lines:
            self.content.addWidget(label("\n".join(lines), "caption", wrap=True))
