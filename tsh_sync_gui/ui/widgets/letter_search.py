"""The search of dead letters: its language helped while it is typed, what is wrong with it marked in place."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QInputMethodEvent, QKeyEvent, QStandardItem, QStandardItemModel, QTextCharFormat
from PySide6.QtWidgets import QCompleter, QLineEdit
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.dead_letters import SearchFault, completions
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import set_property

_TYPING_MS: Final = 180
_TERM: Final = Qt.ItemDataRole.UserRole


class _Completer(QCompleter):
    """Offers beginnings of the term at the cursor, and puts the chosen one in its place."""

    def __init__(self, field: QLineEdit) -> None:
        super().__init__(field)
        self._field = field
        self._offers = QStandardItemModel(self)
        self.setModel(self._offers)
        self.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.setMaxVisibleItems(8)
        popup = self.popup()
        if popup is not None:
            popup.setObjectName("completions")
            theme.current().dress(popup)

    def offer(self) -> None:
        """Find what the word at the cursor may become; called before Qt shows it."""
        self._offers.clear()
        for term, words in completions(self._field.text(), self._field.cursorPosition()):
            item = QStandardItem(f"{term}   {words}")
            item.setData(term, _TERM)
            self._offers.appendRow(item)

    @override
    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        text, cursor = self._field.text(), self._field.cursorPosition()
        start = text.rfind(" ", 0, cursor) + 1
        if text[start : start + 1] == "-":
            start += 1
        return text[:start] + str(index.data(_TERM)) + text[cursor:].lstrip()


class LetterSearch(QLineEdit):
    """*searched* carries the text once nothing was typed for a moment, at once on Enter. *left* wants the list (↓)."""

    searched = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr('Search: words, sku:ABC, entity:NAME, age>2d, error:"tax"'))
        self.setAccessibleName(tr("Search dead letters"))
        self.setToolTip(tr("Words are looked for in id, name, error and the record's fields ( / )"))
        self.setClearButtonEnabled(True)
        self.setMaxLength(1000)
        self._fault: SearchFault | None = None
        self._told = ""
        self._completer = _Completer(self)
        self.setCompleter(self._completer)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._tell)
        self.textEdited.connect(self._completer.offer)
        self.textChanged.connect(self._typed)
        self.returnPressed.connect(self._tell)

    def _typed(self) -> None:
        self._typing.start()

    def _tell(self) -> None:
        self._typing.stop()
        if self.text() != self._told:
            self._told = self.text()
            self.searched.emit(self._told)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self._tell()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def use_text(self, text: str) -> None:
        """Search for *text* at once."""
        self.setText(text)
        self._tell()

    def show_fault(self, fault: SearchFault | None) -> None:
        """Mark what cannot be understood, or nothing."""
        set_property(self, "bad", "true" if fault else "")
        self.setAccessibleDescription(f"{fault.title}. {fault.advice}" if fault else "")
        if fault == self._fault:
            return
        self._fault = fault
        marks = []
        if fault is not None:
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(QColor(theme.current().color("red")))
            look.setForeground(theme.current().color("red"))
            start = fault.position - self.cursorPosition()
            kind = QInputMethodEvent.AttributeType.TextFormat
            marks.append(QInputMethodEvent.Attribute(kind, start, max(1, fault.length), look))
        # A line of text has no formats of its own but those of an input method.
        QCoreApplication.sendEvent(self, QInputMethodEvent("", marks))
