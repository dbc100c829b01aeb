"""What is done with the listener of this computer: started, ended, tested, and in the demo made to get something."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.listening import ListenerDesk
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.listener import Listening
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question


class ListenerDeeds(QObject):
    """*told* carries words for the person, *changed* says that the list is another, *listening* how the listener is.

    *busy* says whether the listener is being started or ended.
    """

    told = Signal(object)
    changed = Signal()
    listening = Signal(object)
    busy = Signal(bool)

    def __init__(self, owner: QWidget, session: Session) -> None:
        super().__init__(owner)
        self._owner = owner
        self._session = session
        self._actions = session.actions
        self.listener: ListenerDesk | None = None
        self._is_looking = False

    def attend(self, listener: ListenerDesk | None) -> None:
        """Ask *listener* from now on."""
        self.listener = listener
        self._is_looking = False

    def look(self, then: Callable[[], object] = lambda: None) -> None:
        """Ask the listener how it is."""

        def seen(found: Listening) -> None:
            self._is_looking = False
            self.listening.emit(found)
            then()

        def missed(_error: BaseException) -> None:
            self._is_looking = False

        # One that answers after ten seconds is not asked anew every five.
        if self.listener is not None and not self._is_looking:
            self._is_looking = True
            self._actions.run(self.listener.look(), then=seen, otherwise=missed)

    def start(self) -> None:
        """Start the listener as a process of its own."""
        if self.listener is not None:
            self.busy.emit(True)
            self._actions.run(self.listener.start(), then=self._started, otherwise=self._not_started)

    def restart(self) -> None:
        """End the listener that a window started, and start it where the settings say now."""
        if self.listener is not None:
            self.busy.emit(True)
            self._actions.run(self.listener.restart(), then=self._started, otherwise=self._not_started)

    def _started(self, found: Listening) -> None:
        self.busy.emit(False)
        self.listening.emit(found)
        whole = self._session.service
        words = (
            tr("The simulated Zoho delivers to it now. It ends with the demo.")
            if whole is not None and whole.loaded.is_demo
            else tr(
                "It goes on when this window closes. After a restart of the computer start it again, or as a service."
            )
        )
        self.told.emit(Problem(title=tr("The listener runs"), meaning=words, tone="green"))

    def _not_started(self, error: BaseException) -> None:
        self.busy.emit(False)
        self._failed(error)

    def ask_stop(self) -> None:
        """Ask whether the listener is to end."""
        Question(
            self._owner.window(),
            tr("End the listener?"),
            tr("Deliveries are not received then. Polling covers changes until it is started again."),
            (Choice(tr("End it"), "danger", self._stop), Choice(tr("Keep it running"))),
        ).open()

    def _stop(self) -> None:
        if self.listener is not None:
            self.busy.emit(True)
            self._actions.run(self.listener.stop(), then=self._stopped, otherwise=self._not_started)

    def _stopped(self, found: Listening) -> None:
        self.busy.emit(False)
        self.listening.emit(found)
        self.told.emit(Problem(title=tr("The listener has ended"), tone="blue"))

    def send_test(self) -> None:
        """Send a ping to the listener here; it appears in the list."""
        if self.listener is not None:
            self._actions.run(self.listener.send_test(), then=self._arrived, otherwise=self._failed)

    def stir(self) -> None:
        """Let the demo's simulated Zoho change records, and deliver that."""
        if self.listener is not None:
            self.busy.emit(True)
            self._actions.run(self.listener.stir(), then=self._stirred, otherwise=self._not_started)

    def _stirred(self, changed: int) -> None:
        self.busy.emit(False)
        title = tr("%Ln record(s) changed in the simulated Zoho", None, changed)
        self.told.emit(Problem(title=title, meaning=tr("Their deliveries come in now."), tone="green"))
        self.look()
        self.changed.emit()

    def send_wrong(self) -> None:
        """Let the demo's listener get a delivery whose signature does not match."""
        if self.listener is not None:
            self.busy.emit(True)
            self._actions.run(self.listener.send_wrong(), then=self._sent_wrong, otherwise=self._not_started)

    def _sent_wrong(self, _done: None) -> None:
        self.busy.emit(False)
        words = tr("It was rejected: open it in the list to see why.")
        self.told.emit(Problem(title=tr("A delivery with a wrong secret came in"), meaning=words, tone="blue"))
        self.look()
        self.changed.emit()

    def _arrived(self, where: str) -> None:
        words = tr("The listener answered at {where}. It stands in the list as a ping.").format(where=where)
        self.told.emit(Problem(title=tr("The test arrived"), meaning=words, tone="green"))
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        self.told.emit(problem_from(error))
        self.look()
