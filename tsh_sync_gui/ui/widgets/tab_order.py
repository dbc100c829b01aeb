"""The order in which Tab goes: that of the layout, whenever and wherever the widgets were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLayout, QLayoutItem, QWidget


def in_reading_order(root: QWidget) -> list[QWidget]:
    """Return what Tab may stop at within *root*, from top to bottom and along each line."""
    return [root] if _stops(root) else list(_of_layout(root.layout()))


def chain(widgets: Iterable[QWidget]) -> None:
    """Let Tab go from each of *widgets* to the next."""
    for first, second in pairwise(widgets):
        QWidget.setTabOrder(first, second)


def _stops(widget: QWidget) -> bool:
    return bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)


def _of_layout(layout: QLayout | None) -> Iterator[QWidget]:
    if layout is None:
        return
    for item in _items(layout):
        yield from _of_layout(item.layout())
        widget = item.widget()
        if widget is None:
            continue
        if _stops(widget):
            yield widget
        if not isinstance(widget, QComboBox):
            yield from _of_layout(widget.layout())


def _items(layout: QLayout) -> list[QLayoutItem]:
    places = range(layout.count())
    if isinstance(layout, QGridLayout):
        # A grid keeps its cells in the order they were put in.
        places = sorted(places, key=lambda place: layout.getItemPosition(place)[:2])  # type: ignore[index,assignment] # PySide says object
    found = (layout.itemAt(place) for place in places)
    return [item for item in found if item is not None]
