"""The window's side of the alerts: the list kept fresh, what is unread, and what a person is told of at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QSettings, Signal

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.alerts import Alert
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.alerts import Told, ended_text, is_quiet, news, unread
from tsh_sync_gui.ui.state.texts import tr

_SEEN = "alerts/seen"


class Watch(QObject):
    """Reads the alerts whenever the session has read; *changed* says that the list is another.

    *told* carries an alert that is news, *ended* title and words of a run that ended after a person began it here.
    """

    changed = Signal()
    told = Signal(object)
    ended = Signal(str, str)

    def __init__(self, session: Session, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self._kept = kept
        self.alerts: tuple[Alert, ...] = ()
        self._told: Told | None = None
        self._followed: set[RunId] = set()
        self._is_reading = False
        stored = kept.value(_SEEN) if kept is not None else None
        self._seen = datetime.fromisoformat(str(stored)) if stored else None
        session.history_changed.connect(self.read)
        session.changed.connect(self._follow)

    @property
    def now(self) -> datetime:
        """Return the present moment on the shared clock."""
        return self._session.now

    @property
    def unread(self) -> tuple[int, str]:
        """Return how many alerts nobody has looked at here, and their tone."""
        return unread(self.alerts, self._seen)

    def mark_read(self) -> None:
        """Note that the list was looked at."""
        if self.alerts:
            self._seen = max(one.last_at for one in self.alerts)
            if self._kept is not None:
                self._kept.setValue(_SEEN, self._seen.isoformat())
            self.changed.emit()

    def forget(self) -> None:
        """Begin anew: another database tells other things."""
        self.alerts, self._told, self._followed = (), None, set()
        self.changed.emit()

    def read(self) -> None:
        """Read the list; one reading at a time."""
        service = self._session.service
        if service is not None and not self._is_reading:
            self._is_reading = True
            self._session.actions.run(service.alerts.all(), then=self._take, otherwise=self._unread)

    def _unread(self, _error: BaseException) -> None:
        # The session says that the database is away; the list stays as it was.
        self._is_reading = False

    def _take(self, alerts: Sequence[Alert]) -> None:
        self._is_reading = False
        found, told = news(self._told, tuple(alerts), self._session.now)
        if self._told is None or not self._is_quiet:  # what comes in quiet hours is told when they are over
            self._told = told
        if tuple(alerts) != self.alerts:
            self.alerts = tuple(alerts)
            self.changed.emit()
        if self.may_tell:
            for one in found:
                self.told.emit(one)

    @property
    def may_tell(self) -> bool:
        """Tell whether a person wants notices now."""
        service = self._session.service
        return service is not None and service.settings.alerts_desktop and not self._is_quiet

    @property
    def _is_quiet(self) -> bool:
        service, overview = self._session.service, self._session.state.overview
        if service is None:
            return False
        return is_quiet(service.settings.alerts_quiet, self._session.now, overview.time_zone if overview else "")

    def silence(self, alert: Alert) -> None:
        """Tell nobody of *alert* any more, or tell of it again where it is silenced."""
        service = self._session.service
        if service is None:
            return
        if alert.is_silenced:
            self._session.actions.run(service.alerts.lift(str(alert.id)), then=lambda _done: self.read())
        else:
            self._session.actions.run(service.alerts.silence(str(alert.id)), then=lambda _done: self.read())

    def _follow(self) -> None:
        """Notice the end of runs that a person began here."""
        state = self._session.state
        for run in state.live:
            if run.here and run.info.trigger == "person":
                self._followed.add(run.info.id)
        for run in tuple(state.runs.values()):
            if run.info.id in self._followed and not run.is_live and run.info.ended_at is not None:
                self._followed.discard(run.info.id)
                status = state.status(run.info.entity)
                if self.may_tell:
                    self.ended.emit(*ended_text(run.info, tr(status.title) if status else run.info.entity))
