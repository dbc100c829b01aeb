"""The menus of tables: how rows are copied, which columns are shown, and the views that were saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from tsh_sync_gui.ui.state.columns import Column, as_csv, as_json, as_markdown, as_tabs
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.dialogs import NameQuestion
from tsh_sync_gui.ui.widgets.table_views import TableViews

NONE: Final[frozenset[str]] = frozenset()


def new_menu(parent: QWidget) -> QMenu:
    """Return an empty menu that is gone when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def add(menu: QMenu, text: str, deed: Callable[[], object], key: QKeySequence | None = None) -> None:
    """Put a line into *menu*; *key* is what does the same without it."""
    menu.addAction(_action(menu, text, deed, key))


def _action(menu: QMenu, text: str, deed: Callable[[], object], key: QKeySequence | None = None) -> QAction:
    action = QAction(text, menu)
    action.triggered.connect(lambda _=False: deed())
    if key is not None:
        action.setShortcut(key)
    return action


def copy_actions(menu: QMenu, copy: Callable[[Callable[..., str]], object]) -> list[QAction]:
    """Return the ways to copy; *copy* is given what makes a text of columns and rows."""
    return [
        _action(menu, tr("Copy"), lambda: copy(as_tabs), QKeySequence(QKeySequence.StandardKey.Copy)),
        _action(menu, tr("Copy as CSV"), lambda: copy(as_csv)),
        _action(menu, tr("Copy as JSON"), lambda: copy(as_json)),
        _action(menu, tr("Copy as Markdown"), lambda: copy(as_markdown)),
    ]


def column_menu(
    parent: QWidget,
    columns: Sequence[Column[Any]],
    header: QHeaderView,
    show: Callable[[int, bool], object],
    *,
    fixed: frozenset[str] = NONE,
) -> QMenu:
    """Return the menu that shows and hides *columns*, all but those that are *fixed*."""
    menu = new_menu(parent)
    for place, column in enumerate(columns):
        if column.key in fixed:
            continue
        action = QAction(column.title, menu)
        action.setCheckable(True)
        action.setChecked(not header.isSectionHidden(place))
        action.toggled.connect(lambda shown, place=place: show(place, shown))
        menu.addAction(action)
    return menu


def view_menu(parent: QWidget, views: TableViews[Any]) -> QMenu:
    """Return the menu of saved views: use one, save the present one, forget one."""
    menu = new_menu(parent)
    names = sorted(views.names())
    for name in names:
        add(menu, name, partial(views.use, name))
    if names:
        menu.addSeparator()
    add(menu, tr("Save this view…"), lambda: _name_view(parent, views))
    add(menu, tr("Back to the beginning"), views.reset)
    if names:
        forget = menu.addMenu(tr("Forget a view"))
        for name in names:
            add(forget, name, partial(views.forget, name))
    return menu


def _name_view(parent: QWidget, views: TableViews[Any]) -> None:
    words = tr("Columns, order and filters are kept.")
    NameQuestion(parent.window(), tr("Save this view"), words, views.save).open()


def drop_above(menu: QMenu, button: QWidget) -> None:
    """Open *menu* above *button*, which stands below its table."""
    menu.popup(button.mapToGlobal(button.rect().topLeft()) - QPoint(0, menu.sizeHint().height()))
