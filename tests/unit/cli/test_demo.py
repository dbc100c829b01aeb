import sys

import pytest

from tsh_sync_gui.cli import demo


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_window_needs_a_screen(environment, platform, expected):
    assert demo.has_display(environment, platform) is expected


def test_with_a_screen_the_window_opens_on_the_size_asked_for(tsh_sync, service, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    started = []
    monkeypatch.setattr(demo, "_window_was_shown", lambda _output: started.append(1) or True)

    ended = tsh_sync("demo", "--items", "70")

    assert ended.code == 0
    assert started == [1]
    assert tsh_sync.opened[0][:2] == (70, None)
    assert service.asked == []


def test_a_window_that_does_not_open_leaves_the_terminal(tsh_sync, service, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(sys, "executable", "/bin/false")

    ended = tsh_sync("demo")

    assert ended.code == 0
    assert "goes on in the terminal" in ended.err
    assert [asked[0] for asked in service.asked] == ["forecast", "sync"]


def test_headless_needs_no_screen_and_opens_no_window(tsh_sync, service, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(sys, "executable", "/bin/false")

    ended = tsh_sync("demo", "--headless")

    assert "terminal" not in ended.err
    assert "tsh-sync db url" in ended.out
    assert "tsh-sync auth login" in ended.out
    assert [asked[0] for asked in service.asked] == ["forecast", "sync"]
