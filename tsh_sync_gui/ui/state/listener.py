"""How the listener of this computer stands, and what mends it where it does not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import span, tr


class Listening(Protocol):
    """How the listener of this computer stands; `bootstrap.listener_process.ListenerFound` fulfils it."""

    @property
    def address(self) -> str:
        """Return where it answers, or would."""
        ...

    @property
    def is_up(self) -> bool:
        """Tell whether it answers."""
        ...

    @property
    def is_ours(self) -> bool:
        """Tell whether a window started it, and can end it."""
        ...

    @property
    def is_taken(self) -> bool:
        """Tell whether another program answers there."""
        ...

    @property
    def moved_to(self) -> str:
        """Return where it should answer by the settings of now, "" where it does."""
        ...

    @property
    def since(self) -> datetime | None:
        """Return since when."""
        ...

    @property
    def has_database(self) -> bool:
        """Tell whether it reaches the database."""
        ...

    @property
    def spooled(self) -> int:
        """Return how many deliveries wait on its disk for the database."""
        ...

    @property
    def title(self) -> str:
        """Return why it does not answer."""
        ...

    @property
    def advice(self) -> str:
        """Return what to do about that."""
        ...


class Mending(StrEnum):
    """What mends a listener that does not take deliveries in, or not where it should."""

    NOTHING = ""
    START = "start"
    RESTART = "restart"
    SETTINGS = "settings"


def mending(listening: Listening | None) -> Mending:
    """Return what a person can do about the listener."""
    if listening is None or (listening.is_up and not listening.moved_to):
        return Mending.NOTHING
    if listening.is_up:
        return Mending.RESTART
    return Mending.SETTINGS if listening.is_taken else Mending.START


def mending_words(deed: Mending) -> str:
    """Return the words of the button that does it."""
    return {
        Mending.RESTART: tr("Restart the listener"),
        Mending.SETTINGS: tr("Open settings"),
    }.get(deed, tr("Start listener"))


def down_problem(listening: Listening | None, *, minutes: int, is_demo: bool = False) -> Problem | None:
    """Return what is wrong with the listener, None when it takes deliveries in; *minutes* is how often is polled."""
    if listening is None:
        return None
    if not listening.is_up and is_demo:
        return Problem(
            title=tr("The demo's listener does not run"),
            meaning=tr("Start it, and the simulated Zoho delivers to it what changes there. It ends with the demo."),
            tone="blue",
        )
    if not listening.is_up:
        every = tr("Polling covers changes every {time} while a window or a worker runs.").format(
            time=span(minutes * 60)
        )
        why = (
            tr("At {address} another program answers, or the listener of another database. Choose another port.")
            if listening.is_taken
            else tr("No listener answers at {address}.")
        )
        return Problem(
            title=tr("Deliveries are not being received"),
            meaning=f"{why.format(address=listening.address)} {every}",
            tone="amber",
        )
    if listening.moved_to:
        words = tr("It answers at {old}; by the settings it is {new} now. A restart takes a few seconds.")
        return Problem(
            title=tr("The listener is still at its old address"),
            meaning=words.format(old=listening.address, new=listening.moved_to),
            tone="amber",
        )
    if not listening.has_database:
        return Problem(
            title=tr("The listener does not reach the database"),
            meaning=tr(
                "Deliveries are kept on its disk and handed over later: %Ln so far.",
                None,
                listening.spooled,
            ),
            tone="amber",
        )
    return None
