"""Widget tests: a qasync loop and an engine thread per test; any Qt warning fails."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from tests.support.fake_service import FakeService
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.session import Session

_HARMLESS = ("propagateSizeHints", "This plugin does not support")


@pytest.fixture(autouse=True)
def _no_qt_warnings() -> Iterator[None]:
    found: list[str] = []

    def hear(kind: QtMsgType, _context: object, text: str) -> None:
        if kind in {QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg} and not any(one in text for one in _HARMLESS):
            found.append(text)

    before = qInstallMessageHandler(hear)
    yield
    qInstallMessageHandler(before)
    assert not found, found


@pytest.fixture
def engine() -> Iterator[EngineThread]:
    thread = EngineThread()
    thread.start()
    yield thread
    assert thread.stop(5)


@pytest.fixture
def qloop(qapp: QApplication, qtbot: object, engine: EngineThread) -> Iterator[QEventLoop]:
    """A qasync loop, installed as current; what is left over is cancelled, what went wrong fails the test."""
    del qtbot, engine
    qapp.setQuitOnLastWindowClosed(False)
    loop = QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    errors: list[object] = []
    loop.set_exception_handler(lambda _loop, context: errors.append(context))
    yield loop
    _cancel_left(loop)
    loop.close()
    asyncio.set_event_loop(None)
    assert not errors, errors


def _cancel_left(loop: QEventLoop) -> None:
    left = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests that use *qloop* on it.

    What still runs is ended here and not in a fixture: pytest-qt handles events and deletes widgets before that.
    """
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or "qloop" not in pyfuncitem.fixturenames:
        return None
    loop = pyfuncitem.funcargs["qloop"]
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    session, window = pyfuncitem.funcargs.get("session"), pyfuncitem.funcargs.get("window")

    patient = pyfuncitem.get_closest_marker("timeout")
    seconds = patient.args[0] if patient else 20

    async def guarded() -> None:
        try:
            await asyncio.wait_for(pyfuncitem.obj(**arguments), seconds)
        finally:
            if session is not None:
                session.detach()  # qasync handles events once more after its loop has stopped
            if window is not None:
                window.wizard.detach()
                window.dead_letters.use(None)
                window.webhooks.use(None)

    try:
        loop.run_until_complete(guarded())
    finally:
        _cancel_left(loop)
    return True


@pytest.fixture(scope="session")
def installed_theme(qapp: QApplication) -> theme.Theme:
    """The theme, installed once as the program does: setting a style sheet takes long."""
    return theme.install(qapp, "light")


@pytest.fixture
def look(installed_theme: theme.Theme) -> theme.Theme:
    """The light theme."""
    installed_theme.use("light")
    return installed_theme


@pytest.fixture
def kept(tmp_path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def actions(engine: EngineThread, qloop: QEventLoop) -> Actions:
    return Actions(engine)


@pytest.fixture
def session(actions: Actions) -> Session:
    return Session(actions)


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def window(qtbot, look, session: Session, kept: QSettings, service: FakeService) -> MainWindow:
    """The whole window, shown, its service not yet attached."""

    async def test(_url: str) -> str:
        return "Reached PostgreSQL 18.6; its tables will be made."

    made = MainWindow(session, kept=kept, words=lambda: "", save=service.save_setting, test=test)
    made.keys = Keys(made)  # type: ignore[attr-defined] # held for the test
    qtbot.addWidget(made, before_close_func=lambda one: setattr(one, "_may_close", True))
    made.resize(1240, 800)
    made.show()
    return made


async def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait until *condition* holds; fails with its source when it does not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, f"never became true: {inspect.getsource(condition).strip()}"
        await asyncio.sleep(0.01)
