"""Labels, buttons and lines with a role; their look stands in the theme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent, QTextCharFormat
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCalendarWidget,
    QDateTimeEdit,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from tsh_sync_gui.ui.icons import fixed_icon

_BESIDE_TEXT: Final = QSize(20, 16)
_MARGIN: Final = 6
_CALENDAR: Final = (300, 250)
_ALONE: Final = QSize(16, 16)


def label(text: str = "", role: str = "body", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """Return a label in the font and colour of *role*."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    _align(made)
    if selectable:
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        made.setTextInteractionFlags(flags)
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    return made


def _align(made: QLabel) -> None:
    """Let *made* begin where its window does: Qt goes by the text's own direction, and numbers would stand amiss."""
    if QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft:
        made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)


class ElidedLabel(QLabel):
    """A label of one line that ends in "…" where there is no room; the tooltip may have it all.

    The text is shortened when it or the room changes and drawn by Qt: nothing of Python runs when it is painted.
    """

    def __init__(self, text: str = "", role: str = "body") -> None:
        super().__init__()
        self._whole = text
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(20)
        _align(self)
        self._fit()

    def text(self) -> str:
        """Return the whole text."""
        return self._whole

    def setText(self, text: str) -> None:  # noqa: N802 -- Qt's name
        """Show *text* as far as there is room."""
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._fit()

    def _fit(self) -> None:
        super().setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(20, self.width())))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()


def set_text(target: QLabel | QPushButton, text: str) -> None:
    """Change a text only where it differs: a label that is set anew is laid out anew."""
    if target.text() != text:
        target.setText(text)


def set_tip(target: QWidget, text: str) -> None:
    """Change a tooltip only where it differs."""
    if target.toolTip() != text:
        target.setToolTip(text)


def set_property(target: QWidget, name: str, value: str) -> None:
    """Change a property the theme looks at, and let the theme look again."""
    if (target.property(name) or "") != value:
        target.setProperty(name, value)
        target.style().unpolish(target)
        target.style().polish(target)


def button(text: str, kind: str = "", *, icon_name: str = "", hint: str = "") -> QPushButton:
    """Return a button of a kind: primary, soft, danger, flat, or plain."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAutoDefault(False)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if icon_name:
        set_icon(made, icon_name, kind)
    if hint:
        made.setToolTip(hint)
    return made


def set_icon(target: QPushButton, icon_name: str, kind: str = "") -> None:
    """Give a button its icon in the colour of its kind."""
    set_picture(target, icon_name, {"primary": "on_accent", "soft": "blue", "danger": "red"}.get(kind, "muted"))


def set_picture(target: QAbstractButton, icon_name: str, tint: str = "muted", size: QSize = _BESIDE_TEXT) -> None:
    """Give a button a finished picture, drawn anew when the theme changes: painting it runs no Python."""
    look = f"{icon_name}/{tint}"
    if target.property("glyph") != look or target.iconSize() != size:
        target.setProperty("glyph", look)
        target.setIconSize(size)
        target.setIcon(fixed_icon(icon_name, tint, size.width(), size.height()))


def spin() -> QSpinBox:
    """Return a field for a number, typed or turned by the arrow keys."""
    # Its buttons have no width by the style sheet: without buttons Qt gives a styled field's text one pixel.
    made = QSpinBox()
    # A style sheet's padding is not kept here: the text would stand at the border.
    made.lineEdit().setTextMargins(_MARGIN, 0, _MARGIN, 0)
    return made


class _Steady(QObject):
    """Keeps a press beside the text of a date field from changing it: Qt takes the frame for a step button."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or not isinstance(watched, QDateTimeEdit):
            return False
        if event.type() not in {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick}:
            return False
        text, place = watched.lineEdit().geometry(), event.position().x()
        mirrored = watched.layoutDirection() is Qt.LayoutDirection.RightToLeft
        if place < text.left() if mirrored else place > text.right():
            return False  # the arrow that opens the calendar
        watched.setFocus(Qt.FocusReason.MouseFocusReason)
        return True


def with_calendar(field: QDateTimeEdit) -> None:
    """Let the day of *field* be chosen from a calendar, too."""
    field.setCalendarPopup(True)
    field.installEventFilter(_Steady(field))
    calendar = field.calendarWidget()
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # which days are free differs; red is for faults
        calendar.setWeekdayTextFormat(day, QTextCharFormat())
    for name, icon_name in (("qt_calendar_prevmonth", "chevron-left"), ("qt_calendar_nextmonth", "chevron-right")):
        turn = calendar.findChild(QToolButton, name)
        if turn is not None:
            set_picture(turn, icon_name, size=_ALONE)
    calendar.setMinimumSize(*_CALENDAR)
    calendar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # for its border
    calendar.setContentsMargins(1, 1, 1, 1)


def tool(icon_name: str, name: str) -> QToolButton:
    """Return a button of an icon alone; *name* is what it is called aloud and in its tooltip."""
    made = QToolButton()
    set_picture(made, icon_name, size=_ALONE)
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def glyph(icon_name: str, tint: str = "muted", *, side: int = 16) -> QLabel:
    """Return an icon that only shows something; what it means stands beside it or in its tooltip."""
    made = QLabel()
    made.setFixedSize(side, side)
    set_glyph(made, icon_name, tint)
    return made


def set_glyph(target: QLabel, icon_name: str, tint: str = "muted") -> None:
    """Show another icon."""
    look = f"{icon_name}/{tint}"
    if target.property("glyph") != look:
        target.setProperty("glyph", look)
        _draw(target, icon_name, tint)


def _draw(target: QLabel, icon_name: str, tint: str) -> None:
    drawn = fixed_icon(icon_name, tint, target.width(), target.height())
    target.setPixmap(drawn.pixmap(target.size(), target.devicePixelRatioF()))


def retint(root: QWidget) -> None:
    """Paint all icons below *root* in the colours of a new theme."""
    for one in (*root.findChildren(QLabel), *root.findChildren(QAbstractButton)):
        name, _, tint = str(one.property("glyph") or "").partition("/")
        if name and isinstance(one, QLabel):
            _draw(one, name, tint)
        elif name and isinstance(one, QAbstractButton):
            size = one.iconSize()
            one.setIcon(fixed_icon(name, tint, size.width(), size.height()))


def line() -> QFrame:
    """Return a thin horizontal line."""
    made = QFrame()
    made.setObjectName("line")
    made.setFixedHeight(1)
    return made
