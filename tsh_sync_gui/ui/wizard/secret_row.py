"""A secret to copy: dots, until somebody asks for it, which is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from typing_extensions import override

from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import set_picture, tool
from tsh_sync_gui.ui.wizard.parts import ValueRow, flash

_SHOWN_MS: Final = 30_000


class SecretRow(ValueRow):
    """Holds no secret itself: *fetch* brings it to whom it is given, for the eye and for the clipboard alike."""

    def __init__(self, name: str, fetch: Callable[[Callable[[str], object]], object]) -> None:
        super().__init__(name)
        self._fetch = fetch
        self.eye = tool("preview", tr("Show it for half a minute; this is written down"))
        self.eye.setAccessibleName(tr("Show: {name}").format(name=name))
        self.eye.setCheckable(True)
        self.eye.clicked.connect(self._look)
        self._row.insertWidget(1, self.eye)
        self._dots = ""
        self._hiding = QTimer(self)
        self._hiding.setSingleShot(True)
        self._hiding.timeout.connect(self.conceal)

    def show_dots(self, dots: str) -> None:
        """Show that there is a secret; one that is looked at stays, unless it is another now."""
        if dots != self._dots:
            self._dots = dots
            self.conceal()

    def conceal(self) -> None:
        """Show dots again."""
        self._hiding.stop()
        self.eye.setChecked(False)
        set_picture(self.eye, "preview", size=self.eye.iconSize())
        self.show_value(self._dots)

    def _look(self, wanted: bool) -> None:
        self.eye.setChecked(False)  # until the secret is there
        if wanted:
            self._fetch(self._reveal)
        else:
            self.conceal()

    def _reveal(self, secret: str) -> None:
        self.eye.setChecked(True)
        set_picture(self.eye, "preview", "blue", self.eye.iconSize())
        self.field.setText(secret)
        self.field.setCursorPosition(0)
        self._hiding.start(_SHOWN_MS)

    @override
    def take(self) -> None:
        self._fetch(self._copy)

    def _copy(self, secret: str) -> None:
        QGuiApplication.clipboard().setText(secret)
        flash(self.copy, tr("Copied"))
