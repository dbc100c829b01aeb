"""Own line icons, tinted when painted: crisp at any scale, right in light and dark."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from tsh_sync_gui.ui.files import read_text

_SIDE: Final = 16
_tokens: Final[dict[str, str]] = {}
_MIRRORED: Final = frozenset({"chevron-right", "chevron-left", "take-over", "reset"})


def tint_icons(tokens: dict[str, str]) -> None:
    """Take the colours of the theme in use."""
    _tokens.clear()
    _tokens.update(tokens)


def forget_icons() -> None:
    """Drop rendered icons: the colours are others now."""
    _renderer.cache_clear()
    fixed_icon.cache_clear()
    QPixmapCache.clear()


@cache
def _renderer(name: str, color: str) -> QSvgRenderer:
    text = read_text(f"icons/{name}.svg").replace("currentColor", color)
    return QSvgRenderer(QByteArray(text.encode()))


def paint_icon(painter: QPainter, name: str, color: str, where: QRectF) -> None:
    """Paint the icon *name* in *color* into the square *where*."""
    _renderer(name, color).render(painter, where)


class LineIcon(QIconEngine):
    """An icon of a name and a colour token; disabled it is faint, selected it takes the accent's text."""

    def __init__(self, name: str, tint: str = "muted") -> None:
        super().__init__()
        self._name = name
        self._tint = tint

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        tint = "faint" if mode is QIcon.Mode.Disabled else self._tint
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QPointF(rect.x() + rect.width() / 2, rect.y() + rect.height() / 2))
        mirrored = QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
        if rect.width() > rect.height():  # beside a text: what is left over is the gap between them
            square.moveLeft(rect.right() - side if mirrored else rect.left())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._name in _MIRRORED and mirrored:
            painter.translate(2 * square.center().x(), 0)
            painter.scale(-1, 1)
        paint_icon(painter, self._name, _tokens.get(tint, "#808080"), square)

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        found = QPixmap(size)
        found.fill(Qt.GlobalColor.transparent)
        painter = QPainter(found)
        self.paint(painter, found.rect(), mode, state)
        painter.end()
        return found

    @override
    def clone(self) -> QIconEngine:
        return LineIcon(self._name, self._tint)


@cache
def fixed_icon(name: str, tint: str, width: int = _SIDE, height: int = _SIDE) -> QIcon:
    """Return the icon as finished pictures: painting it runs no Python, but it does not follow the theme."""
    made = QIcon()
    drawn = LineIcon(name, tint)
    for ratio in (1, 2):
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):
            picture = drawn.pixmap(QSize(width * ratio, height * ratio), mode, QIcon.State.Off)
            picture.setDevicePixelRatio(ratio)
            made.addPixmap(picture, mode)
    return made


def icon(name: str, tint: str = "muted") -> QIcon:
    """Return the icon *name* in the colour of the token *tint*."""
    return QIcon(LineIcon(name, tint))
