"""The command palette: screens, entities, actions and records, found by a few letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.engine.views import Overview
from tsh_sync_gui.ui.state.cards import CardState
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.state.texts import tr

# What is searched by in any language beside the texts shown: whoever types here may know the English manual.
_ENGLISH: Final = {
    "sync": "sync now",
    "full": "full sync",
    "window": "window",
    "record": "one record",
    "sweep": "find deleted",
    "estimate": "estimate",
    "schedule": "schedule",
    "sync_all": "sync everything",
    "light": "light appearance",
    "dark": "dark appearance",
    "check_up": "check everything",
    "help": "help and keys",
    "quit": "quit exit",
    "pause": "pause all",
    "resume": "resume all",
    "setup": "set up",
    "doctor": "check everything",
}
_RECORD_ID: Final = re.compile(r"\d{6,19}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something the palette offers: *verb* is `screen`, `entity`, `do`, `record` or `app`."""

    text: str
    verb: str
    target: str
    icon: str
    entity: str = ""
    hint: str = ""
    reason: str = ""


def commands(
    screens: Iterable[tuple[str, str, str]], cards: Iterable[CardState], extras: Iterable[Command]
) -> tuple[Command, ...]:
    """Return everything that can be chosen; *screens* are (key, title, icon)."""
    found = [
        Command(text=title, verb="screen", target=key, icon=icon, hint=tr("Screen")) for key, title, icon in screens
    ]
    found.extend(extras)
    for card in cards:
        found.append(
            Command(text=card.title, verb="entity", target=card.entity, icon=card.look.icon, hint=card.look.word)
        )
        found += [
            Command(
                text=f"{card.title}: {offer.label}",
                verb="do",
                target=offer.do.value,
                icon=offer.icon,
                entity=card.entity,
                reason=offer.reason,
            )
            for offer in card.offers
        ]
    return tuple(found)


def record_commands(text: str, overview: Overview | None) -> tuple[Command, ...]:
    """Return "fetch this record" for each entity when *text* is a Zoho id."""
    if not _RECORD_ID.match(text.strip()) or overview is None:
        return ()
    return tuple(
        Command(
            text=tr("{entity}: fetch record {id}").format(entity=tr(one.title), id=text.strip()),
            verb="record",
            target=text.strip(),
            icon="record",
            entity=one.entity,
            reason=one.unavailable,
        )
        for one in overview.entities
    )


def found(all_of_them: Iterable[Command], text: str, *, limit: int = 40) -> tuple[Command, ...]:
    """Return the commands whose text holds all words of *text*, those that begin with it first."""
    words = text.casefold().split()
    hits = [one for one in all_of_them if all(word in _searched(one) for word in words)]
    hits.sort(
        key=lambda one: (not one.text.casefold().startswith(text.casefold().strip()), len(words) and len(one.text))
    )
    return tuple(hits[:limit])


def _searched(command: Command) -> str:
    """Return what a command is found by: its text, and the names that are the same in every language."""
    english = _ENGLISH.get(command.target, "")
    return f"{command.text} {command.entity} {command.target} {english}".replace("_", " ").casefold()


def standing(*, dark: bool, can_pause: bool, can_resume: bool, not_all: str = "") -> tuple[Command, ...]:
    """Return the actions that belong to no entity; *not_all* says why not all of them can be synced."""
    shown = [
        Command(text=tr("Sync everything"), verb="app", target="sync_all", icon="sync", reason=not_all),
        Command(
            text=tr("Light appearance") if dark else tr("Dark appearance"),
            verb="app",
            target="light" if dark else "dark",
            icon="sun" if dark else "moon",
        ),
        Command(text=tr("Refresh"), verb="app", target="refresh", icon="refresh"),
        Command(text=tr("Check everything"), verb="app", target="check_up", icon="check"),
        Command(text=tr("Help and keys"), verb="app", target="help", icon="help"),
    ]
    if can_pause:
        shown.append(Command(text=tr("Pause all"), verb="app", target=Do.PAUSE.value, icon="pause"))
    if can_resume:
        shown.append(Command(text=tr("Resume all"), verb="app", target=Do.RESUME.value, icon="play"))
    shown.append(Command(text=tr("Quit"), verb="app", target="quit", icon="close"))
    return tuple(shown)
