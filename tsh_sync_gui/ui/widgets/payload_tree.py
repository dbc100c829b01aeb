"""A record as a tree of fields, those that differ from the last good version marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.dead_letters_payload import Node, value_text
from tsh_sync_gui.ui.state.texts import tr

_PATH: Final = Qt.ItemDataRole.UserRole
_LONGEST: Final = 400
_SHORT: Final = 4


class PayloadTree(QTreeWidget):
    """Shows nodes; Ctrl+C copies the value in focus."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes: tuple[Node, ...] = ()
        self.setColumnCount(2)
        self.setHeaderLabels([tr("Field"), tr("Value")])
        self.setAccessibleName(tr("Record as a tree"))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # names of fields and code stay as they are written
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        self.header().setDefaultAlignment(left)
        self.setUniformRowHeights(True)
        self.setColumnWidth(0, 170)
        self.setTabKeyNavigation(False)
        theme.current().changed.connect(self._fill)

    def show_nodes(self, nodes: Sequence[Node]) -> None:
        """Show a record."""
        self._nodes = tuple(nodes)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        items = [self._item(node) for node in self._nodes]
        self.addTopLevelItems(items)
        for node, item in zip(self._nodes, items, strict=True):
            self._open(node, item)
        if len(items) == 1:  # a delivery's record stands below its kind
            items[0].setExpanded(True)

    def _item(self, node: Node) -> QTreeWidgetItem:
        item = QTreeWidgetItem([node.name, node.text.replace("\n", " ")[:_LONGEST]])
        item.setData(0, _PATH, node.path)
        item.setData(1, _PATH, node.text)
        if node.is_changed and not node.children:
            color = theme.current().color("amber")
            hint = tr("Last good: {value}").format(value=value_text(node.before))
            for column in (0, 1):
                item.setForeground(column, color)
                item.setToolTip(column, hint)
            item.setData(1, Qt.ItemDataRole.AccessibleTextRole, f"{node.text}, {hint}")
        item.addChildren([self._item(child) for child in node.children])
        return item

    def _open(self, node: Node, item: QTreeWidgetItem) -> None:
        """Unfold what is short, and the way to what differs."""
        item.setExpanded(bool(node.children) and (node.is_changed or len(node.children) < _SHORT))
        for place, child in enumerate(node.children):
            below = item.child(place)
            if child.children and child.is_changed and below is not None:
                self._open(child, below)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.matches(QKeySequence.StandardKey.Copy) and item is not None:
            QGuiApplication.clipboard().setText(str(item.data(1, _PATH) or ""))
        else:
            super().keyPressEvent(event)
