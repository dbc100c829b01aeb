"""Keeps Python's collector out of the way of tests, and away from threads that a window's garbage must not end in."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


def leave_out_what_is_there() -> None:
    """Leave modules and collected tests out of all later collections: looking through them takes half a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Collect a window's garbage in this thread and never in the engine's or a server's, as the program does.

    A fixture would be too early: the test's window is held until everything of the test has been torn down.
    """
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    gc.disable()
    leave_out_what_is_there()
    older = gc.get_freeze_count()
    try:
        return (yield)
    finally:
        if gc.get_freeze_count() > older:  # the program has left out what was there, too
            gc.unfreeze()
        gc.collect()
        gc.enable()
