"""Takes the place of the person's browser: what is opened is kept and goes nowhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

_SCHEMES = ("https", "http")


class Browser(QObject):
    """Hears every address that the program opens, from `listen` to `close`."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def listen(self) -> Browser:
        for scheme in _SCHEMES:
            QDesktopServices.setUrlHandler(scheme, self, "hear")
        return self

    def close(self) -> None:
        for scheme in _SCHEMES:
            QDesktopServices.unsetUrlHandler(scheme)

    @Slot(QUrl)
    def hear(self, url: QUrl) -> None:
        self.opened.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
