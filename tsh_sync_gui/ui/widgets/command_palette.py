"""Ctrl+K: type a few letters, choose a screen, an entity or an action."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.commands import Command
from tsh_sync_gui.ui.state.texts import tr

_WIDTH, _ROW, _ROWS = 560, 34, 10


class CommandPalette(QFrame):
    """A list over the window; *chosen* carries a Command."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget, find: Callable[[str], tuple[Command, ...]]) -> None:
        super().__init__(parent)
        self._home = parent
        self.setObjectName("palette")
        self.setAccessibleName(tr("Search and actions"))
        self._find = find
        self._commands: tuple[Command, ...] = ()
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search screens, entities and actions, or paste a Zoho id"))
        self.field.setAccessibleName(tr("Search"))
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Results"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(16, 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.textChanged.connect(self._show)
        self.list.itemClicked.connect(self._clicked)
        self.hide()

    def open_palette(self) -> None:
        """Come up, empty."""
        self.field.clear()
        self._show("")
        home = self._home
        self.setFixedWidth(min(_WIDTH, home.width() - 48))
        self.move((home.width() - self.width()) // 2, max(24, home.height() // 9))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _show(self, text: str) -> None:
        self._commands = self._find(text)
        self.list.clear()
        for command in self._commands:
            words = f"{command.text}   {command.hint}" if command.hint else command.text
            item = QListWidgetItem(icon(command.icon), words)
            item.setSizeHint(QSize(0, _ROW))
            if command.reason:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setToolTip(command.reason)
            self.list.addItem(item)
        if not self._commands:
            self.list.addItem(QListWidgetItem(tr("Nothing is called that.")))
        self.list.setCurrentRow(0)
        rows = max(1, min(_ROWS, len(self._commands)))
        self.list.setFixedHeight(rows * _ROW + 4)
        self.adjustSize()

    def _clicked(self, item: QListWidgetItem) -> None:
        self._choose(self.list.row(item))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._commands) and not self._commands[row].reason:
            self.hide()
            self.chosen.emit(self._commands[row])

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr] # there is one: a widget lives

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr] # as above

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind is QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            # By place, not by widget: a press that nobody takes goes up to the window behind the palette.
            if not self.rect().contains(self.mapFromGlobal(event.globalPosition().toPoint())):
                self.hide()
        elif watched is not self.field:
            return False
        elif isinstance(event, QKeyEvent) and kind is QEvent.Type.KeyPress:
            return self._key(event)
        elif isinstance(event, QKeyEvent) and kind is QEvent.Type.ShortcutOverride:
            # The window has a deed of its own for Esc, which would come before the palette's.
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif kind is QEvent.Type.FocusOut:
            self.hide()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _ROWS, Qt.Key.Key_PageUp: -_ROWS}
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            row = min(max(0, self.list.currentRow() + step), max(0, len(self._commands) - 1))
            self.list.setCurrentRow(row)
            return True
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._choose(self.list.currentRow())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return True
        return False
