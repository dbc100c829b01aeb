"""What all screens share."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from tsh_sync_gui.ui.widgets.table import DataTable


class Panel(QWidget):
    """A screen: *key* names it in code, *title* and *icon_name* in the navigation."""

    key = ""
    icon_name = ""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")

    @property
    def title(self) -> str:
        """Return the screen's name as people read it."""
        return self.key

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return keys and what they do here."""
        return ()

    def open_at(self, focus: str) -> None:
        """Come to the front, at the part *focus*."""

    def leave(self) -> None:
        """Go to the back: another screen comes to the front."""

    def export(self) -> bool:
        """Export what the screen lists; False when its table does that."""
        return False

    def yields(self, width: int) -> bool:  # noqa: ARG002 -- for those who look at it
        """Tell whether the screen may be made as narrow as *width* beside a panel: what is in it stays in its place."""
        return True

    @property
    def table(self) -> DataTable[Any] | None:
        """Return the screen's own table, which Ctrl+E exports; None where it has none."""
        return None

    def filter_row(self) -> None:
        """Go to the filter row of the screen's table, where there is one."""

    def refresh(self) -> bool:
        """Read anew what the screen shows by itself; False when it shows what all screens share."""
        return False

    def escape(self) -> bool:
        """Take back the last thing opened; False when there is nothing."""
        return False
