"""Waiting for the database in place: one way of it, for runs and for what comes before them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tsh_sync_gui.core.errors import UnreachableError

RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

T = TypeVar("T")


async def _at_once() -> None:
    """Try again without looking first."""


async def patiently(
    make: Callable[[], Awaitable[T]],
    *,
    wait: Callable[[float], Awaitable[None]],
    missed: Callable[[UnreachableError, int], None],
    before_again: Callable[[], Awaitable[None]] = _at_once,
) -> T:
    """Do what can be repeated, again and again while the database is away.

    *missed* hears of each try that failed, with its number; *wait* rests before the next one, and may end the waiting
    by an error of its own, as *before_again* may, which looks whether trying again is still right.
    """
    tries = 0
    while True:
        try:
            if tries:
                await before_again()
            return await make()
        except UnreachableError as error:
            if error.what != "database":
                raise
            seconds = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
            tries += 1
            missed(error, tries)
            await wait(seconds)
