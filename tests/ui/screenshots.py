"""Pictures of the window in its states, light and dark: `python -m tests.ui.screenshots FOLDER [NAME…]`.

With TSH_LANGUAGE=ar all of them in Arabic, with TSH_SIZE=800x600 in that size, with TSH_THEME=dark in that look."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog
from qasync import QEventLoop

from tests.support.fake_service import FakeService
from tests.ui.doctor_scenes import DOCTOR
from tests.ui.letter_scenes import LETTERS
from tests.ui.scenes import SCENES, Scene
from tests.ui.schedule_scenes import SCHEDULES
from tests.ui.webhook_scenes import WEBHOOKS
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.app import prepare
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.icons import forget_icons
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.language import use_language
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.session import Session

_SETTLE = 0.35


async def _picture(engine: EngineThread, scene: Scene, file: Path, size: tuple[int, int]) -> None:
    service = FakeService()
    scene.prepare(service)
    session = Session(Actions(engine))

    async def test(_url: str) -> str:
        return "Reached PostgreSQL 18.6; its tables will be made."

    window = MainWindow(session, kept=None, words=lambda: "", save=service.save_setting, test=test, demo=scene.demo)
    keys = Keys(window)
    window.resize(*size)
    window.show()
    if scene.opens:
        window.settings.show_settings(scene.loaded(), has_database=True)
        session.attach(service)
        window.service_opened()
    else:
        window.service_opening()
    await asyncio.sleep(_SETTLE)
    await scene.play(service, window, keys)
    await asyncio.sleep(_SETTLE)
    picture = window.grab()
    _paint_over(picture, window)
    picture.save(str(file))
    session.detach()
    window._may_close = True
    window.close()
    window.deleteLater()
    await asyncio.sleep(0.02)


def _paint_over(picture: QPixmap, window: MainWindow) -> None:
    """Paint questions and lists that stand in windows of their own where a person sees them."""
    painter = QPainter(picture)
    for one in (QApplication.activeModalWidget(), QApplication.activePopupWidget()):
        if one is None:
            continue
        where = window.mapFromGlobal(one.mapToGlobal(one.rect().topLeft()))
        if isinstance(one, QDialog):
            where = window.rect().center() - one.rect().center()
        painter.drawPixmap(where, one.grab())
    painter.end()


def _sizes(scene: Scene) -> tuple[tuple[int, int], ...]:
    wide, _, high = os.environ.get("TSH_SIZE", "").partition("x")
    return ((int(wide), int(high)),) if high else scene.sizes


async def _all(app: QApplication, folder: Path, names: list[str], engine: EngineThread) -> None:
    for scene in (*SCENES, *DOCTOR, *LETTERS, *WEBHOOKS, *SCHEDULES):
        if names and scene.name not in names:
            continue
        use_language(app, "ar" if scene.mirrored or os.environ.get("TSH_LANGUAGE") == "ar" else "en")
        forget_icons()
        only = os.environ.get("TSH_THEME")
        for wish in (only,) if only else scene.themes:
            theme.current().use(wish)
            for size in _sizes(scene):
                file = folder / f"{scene.name}-{wish}-{size[0]}.png"
                await _picture(engine, scene, file, size)
                print(file)


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    app: QApplication = prepare([])
    app.setQuitOnLastWindowClosed(False)
    theme.install(app, "light")
    engine = EngineThread()
    engine.start()
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        runner.run(_all(app, folder, names, engine))
    engine.stop()


if __name__ == "__main__":
    main()
