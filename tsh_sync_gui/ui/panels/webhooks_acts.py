"""What a person does in the inbox, by key, button or menu, with what is marked or in focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.ui.panels.webhooks_around import WebhookAround
from tsh_sync_gui.ui.panels.webhooks_deeds import WebhookDeeds
from tsh_sync_gui.ui.panels.webhooks_lists import WebhookLists
from tsh_sync_gui.ui.panels.webhooks_menu import webhook_menu
from tsh_sync_gui.ui.panels.webhooks_view import InboxView


class WebhookActs(QObject):
    """*set_up* says that the set-up helper is wanted, *settings_wanted* a section of the settings."""

    set_up = Signal()
    settings_wanted = Signal(str)

    def __init__(
        self, owner: QWidget, *, lists: WebhookLists, view: InboxView, around: WebhookAround, deeds: WebhookDeeds
    ) -> None:
        super().__init__(owner)
        self._owner = owner
        self._lists = lists
        self._view = view
        self._around = around
        self._deeds = deeds

    def replay(self) -> None:
        """Ask whether what is marked, else the one in focus, is to be done once more."""
        self._deeds.replay(self._view.chosen())

    def send_test(self) -> None:
        """Send a ping to the listener here."""
        self._deeds.send_test()

    def copy_request(self) -> None:
        """Copy the delivery in focus as a request."""
        self._deeds.copy_request(self._view.detail, self._around.base)

    def drop(self, at: QPoint, *, with_copies: bool = False) -> None:
        """Open the menu; *with_copies* offers the ways to copy rows, too."""
        is_paused, around = self._around.is_paused, self._around
        deeds: dict[str, Callable[[], object]] = {
            "replay": self.replay,
            "copy": self.copy_request,
            "since": lambda: self._deeds.replay(None),
            "public": self._deeds.test_public,
            "pause": lambda: self._deeds.pause(paused=not is_paused),
            "secret": self._deeds.change_secret,
            "helper": self.set_up.emit,
            "start": self._deeds.start,
            "stir": self._deeds.stir,
            "wrong": self._deeds.send_wrong,
            "restart": self._deeds.restart,
            "stop": self._deeds.ask_stop,
            "settings": lambda: self.settings_wanted.emit("Webhooks"),
        }
        menu = webhook_menu(self._owner, deeds, around.standing(has_one=self._view.detail is not None))
        if with_copies:
            menu.addSeparator()
            menu.addActions(self._lists.table.copy_actions(menu))
        menu.popup(at)
