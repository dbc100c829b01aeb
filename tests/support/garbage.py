"""Keeps Python's collector out of the way of tests, and away from threads that a window's garbage must not end in."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

# What is left to look through is little, and most tests end before any of it is garbage.
_LIMITS = (20_000, 20, 20)


def leave_out_what_is_there() -> None:
    """Leave modules and collected tests out of all later collections: looking through them takes half a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_LIMITS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Collect a window's garbage in this thread and never in the engine's or a server's, as the program does.

    A fixture would be too early: the test's window is held until everything of the test has been torn down.
    """
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    gc.disable()
    leave_out_what_is_there()
    with pytest.MonkeyPatch.context() as patch:
        # The program leaves out what is there as well, and takes it in again at its end. Here that would be all of the
        # suite, and a second for each test to look through it.
        patch.setattr(gc, "freeze", lambda: None)
        patch.setattr(gc, "unfreeze", lambda: None)
        try:
            return (yield)
        finally:
            gc.collect()
            gc.enable()
