"""Light and dark: one set of tokens, so that widgets, painted parts and icons agree."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from tsh_sync_gui.ui.files import read_text, resources
from tsh_sync_gui.ui.icons import forget_icons, tint_icons

SPACE: Final = {"xs": 4, "s": 8, "m": 12, "l": 16, "xl": 24}

_ROLES: Final = (
    (QPalette.ColorRole.Window, "bg"),
    (QPalette.ColorRole.WindowText, "text"),
    (QPalette.ColorRole.Base, "surface"),
    (QPalette.ColorRole.AlternateBase, "bg"),
    (QPalette.ColorRole.Text, "text"),
    (QPalette.ColorRole.Button, "surface"),
    (QPalette.ColorRole.ButtonText, "text"),
    (QPalette.ColorRole.BrightText, "red"),
    (QPalette.ColorRole.ToolTipBase, "raised"),
    (QPalette.ColorRole.ToolTipText, "text"),
    (QPalette.ColorRole.Highlight, "accent"),
    (QPalette.ColorRole.HighlightedText, "on_accent"),
    (QPalette.ColorRole.Link, "accent"),
    (QPalette.ColorRole.PlaceholderText, "faint"),
    (QPalette.ColorRole.Mid, "border"),
    (QPalette.ColorRole.Accent, "accent"),
    (QPalette.ColorRole.Light, "raised"),
    (QPalette.ColorRole.Dark, "strong"),
    (QPalette.ColorRole.Midlight, "hover"),
    (QPalette.ColorRole.Shadow, "strong"),
)


@cache
def tokens(name: str) -> dict[str, str]:
    """Return the colours of `light` or `dark`, by token."""
    found: dict[str, str] = json.loads(read_text(f"themes/{name}.json"))
    return found


@cache
def _type() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_text("themes/type.json"))
    return found


def _platform() -> str:
    return sys.platform if sys.platform in {"win32", "darwin"} else "linux"


class Theme(QObject):
    """The appearance in use; *changed* is emitted when it becomes another."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.wish = "system"
        self.name = ""
        self._dressed = ""
        self.tokens: dict[str, str] = tokens("light")
        app.setStyle("Fusion")
        self._base = self._set_font()
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def is_dark(self) -> bool:
        """Tell whether the dark colours are in use."""
        return self.name == "dark"

    def color(self, token: str) -> QColor:
        """Return the colour of *token*."""
        return QColor(self.tokens[token])

    def use(self, wish: str) -> None:
        """Follow *wish*: `light`, `dark`, or `system`."""
        self.wish = wish
        hints = self._app.styleHints()
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        hints.setColorScheme(schemes.get(wish, Qt.ColorScheme.Unknown))
        self._apply(wish if wish in schemes else self._system())

    def dress(self, window: QWidget) -> None:
        """Style *window*, which stands in no other, and all that is in it, now and when the appearance changes.

        With the application's style sheet each part would be styled anew whenever it, or one around it, is put into
        another: building the window would take three times as long.
        """
        window.setStyleSheet(self._dressed)

    def _system(self) -> str:
        """Return the system's scheme; where it says nothing, light."""
        return "dark" if self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark else "light"

    def _system_changed(self) -> None:
        if self.wish == "system":
            self._apply(self._system())

    def _apply(self, name: str) -> None:
        if name == self.name:
            return
        self.name, self.tokens = name, tokens(name)
        tint_icons(self.tokens)
        self._app.setPalette(self._palette())
        self._dressed = self._sheet()
        for window in self._app.topLevelWidgets():
            if window.styleSheet():
                window.setStyleSheet(self._dressed)
        forget_icons()
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, token in _ROLES:
            palette.setColor(role, self.color(token))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("faint"))
        return palette

    def _sheet(self) -> str:
        values = dict(self.tokens)
        values |= {f"font-{role}": f"{self._base * scale:.1f}pt" for role, scale in _type()["scale"].items()}
        values |= {"scheme": self.name, "resources": resources().as_posix()}
        return re.sub(r"@([a-z_-]+)", lambda hit: values[hit[1]], read_text("themes/app.qss").partition("*/")[2])

    def _set_font(self) -> float:
        installed = set(QFontDatabase.families())
        wanted = [name for name in _type()["families"][_platform()] if name in installed or name.startswith(".")]
        base = float(_type()["base"][_platform()])
        font = QFont(self._app.font())
        if wanted:
            font.setFamilies([*wanted, *font.families()])
        font.setPointSizeF(base)
        self._app.setFont(font)
        return base


_themes: Final[list[Theme]] = []


def install(app: QApplication, wish: str) -> Theme:
    """Give *app* its appearance; once per program."""
    theme = Theme(app)
    _themes[:] = [theme]
    theme.use(wish)
    return theme


def current() -> Theme:
    """Return the theme in use."""
    return _themes[0]


def font(role: str) -> QFont:
    """Return the font of a role such as `caption` or `title`, of the style sheet's size, for painted parts."""
    made = QFont(QApplication.font())
    made.setPointSizeF(round(made.pointSizeF() * float(_type()["scale"].get(role, 1.0)), 1))
    made.setWeight(QFont.Weight(int(_type()["weight"].get(role, 400))))
    return made


def fixed_font() -> QFont:
    """Return the font of ids and code."""
    installed = set(QFontDatabase.families())
    made = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    names = [name for name in _type()["fixed"] if name in installed]
    if names:
        made.setFamilies(names)
    made.setPointSizeF(QApplication.font().pointSizeF() * 0.92)
    return made
