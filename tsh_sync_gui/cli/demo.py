"""`tsh-sync demo`: the whole program on a simulated Zoho, with no account and no server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Annotated

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import INTERRUPTED, run
from tsh_sync_gui.cli.sync import STOPPING, perform
from tsh_sync_gui.engine.views import SyncRequest

# A window that ends sooner than this with an error has not opened.
_OPENED_AFTER_S = 15.0


def demo(
    context: typer.Context,
    *,
    headless: Annotated[bool, typer.Option("--headless", help="In the terminal, without a window.")] = False,
    items: Annotated[
        int | None, typer.Option(min=1, max=5_000_000, help="How many products; 1,250, or as last time.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed, other data; 1, or as last time.")] = None,
    as_json: options.Json = False,
) -> int:
    """Sync a simulated Zoho into a database of its own: in a window, or with --headless in the terminal.

    It ignores all your settings, and your own data stays untouched.
    """
    doors: Doors = context.obj
    output = Output(as_json)
    if not (headless or as_json) and has_display(os.environ, sys.platform):
        doors.resize_demo(items, seed, output.aside)
        if _window_was_shown(output):
            return 0
    return run(_demo(doors, output, items=items, seed=seed), on_stop=lambda: output.aside(STOPPING))


async def _demo(doors: Doors, output: Output, *, items: int | None, seed: int | None) -> int:
    async with doors.demo(items, seed, output.aside) as service:
        code = await perform(service, SyncRequest(), output, timed=False)
    if not output.as_json and code != INTERRUPTED:
        for line in _next():
            output.show(line, markup=False)
    return code


def _next() -> tuple[str, ...]:
    """Return where the demo's data are and what a person may do now."""
    from tsh_sync_gui.bootstrap.demo import demo_folder

    home = demo_folder()
    set_home = f"$env:TSH_HOME='{home}'; " if sys.platform == "win32" else ""
    inline = "" if set_home else f"TSH_HOME='{home}' "
    return (
        "\nThe data are in the demo's own PostgreSQL, in the schema tsh. To look into it, and to end it then:",
        f'  {set_home}psql "$({inline}tsh-sync db url)"',
        "  tsh-sync db stop",
        "Next: `tsh-sync demo` again reads only what changed. `tsh-sync auth login` connects your own organization.",
    )


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Tell whether a window can be shown."""
    if platform in {"win32", "darwin"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _window_was_shown(output: Output) -> bool:
    """Open the window in a process of its own and wait for its end; False when it could not be opened."""
    began = time.monotonic()
    with subprocess.Popen([sys.executable, "-m", "tsh_sync_gui", "window", "--demo"]) as window:
        # Who ends this process means the window; Ctrl+C reaches it by itself.
        before = signal.signal(signal.SIGTERM, lambda _number, _frame: window.terminate())
        try:
            code = _waited(window)
        finally:
            signal.signal(signal.SIGTERM, before)
    if code > 0 and time.monotonic() - began < _OPENED_AFTER_S:
        output.aside("The window could not be opened, so the demo goes on in the terminal.")
        return False
    return True


def _waited(window: subprocess.Popen[bytes]) -> int:
    """Wait for the window's end; the first Ctrl+C is its own matter, a second one ends it."""
    asked = False
    while True:
        try:
            return window.wait()
        except KeyboardInterrupt:
            if asked:
                window.terminate()
            asked = True
