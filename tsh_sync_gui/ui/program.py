"""The life of the program: window, opening, running, and an orderly end under a deadline."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from PySide6.QtCore import QSettings, Qt

from tsh_sync_gui.core.errors import ConfigurationError, VaultLockedError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.asking import Stopping, StopQuestion
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.collector import keep_what_is_there
from tsh_sync_gui.ui.examining import Examiner
from tsh_sync_gui.ui.first_run import FirstRun
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.language import language_of
from tsh_sync_gui.ui.listening import ProgramListener
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.opening import Opened, Opener, Opening, SetupOpener, open_setup, opener
from tsh_sync_gui.ui.panels.starting import Way
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.settings_deeds import ProgramDeeds
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.tray import Tray
from tsh_sync_gui.ui.widgets.dialogs import Choice

_STOP_RUNS_SECONDS: Final = 8.0
_CLOSE_SECONDS: Final = 8.0
_INTERRUPTED: Final = 130


def _uncancelled() -> None:
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _way_out(error: Exception) -> Way:
    if isinstance(error, VaultLockedError):
        return Way.UNLOCK
    return Way.SETTINGS if isinstance(error, ConfigurationError) else Way.AGAIN


class Program:
    """Holds the parts together and ends them in order."""

    def __init__(
        self,
        engine: EngineThread,
        quit_wanted: asyncio.Event,
        *,
        kept: QSettings | None,
        demo: bool = False,
        open_it: Opener | None = None,
        setup_it: SetupOpener | None = None,
        screen: str = "",
    ) -> None:
        self._engine = engine
        self._quit = quit_wanted
        self._open_it = open_it or opener(demo=demo)
        self._demo = demo
        self._opening: Opening[Opened] = Opening(engine, self._open_it)
        self._opened: Opened | None = None
        self._kept = kept
        self.wants_demo = False
        self.wants_language = ""
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._show_task: asyncio.Task[None] | None = None
        self.actions = Actions(engine)
        self.session = Session(self.actions)
        opens_setup = setup_it or (None if demo or open_it else open_setup)
        self.first_run = FirstRun(engine, self.session, opens_setup)
        self.window = MainWindow(
            self.session,
            kept=kept,
            words=lambda: self.first_run.words or self._opening.words,
            save=self._save,
            test=self._test,
            demo=demo,
        )
        if screen:
            self.window.go(screen)
        self.keys = Keys(self.window)
        self._asking = StopQuestion(self.session, self.window)
        self.tray = Tray(self.window, kept)
        self.tray.quit_wanted.connect(self._leave_from_tray)
        self.window.quit_wanted.connect(self._leave_from_tray)
        self.window.leaving.connect(self._closed)
        self.window.starting.again.connect(self.reopen)
        self.window.settings.reopen.connect(self._settings_changed)
        self.window.settings.spoken.connect(self._speak)
        self.window.settings.use(
            ProgramDeeds(lambda: self.window.settings.loaded, lambda: self._opened.service if self._opened else None)
        )
        self.window.listener = ProgramListener(lambda: self._opened.service.loaded if self._opened else None)
        self.window.doctor.use(
            Examiner(lambda: self._opened.service.loaded if self._opened else None, demo=demo).examine
        )
        self.window.settings.connection.wanted.connect(self._look_at_sign_in)
        self.window.wizard.completed.connect(self._set_up)
        self.window.wizard.signed_in.connect(self._signed_in)
        self.window.wizard.left.connect(self._wizard_left)
        self.window.wizard.demo.connect(self._to_demo)
        self.first_run.told.connect(self.window.tell)

    async def run(self) -> int:
        """Show the window, open the service, and wait for the end."""
        self.window.show()
        self.window.service_opening()
        self._task = asyncio.get_running_loop().create_task(self._start())
        code = 0
        try:
            await self._until_quit()
        except asyncio.CancelledError:  # Ctrl+C in the terminal: no question, but the same orderly end
            _uncancelled()
            code = _INTERRUPTED
        await self._end()
        return code

    async def _until_quit(self) -> None:
        while True:
            await self._quit.wait()
            if self._ending or self.leave():
                return
            self._quit.clear()

    async def _start(self) -> None:
        """Open the service, unless the set-up comes first."""
        start = await self.first_run.begin()
        if self.first_run.setup is not None:
            await self._show_settings()
            self.window.wizard.attach(self.first_run.setup)
        if start is not None and not start.progress.is_complete:
            self.window.wizard.show_progress(start.progress)
        if start is not None and start.is_needed:
            self.window.setup_open()
            self.window.go("setup")
            return
        await self._reopen()

    def _set_up(self) -> None:
        """Begin to work: the set-up is complete."""
        self.window.go("sync")
        self.reopen()

    def _signed_in(self) -> None:
        """Go on where a lost sign-in had stopped us."""
        self.window.go("sync")
        self.window.tell(Problem(title=tr("Signed in"), meaning=tr("The runs that waited go on."), tone="green"))
        self.reopen()

    def _wizard_left(self, changed: bool) -> None:
        start = self.first_run.start
        self.window.go("sync")
        if self._opened is None and (start is None or not self.window.wizard.can_work):
            self.window.setup_open()
        elif changed or self._opened is None:
            self.ask_reopen()

    def _to_demo(self) -> None:
        """End here, to begin again with the sample Zoho."""
        self.wants_demo = True
        if not self.leave():
            self.wants_demo = False

    def _keep_language(self, loaded: Loaded) -> None:
        """Keep the chosen language for the next start, before settings are read; one given from outside is not ours."""
        if self._kept is not None and not loaded.origins["language"].is_locked:
            self._kept.setValue("language", loaded.settings.language)

    def _speak(self, wish: str) -> None:
        """Begin anew in another language; asks where something of ours runs."""
        if self._kept is not None:
            self._kept.setValue("language", wish)
        is_mirrored = self.window.layoutDirection() is Qt.LayoutDirection.RightToLeft
        if (language_of(wish) == "ar") is is_mirrored:
            return

        def anew() -> None:
            self.wants_language = wish
            self._finish()

        self._asking.ask(
            Stopping(
                while_running=tr("Still syncing: {what}. Show the window in the other language now?"),
                when_idle=tr("Nothing runs any more. Show the window in the other language now?"),
                choices=(Choice(tr("Stop and show it"), "primary", anew), Choice(tr("At the next start"))),
                deed=anew,
            )
        )

    def reopen(self) -> None:
        """Open the service, closing the one that is open."""
        if self._task is None or self._task.done():
            self.window.service_opening()
            self._task = asyncio.get_running_loop().create_task(self._reopen())

    async def _reopen(self) -> None:
        await self._shut()
        self._opening = Opening(self._engine, self._open_it)
        try:
            opened = await self._opening.begin()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 -- shown with its details instead of a crash
            structlog.get_logger(__name__).warning("the service does not open", exc_info=error)
            await self._show_settings()
            self.window.service_failed(problem_from(error), _way_out(error))
            return
        self._opened = opened
        self.window.settings.show_settings(opened.loaded, has_database=True)
        self._keep_language(opened.loaded)
        keep_what_is_there()
        self.window.bell.watch.forget()
        self.session.attach(opened.service, demo=self._demo)
        self.window.service_opened()
        self.first_run.watch()

    async def _show_settings(self) -> None:
        """Show the settings as far as they can be read without the database, so that any of them can be mended."""
        from tsh_sync_gui.bootstrap.gather import gather  # noqa: PLC0415 -- late: the window is shown first

        try:
            loaded = await asyncio.to_thread(gather)
        except ConfigurationError as error:
            self.window.settings.show_unreadable(problem_from(error))
        else:
            self.window.settings.show_settings(loaded, has_database=False)

    async def _save(self, field: str, text: str | None) -> None:
        """Keep a setting; runs in the engine."""
        if self._opened is not None:
            await self._opened.service.save_setting(field, text)
        else:
            from tsh_sync_gui.bootstrap.secrets import keep  # noqa: PLC0415 -- late: the window is shown first
            from tsh_sync_gui.core.paths import default_home  # noqa: PLC0415

            await asyncio.to_thread(keep, default_home(), field, text)

    def _look_at_sign_in(self) -> None:
        """Show in the settings how the sign-in stands."""
        setup = self.first_run.setup
        if setup is not None:
            show = self.window.settings.connection.show_health
            self.actions.run(setup.health(), then=show, otherwise=lambda _error: None)

    @staticmethod
    async def _test(url: str) -> str:
        """Try a database address; runs in the engine."""
        from tsh_sync_gui.bootstrap.trial import try_database  # noqa: PLC0415 -- late: it brings the whole store

        return await try_database(url)

    def _closed(self) -> None:
        """Leave the icon in the tray, where there is one and nobody minds; else end."""
        stays = self._opened is not None and not self._demo and self._opened.service.settings.close_to_tray
        if stays and self.tray.is_there:
            self.tray.hide_window()
        else:
            self.leave()

    def _leave_from_tray(self) -> None:
        if not self.leave():  # a question needs its window
            self.tray.open_window()

    def leave(self) -> bool:
        """Ask where something of ours runs, else end; True when the end was begun."""
        return self._asking.ask(
            Stopping(
                while_running=tr("Still syncing: {what}. Close all the same?"),
                when_idle=tr("Nothing runs any more. Close now?"),
                choices=(Choice(tr("Stop and close"), "primary", self._finish), Choice(tr("Keep open"))),
                deed=self._finish,
            )
        )

    def _settings_changed(self) -> None:
        """Take over a database or secrets that are others now; before the set-up is done there is nothing to open."""
        if self._opened is None and self.window.starting.asks_setup:
            self._show_task = asyncio.get_running_loop().create_task(self._show_settings())
        else:
            self.ask_reopen()

    def ask_reopen(self) -> None:
        """Open the database again; asks where something of ours runs."""
        self._asking.ask(
            Stopping(
                while_running=tr("Still syncing: {what}. Open the database again all the same?"),
                when_idle=tr("Nothing runs any more. Open the database again now?"),
                choices=(Choice(tr("Stop and open again"), "primary", self.reopen), Choice(tr("Cancel"))),
                deed=self.reopen,
            )
        )

    def _finish(self) -> None:
        self._ending = True
        self._quit.set()

    async def _end(self) -> None:
        self._asking.close()
        self.tray.let_go()
        self.window.setEnabled(False)
        self.window.status.say(tr("Stopping after the page in work…"))
        self.actions.cancel_all()
        for task in (self._task, self._show_task):
            if task is not None:
                task.cancel()
        await self._shut()
        self.window.wizard.detach()
        if not await self.first_run.close(_CLOSE_SECONDS):
            structlog.get_logger(__name__).error("the set-up did not close in time")
        self.window.let_go()

    async def _shut(self) -> None:
        """Stop what runs within a page, then close the service."""
        self.session.detach()
        self.window.dead_letters.use(None)
        self._opened = None
        if not await self._engine.settle(_STOP_RUNS_SECONDS):
            structlog.get_logger(__name__).error("a run did not stop in time; its next start goes on")
        if not await self._opening.close(_CLOSE_SECONDS):
            structlog.get_logger(__name__).error("the service did not close in time")
