"""Where the keyboard is in the set-up: Tab goes down the page, Enter means next, and the focus is never lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QRadioButton, QWidget

from tsh_sync_gui.ui.widgets.tab_order import chain, in_reading_order
from tsh_sync_gui.ui.wizard.page import Page
from tsh_sync_gui.ui.wizard.rail import Rail
from tsh_sync_gui.ui.wizard.sheet import Sheet


class Focus:
    """Leads the focus through *whole*, which is the *rail* and the *sheet*, and holds it while nothing else can."""

    def __init__(self, whole: QWidget, rail: Rail, sheet: Sheet) -> None:
        self._whole = whole
        self._rail = rail
        self._sheet = sheet
        self._in_order: list[QWidget] = []
        self._is_settling = False
        whole.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def rest(self) -> None:
        """Let the focus wait where nothing is pressed: what has it goes, and it would go anywhere."""
        self._whole.setFocus(Qt.FocusReason.OtherFocusReason)

    def begin(self) -> None:
        """Forget what the focus waited for: another page comes to the front."""
        self._is_settling = False

    def settle(self) -> None:
        """Make Enter mean next; while nothing can be pressed the focus waits."""
        self._is_settling = not self._sheet.next.isEnabled()
        if self._is_settling:
            self.rest()
        else:
            self._sheet.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def is_held(self) -> bool:
        """Tell whether something that can be used has the focus."""
        focus = QApplication.focusWidget()
        return focus is not None and focus.isVisible() and focus.isEnabled()

    def follow(self, page: Page) -> None:
        """Go along with what *page* offers now."""
        self._order(page)
        focus = QApplication.focusWidget()
        if self._whole.isVisible() and focus in {None, self._whole.window()}:
            self.settle()
        elif focus is self._whole and self._sheet.next.isEnabled():  # it waited until there was something to press
            if self._is_settling:
                self.settle()
            else:
                page.focus_first()

    def _order(self, page: Page) -> None:
        """Let Tab go down the rail and the page in front, and then along the buttons below; pages grow parts."""
        parts = in_reading_order(page)
        if parts != self._in_order:
            self._in_order = parts
            rail, sheet = self._rail, self._sheet
            chain((self._whole, *rail.buttons.values(), rail.leave, *parts, sheet.back, sheet.skip, sheet.next))

    def press(self) -> None:
        """Press the button in focus, else go on: Enter means next everywhere but on a button, and never to leave."""
        focus = QApplication.focusWidget()
        chosen = isinstance(focus, QAbstractButton) and focus.isCheckable() and focus.isChecked()
        pressed = isinstance(focus, QAbstractButton) and focus is not self._rail.leave and not chosen
        if isinstance(focus, QAbstractButton) and pressed and not isinstance(focus, (QCheckBox, QRadioButton)):
            focus.click()
        elif isinstance(focus, QComboBox) and focus.view().isVisible():
            focus.hidePopup()
        else:
            self._sheet.next.click()
