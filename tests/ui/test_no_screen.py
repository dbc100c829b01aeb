"""The window's program where there is no screen."""

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there is always a screen")
def test_without_a_screen_one_sentence_says_what_to_do_instead(tmp_path):
    unset = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}

    ended = subprocess.run(
        [sys.executable, "-m", "tsh_sync_gui", "window"],
        env=environment | {"TSH_HOME": str(tmp_path), "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no screen to show the window on")
    assert len(ended.stderr.splitlines()) == 1
    assert "tsh-sync demo --headless" in ended.stderr
