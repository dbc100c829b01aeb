"""The program as a person has it: a real X server, real keys and clicks by xdotool, a real browser for the consent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import Chromium, chromium
from tests.support.setups import CLIENT_ID, CLIENT_SECRET, PASSPHRASE, with_vault
from tests.support.simulator import make_simulator, simulator

__all__ = ["make_simulator", "simulator"]
_MISSING = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None] + ([] if chromium() else ["chromium"])
pytestmark = [
    pytest.mark.skipif(bool(_MISSING), reason=f"needs {', '.join(_MISSING)}"),
    pytest.mark.timeout(240),
]
# From the region's field to the client id, and from the window's left upper corner to the button that skips.
_TABS_TO_CLIENT_ID = 12
_SKIP = (977, 742)


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of its own."""
    there, back = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(back), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=(back,),
        stderr=subprocess.DEVNULL,
    )
    os.close(back)
    with os.fdopen(there) as number:
        found = number.readline().strip()
    yield f":{found}"
    server.terminate()
    server.wait(10)


class Person:
    """Presses keys and buttons of the mouse in the program's window."""

    def __init__(self, display: str, home: Path) -> None:
        self._env = {**os.environ, "DISPLAY": display}
        self._home = home
        self.window = ""

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self._env, capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout.strip()

    def find_window(self) -> None:
        self.window = until(lambda: self.xdotool("search", "--onlyvisible", "--name", "TSH Sync").split("\n")[0])
        self.xdotool("windowmove", self.window, "0", "0")
        self.xdotool("windowfocus", "--sync", self.window)

    def keys(self, *keys: str) -> None:
        self.xdotool("key", "--delay", "30", *keys)

    def text(self, text: str) -> None:
        self.xdotool("type", "--delay", "8", text)

    def click(self, place: tuple[int, int]) -> None:
        self.xdotool("mousemove", "--window", self.window, *map(str, place), "click", "1")

    def kept(self) -> dict[str, Any]:
        """Return what the set-up has kept so far."""
        file = self._home / "setup.json"
        found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return found

    def press_until(self, step: str, *keys: str) -> None:
        """Press *keys* now and then until *step* is done."""

        def done() -> bool:
            if step in self.kept().get("done", []) + self.kept().get("skipped", []):
                return True
            self.keys(*keys)
            return False

        until(done, every=1.0)


def until(condition: Callable[[], Any], *, seconds: float = 60, every: float = 0.2) -> Any:
    """Return what *condition* gives as soon as it is something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(every)
    return found


def consent(url: str, profile: Path) -> str:
    """Open Zoho's page in a browser, click Accept, and return what the page says at the end."""
    with Chromium(profile) as browser:
        browser.open(url)
        until(lambda: browser.evaluate("document.querySelector('#accept') !== null"))
        browser.click("#accept")
        return str(until(lambda: (t := browser.evaluate("document.body.innerText")) and "close this page" in t and t))


def test_from_an_empty_home_to_a_first_sync_on_a_desktop(display, home, simulator, tmp_path):
    with_vault(home)
    opened = tmp_path / "opened"
    opens = tmp_path / "bin" / "xdg-open"
    opens.parent.mkdir()
    opens.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n', encoding="utf-8")
    opens.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ZOHO_", "TSH_", "QT_"))}
    env |= {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "TSH_HOME": str(home),
        "TSH_SECRET_KEY": PASSPHRASE,
        "ZOHO_ACCOUNTS_URL": simulator.url,
        "ZOHO_API_BASE_URL": simulator.url,
        "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
        "PATH": f"{opens.parent}{os.pathsep}{os.environ['PATH']}",
        "BROWSER": str(opens),
    }
    program = subprocess.Popen([sys.executable, "-m", "tsh_sync_gui.ui"], env=env, cwd=Path.cwd())
    person = Person(display, home)
    try:
        person.find_window()
        person.press_until("start", "Return")
        person.press_until("database", "Return")
        person.keys(*["Tab"] * _TABS_TO_CLIENT_ID)
        person.text(CLIENT_ID)
        person.keys("Tab")
        person.text(CLIENT_SECRET)
        person.press_until("app", "Return")
        time.sleep(1)
        person.keys("Return")
        url = until(lambda: opened.exists() and opened.read_text("utf-8"))
        assert "You can close this page" in consent(url, tmp_path / "profile")
        until(lambda: "sign_in" in person.kept()["done"])
        person.xdotool("windowfocus", "--sync", person.window)
        person.press_until("organization", "Return")
        person.press_until("check", "Return")
        person.click(_SKIP)
        person.press_until("webhooks")
        person.press_until("limits", "Return")
        person.press_until("first_sync", "Return")

        until(lambda: all_synced(env))
    finally:
        program.send_signal(signal.SIGINT)
        code = program.wait(40)
    assert code == 130


def all_synced(env: dict[str, str]) -> bool:
    """Tell whether every entity is up to date, as the command line says."""
    done = subprocess.run(
        [sys.executable, "-m", "tsh_sync_gui", "status", "--json"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = json.loads(done.stdout or "{}")
    states = {one["state"] for one in found.get("entities", [])}
    return states == {"up_to_date"}
