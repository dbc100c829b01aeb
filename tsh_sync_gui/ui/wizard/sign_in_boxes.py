"""The parts of the sign-in page: how it goes, waiting for the browser, pasting a self-client code."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from tsh_sync_gui.bootstrap.setup.values import Attempt, ConsoleValues
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.wizard.parts import Field, ValueRow, flash, numbered
from tsh_sync_gui.ui.wizard.state.sign_in import CODE_MINUTES, Countdown, code_countdown, how_it_goes

_TICK_MS = 500


class HowBox(QFrame):
    """What happens in a sign-in, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panelbox")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(20, 16, 20, 16)
        lines.setSpacing(12)
        for place, (title, words) in enumerate(how_it_goes(), start=1):
            lines.addWidget(numbered(place, title, words))


class WaitingBox(QFrame):
    """A countdown while the browser is away; the address it landed on may be pasted instead."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panelbox")
        self.countdown = label("", "figure")
        self.countdown.setAccessibleName(tr("Time left"))
        self._words = label("", "body", wrap=True)
        self.reopen = button(tr("Open the browser again"), icon_name="refresh")
        self.copy_link = button(tr("Copy link"), icon_name="copy")
        self.stop = button(tr("Cancel"))
        self.address = Field(tr("Or paste the address you landed on"), hint="http://localhost:8976/callback?…")
        self._url = ""
        self._left: Countdown | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.reopen.clicked.connect(self.open_browser)
        self.copy_link.clicked.connect(self._copy_link)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addWidget(self.countdown)
        head.addWidget(self._words, 1)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.reopen)
        row.addWidget(self.copy_link)
        row.addStretch(1)
        row.addWidget(self.stop)
        column.addLayout(row)
        column.addWidget(self.address)

    def begin(self, attempt: Attempt) -> None:
        """Count down, and open the browser."""
        self._url, self._left = attempt.url, Countdown(attempt.until)
        self.address.line.clear()
        self.address.show_fault("")
        self._tick()
        self._timer.start()
        self.open_browser()

    def end(self) -> None:
        """Stop counting."""
        self._timer.stop()
        self._url, self._left = "", None

    def open_browser(self) -> None:
        """Open Zoho's page, and say whether there is a browser to look at."""
        is_open = QDesktopServices.openUrl(QUrl(self._url))
        there = tr("Your browser shows Zoho's page. Sign in there and choose “Accept”; this window goes on by itself.")
        none = tr("No browser could be opened. Copy the link, open it in any browser, and sign in there.")
        set_text(self._words, there if is_open else none)

    def _copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self._url)
        flash(self.copy_link, tr("Copied"))

    def _tick(self) -> None:
        if self._left is not None:
            set_text(self.countdown, self._left.text(datetime.now(UTC)))


class CodeBox(QWidget):
    """Where a self-client code is made and pasted; *back* says that the browser is wanted after all."""

    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ValueRow(tr("Scope to paste in Zoho's console"))
        self.console = button(tr("Open Zoho's API console"), icon_name="cloud")
        self.minutes = QComboBox()
        self.code = Field(tr("Code"), hint="1000.…")
        self.words = label("", "small", wrap=True)
        self._console_url = ""
        self._left: Countdown | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()

    def _build(self) -> None:
        for minutes in CODE_MINUTES:
            self.minutes.addItem(tr("valid for %Ln minutes", None, minutes), minutes)
        self.minutes.setAccessibleName(tr("How long the code is valid"))
        self.minutes.currentIndexChanged.connect(self.start)
        self.console.clicked.connect(self.renew)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        words = tr(
            "In Zoho's console open your self client, choose “Generate code”, paste the scope, and create the code. "
            "Then paste it here at once: it works one time, for a few minutes."
        )
        column.addWidget(label(words, "body", wrap=True))
        column.addWidget(self.scopes)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.console)
        row.addWidget(self.minutes)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.code)
        column.addWidget(self.words)
        instead = button(tr("Sign in with the browser instead"), "flat", icon_name="chevron-left")
        instead.clicked.connect(self.back)
        column.addWidget(instead, 0, Qt.AlignmentFlag.AlignLeading)

    def open_with(self, values: ConsoleValues, extra_scopes: frozenset[str]) -> None:
        """Show what is to be asked for; no code is being made yet."""
        self._console_url = values.console_url
        self.scopes.show_value(",".join([values.scopes, *sorted(extra_scopes)]))
        self.end()
        self.words.clear()
        self.code.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def renew(self) -> None:
        """Open Zoho's console for a new code."""
        self.code.line.clear()
        QDesktopServices.openUrl(QUrl(self._console_url))
        self.start()
        self.code.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def start(self) -> None:
        """Count down: a code is being made now."""
        self._left = code_countdown(int(self.minutes.currentData()), datetime.now(UTC))
        self._tick()
        self._timer.start()

    def typed(self) -> None:
        """Count from the first letter on, where nothing was counted before."""
        self.code.show_fault("")
        if self._left is None and self.code.text:
            self.start()

    def end(self) -> None:
        """Stop counting."""
        self._timer.stop()
        self._left = None

    def _tick(self) -> None:
        if self._left is None:
            return
        now = datetime.now(UTC)
        if self._left.left(now) == 0:
            set_text(self.words, tr("It has probably run out: create a new one."))
        else:
            set_text(self.words, tr("The code runs out in {time}.").format(time=self._left.text(now)))
