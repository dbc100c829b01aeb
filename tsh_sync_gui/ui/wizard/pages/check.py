"""6 Check: what the sign-in may read and write, line by line as the answers come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import EntityCheck, Step
from tsh_sync_gui.core.errors import AuthorisationError
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.state.check import can_go_on, check_problem, check_rows, missing_scopes, summary
from tsh_sync_gui.ui.wizard.table import FactTable

_KEY: Final = "checks"
_ANEW: Final = "check anew"


async def _ask(setup: SetupPort, tell: Callable[[EntityCheck], None]) -> list[EntityCheck]:
    lines = []
    async for line in setup.checks():
        lines.append(line)
        tell(line)
    return lines


class CheckPage(Page):
    """Asks once by itself; another time only when it is told to, for it costs calls."""

    step = Step.CHECK

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._names = tuple((one.name, one.title) for one in REGISTRY)
        self._lines: list[EntityCheck] = []
        self._is_done = False
        columns = (
            (tr("Records"), 112),
            (tr("Read"), 76),
            (tr("Write"), 100),
            (tr("Found"), 70),
            (tr("Remark"), 200),
        )
        self.table = FactTable(tr("What the sign-in may do"), columns, ends=(3,))
        self._sentence = label("", "body", wrap=True)
        price = tr("about %Ln call(s)", None, len(self._names))
        self.check = button(tr("Check again · {price}").format(price=price), icon_name="refresh")
        self.check.clicked.connect(self.begin)
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(6, 4, 6, 6)
        inside.addWidget(self.table)
        self.body.addWidget(box)
        row = QHBoxLayout()
        row.addWidget(self._sentence, 1)
        row.addWidget(self.check)
        self.body.addLayout(row)
        self._show()

    @override
    def enter(self) -> None:
        kept = self.desk.found.get(_KEY)
        if isinstance(kept, list):
            self._lines = kept
            self._show()
            self._judge()
        elif self.desk.found.pop(_ANEW, False) or self.step not in self.desk.progress.done:
            self.begin()
        self._is_done = self.step in self.desk.progress.done
        self._show()

    def begin(self) -> None:
        """Ask for each kind of records."""
        if self.is_busy:
            return
        self._lines = []
        words = tr("Asking Zoho, one small request for each kind of record…")
        self.run(
            _ask(self.setup, self.here(self._take)), words, self._answered, otherwise=self._broken, can_cancel=True
        )
        self._show()

    def _take(self, line: EntityCheck) -> None:
        if self.is_busy:  # the window's loop keeps no order: a line may come after the end of the check
            self._lines.append(line)
            self._show()

    def _answered(self, lines: list[EntityCheck]) -> None:
        self._lines = self.desk.found[_KEY] = lines
        self._show()
        self._judge()

    def _broken(self, error: BaseException) -> None:
        self._show()
        if isinstance(error, AuthorisationError):
            self.show_error(error, (tr("Sign in again"), lambda: self._sign_in(frozenset())))
        else:
            self.show_error(error, (tr("Check again"), self.begin))

    def _judge(self) -> None:
        problem = check_problem(self._lines)
        if problem is not None:
            scopes = missing_scopes(self._lines)
            text = tr("Sign in again with %Ln permission(s)", None, len(scopes))
            one = tr("Sign in again with this permission")
            self.show_problem(problem, (one if len(scopes) == 1 else text, lambda: self._sign_in(scopes)))

    def _sign_in(self, scopes: frozenset[str]) -> None:
        self.desk.extra_scopes, self.desk.return_to = scopes, Step.CHECK
        self.desk.found.pop(_KEY, None)
        self.desk.found[_ANEW] = True
        self.wanted.emit(Step.SIGN_IN)

    def _show(self) -> None:
        self.table.set_rows(check_rows(self._names, self._lines, runs=self.is_busy))
        set_text(self._sentence, summary(self._lines, of=len(self._names), runs=self.is_busy))
        self.check.setEnabled(not self.is_busy)
        self.changed.emit()

    @override
    def give_up(self) -> None:
        super().give_up()
        self._show()

    @property
    @override
    def can_go_on(self) -> bool:
        return not self.is_busy and (can_go_on(self._lines) or not self._lines)

    @property
    @override
    def next_text(self) -> str:
        return tr("Next") if self._lines or self.is_busy or self._is_done else tr("Check")

    @override
    def submit(self) -> None:
        if self._lines or self._is_done:
            self.finished.emit()
        else:
            self.begin()

    @override
    def focus_first(self) -> None:
        self.table.setFocus(Qt.FocusReason.TabFocusReason)

    @override
    def recolor(self) -> None:
        self.table.repaint_colors()
