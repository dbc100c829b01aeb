"""The window's language: its texts, Qt's own, and the direction in which everything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from tsh_sync_gui.ui.files import resources
from tsh_sync_gui.ui.state.texts import Language, english, speak

_CONTEXT: Final = "tsh"
_ARABIC: Final = "ar"
_installed: Final[list[QTranslator]] = []


def language_of(wish: str) -> str:
    """Return the language that *wish* means: `ar`, `en`, or what the system speaks where that is one of them."""
    if wish != "system":
        return wish
    return _ARABIC if QLocale.system().language() is QLocale.Language.Arabic else "en"


def use_language(app: QApplication, wish: str) -> None:
    """Speak the language of *wish* from now on; widgets that exist keep the texts they were made with."""
    for old in _installed:
        app.removeTranslator(old)
    _installed.clear()
    # Digits stay as they are in ids, in Zoho and in code, whatever the language of the words.
    locale = QLocale(QLocale.Language.English) if language_of(wish) == _ARABIC else _system_locale()
    QLocale.setDefault(locale)
    app.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    speak(_arabic(app, locale) if language_of(wish) == _ARABIC else Language(number=_digits(locale)))


def _system_locale() -> QLocale:
    system = QLocale.system()
    is_known = system.language() not in {QLocale.Language.C, QLocale.Language.Arabic}
    return system if is_known else QLocale(QLocale.Language.English)


def _digits(locale: QLocale) -> Callable[[float], str]:
    def number(value: float) -> str:
        return locale.toString(value) if isinstance(value, int) else locale.toString(float(value), "f", 1)

    return number


def _arabic(app: QApplication, locale: QLocale) -> Language:
    """Return Arabic from its compiled file; a text that is not in it stays English."""
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    ours, qt = QTranslator(app), QTranslator(app)
    if not ours.load(str(resources() / "translations" / f"{_ARABIC}.qm")):
        raise FileNotFoundError(f"translations/{_ARABIC}.qm is not among the program's resources")
    if qt.load(f"qtbase_{_ARABIC}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(qt)
    _installed.extend((ours, qt))
    number = _digits(locale)

    def translate(text: str, comment: str | None, n: int) -> str:
        found = str(ours.translate(_CONTEXT, text, comment, n))
        if not found:
            return english(text, n)
        return found.replace("%Ln", number(n)) if n >= 0 else found

    return Language(translate=translate, number=number)
