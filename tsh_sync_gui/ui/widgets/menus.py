"""The menu of an entity's actions, each with its price or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.offers import REMEMBERED, Offer


class OfferMenu(QMenu):
    """Shows offers; *chosen* carries the action."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._offers: Sequence[Offer] = ()
        self.aboutToShow.connect(self._fill)
        self.triggered.connect(self._choose)

    def show_offers(self, offers: Sequence[Offer]) -> None:
        """Show *offers* from the next opening on: a menu that nobody looks at costs nothing."""
        self._offers = offers
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        """Put the run's controls first, then what begins a run."""
        self.clear()
        offers = self._offers
        controls = [offer for offer in offers if offer.do not in REMEMBERED]
        for offer in controls:
            self._add(offer)
        if controls:
            self.addSeparator()
        for offer in offers:
            if offer.do in REMEMBERED:
                self._add(offer)

    def _add(self, offer: Offer) -> None:
        action = QAction(icon(offer.icon), offer.label.replace("&", "&&"), self)
        action.setData(offer.do.value)
        action.setEnabled(offer.is_enabled)
        action.setToolTip(offer.reason or offer.hint or offer.text)
        self.addAction(action)

    def _choose(self, action: QAction) -> None:
        self.chosen.emit(str(action.data()))
