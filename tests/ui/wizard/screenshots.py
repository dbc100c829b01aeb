"""Pictures of the wizard's steps: `python -m tests.ui.wizard.screenshots FOLDER [NAME…]`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from tests.support.browser import Browser
from tests.support.fake_service import FakeService
from tests.ui.wizard.scenes import SCENES, Scene
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.app import prepare
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.language import use_language
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.session import Session

_SETTLE = 0.3


async def _picture(engine: EngineThread, scene: Scene, file: Path, size: tuple[int, int]) -> None:
    session = Session(Actions(engine))
    service = FakeService()

    async def test(_url: str) -> str:
        return ""

    window = MainWindow(session, kept=None, words=lambda: "", save=service.save_setting, test=test)
    window.resize(*size)
    window.show()
    setup = scene.setup()
    window.wizard.attach(setup)
    window.setup_open()
    window.go("setup")
    await asyncio.sleep(_SETTLE)
    await scene.play(setup, window.wizard)
    await asyncio.sleep(_SETTLE)
    window.grab().save(str(file))
    window.wizard.detach()
    window._may_close = True
    window.close()
    window.deleteLater()
    await asyncio.sleep(0.02)


async def _all(app: QApplication, folder: Path, names: list[str], engine: EngineThread) -> None:
    for scene in SCENES:
        if names and scene.name not in names:
            continue
        use_language(app, "ar" if scene.mirrored else "en")
        for wish in scene.themes:
            theme.current().use(wish)
            for size in scene.sizes:
                file = folder / f"{scene.name}-{wish}-{size[0]}.png"
                await _picture(engine, scene, file, size)
                print(file)


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    app: QApplication = prepare([])
    app.setQuitOnLastWindowClosed(False)
    theme.install(app, "light")
    browser = Browser().listen()
    engine = EngineThread()
    engine.start()
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        runner.run(_all(app, folder, names, engine))
    engine.stop()
    browser.close()


if __name__ == "__main__":
    main()
