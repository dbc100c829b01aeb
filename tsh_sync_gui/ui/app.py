"""`tsh-sync-gui`: shows the window first, then opens the service in the engine's thread."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSettings

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.paths import default_home
from tsh_sync_gui.core.saved import read_saved
from tsh_sync_gui.core.settings import outside_value
from tsh_sync_gui.ui import screen, theme
from tsh_sync_gui.ui.bridge import Application, EngineThread, run
from tsh_sync_gui.ui.icons import forget_icons, icon
from tsh_sync_gui.ui.language import use_language
from tsh_sync_gui.ui.program import Program

# How long the engine's thread keeps the interpreter after the window asked for it. The window asks at each of some
# hundred calls into Qt while it shows a change: with Python's 5 ms that is a standstill, with 0.1 ms it is not seen.
_SWITCH_SECONDS: Final = 0.0001


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tsh-sync-gui", description="Keeps Zoho and TSH in step, in a window.")
    parser.add_argument("--demo", action="store_true", help="a built-in sample Zoho; no account, no server")
    return parser.parse_args(argv)


def prepare(argv: Sequence[str], *, language: str = "en") -> Application:
    """Return the application with its names, look and language."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    with screen.needed():
        app = Application([sys.argv[0] if sys.argv else "tsh-sync-gui", *argv])
    app.setApplicationName("tsh-sync-gui")
    app.setApplicationDisplayName("TSH Sync")
    app.setDesktopFileName("tsh-sync-gui")
    use_language(app, language)
    return app


def kept_settings(*, demo: bool) -> QSettings:
    """Return where sizes, widths and remembered choices of the window are kept."""
    home = default_home() / "demo" if demo else default_home()
    return QSettings(str(home / "window.ini"), QSettings.Format.IniFormat)


def _named(variable: str, allowed: Sequence[str]) -> str:
    """Return what is set from outside of the program, empty for nothing that could be meant."""
    named = outside_value(default_home(), variable)
    return named if named in allowed else ""


def _chosen(name: str, kept: QSettings, *, demo: bool) -> str:
    """Return what was chosen for *name*, here or by `tsh-sync config`; a file that can't be read is told later."""
    try:
        saved = read_saved(default_home() / "demo" if demo else default_home())
    except ConfigurationError:
        saved = {}
    return str(saved.get(name) or kept.value(name, "system"))


def main(argv: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; returns the exit code."""
    wanted = _arguments(sys.argv[1:] if argv is None else argv)
    kept = kept_settings(demo=wanted.demo)
    # What the environment or a .env says goes before what was chosen here, and is not kept.
    app = prepare(
        [], language=_named("TSH_LANGUAGE", ("system", "en", "ar")) or _chosen("language", kept, demo=wanted.demo)
    )
    theme.install(app, _named("TSH_THEME", ("system", "light", "dark")) or _chosen("theme", kept, demo=wanted.demo))
    app.setWindowIcon(icon("logo"))

    async def program(engine: EngineThread, quit_wanted: asyncio.Event) -> int:
        demo, own, front = wanted.demo, kept, ""
        while True:
            shown = Program(engine, quit_wanted, kept=own, demo=demo, screen=front)
            code = await shown.run()
            if shown.wants_demo:
                demo, own = True, kept_settings(demo=True)
            elif shown.wants_language:
                use_language(app, shown.wants_language)
                forget_icons()
                front = shown.window.panel.key
            else:
                return code
            quit_wanted.clear()

    return run(app, program)


if __name__ == "__main__":
    sys.exit(main())
