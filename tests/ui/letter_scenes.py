"""States of the dead letters' inspector worth a picture."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.support.fake_letters import ME, NOW, change, letter_of, work_of
from tests.support.fake_service import FakeService
from tests.ui.scenes import BOTH, LARGE, SMALL, Scene
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.letters.values import Deed, LetterDeed, LetterState, WorkState
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow


def some(service: FakeService, count: int = 240) -> None:
    """Put letters of four causes there, some of them assigned, noted or snoozed."""
    letters = [letter_of(place) for place in range(count)]
    letters[2] = change(letters[2], assigned_to=ME, note="Asked the shop to correct it on Sunday.")
    letters[5] = change(letters[5], assigned_to="Omar")
    letters[7] = change(letters[7], snoozed_until=NOW + timedelta(days=1))
    letters[9] = change(
        letters[9],
        state=LetterState.DISCARDED,
        discarded_at=NOW - timedelta(hours=3),
        discarded_by=ME,
        discard_reason="Test data",
    )
    letters[11] = change(
        letters[11], state=LetterState.RESOLVED, resolved_at=NOW - timedelta(hours=2), resolved_by="run-invoices"
    )
    service.letters.letters = letters
    service.letters.deeds["1"] = [
        LetterDeed(at=NOW - timedelta(minutes=9), by=ME, deed=Deed.NOTE, words="Asked the shop."),
        LetterDeed(at=NOW - timedelta(minutes=40), by="Omar", deed=Deed.RETRY, words="1 record"),
    ]


async def go(window: MainWindow) -> None:
    window.go("dead_letters")
    await asyncio.sleep(0.4)


async def groups(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)


async def items(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.dead_letters.listing.switch(in_groups=False)
    await asyncio.sleep(0.4)


def tab(place: int):
    async def play(service: FakeService, window: MainWindow, keys: Keys) -> None:
        await items(service, window, keys)
        window.dead_letters.lists.detail_pane.tabs.setCurrentIndex(place)

    return play


def way(name: str):
    async def play(service: FakeService, window: MainWindow, keys: Keys) -> None:
        await items(service, window, keys)
        window.dead_letters.lists.detail_pane.payload.show_way(name)

    return play


async def marked(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    for _ in range(4):
        window.dead_letters.lists.letters.mark_current()
        window.dead_letters.lists.step(1)


async def one_group(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await go(window)
    window.dead_letters.listing.open_group(window.dead_letters.lists.group)
    await asyncio.sleep(0.3)
    del service, keys


async def wrong_search(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.bar.search.setFocus()
    window.dead_letters.bar.search.use_text("entity:invoices age>soon tax")


async def completing(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.bar.search.setFocus()
    window.dead_letters.bar.search.setText("error:date s")
    window.dead_letters.bar.search._completer.offer()
    window.dead_letters.bar.search._completer.complete()


async def nothing_found(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.bar.search.use_text("zebra")
    await asyncio.sleep(0.3)


def none_left(service: FakeService) -> None:
    service.letters.last_resolved_at = NOW - timedelta(days=3)


def broken(service: FakeService) -> None:
    service.letters.error = UnreachableError(
        "Database not reachable", what="database", advice="Trying again in 10 s. Nothing was lost."
    )


async def asking(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.acts.retry_listed()
    await asyncio.sleep(0.3)


async def asking_too_much(service: FakeService, window: MainWindow, keys: Keys) -> None:
    service.letters.left_today = 12
    await asking(service, window, keys)


def question(name: str):
    async def play(service: FakeService, window: MainWindow, keys: Keys) -> None:
        await items(service, window, keys)
        acts, deeds = window.dead_letters.acts, window.dead_letters.deeds
        {
            "discard": acts.discard,
            "assign": acts.assign,
            "note": acts.note,
            "snooze": lambda: deeds.snooze(acts.meant()),
        }[name]()
        await asyncio.sleep(0.2)

    return play


async def working(service: FakeService, window: MainWindow, keys: Keys) -> None:
    service.letters.past = [work_of(2314, done=640, succeeded=600, failed=38, skipped=2, new_failures=3)]
    window.dead_letters.deeds.use(service.letters)
    await items(service, window, keys)


async def stopped(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await working(service, window, keys)
    service.letters.move(
        "work-1",
        state=WorkState.STOPPED,
        new_failures=0,
        words="“date” is not a date, as before. Nothing more was tried.",
    )
    await asyncio.sleep(0.9)


async def past(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await working(service, window, keys)
    service.letters.past.append(
        work_of(31, id="w2", state=WorkState.DONE, done=31, succeeded=31, is_careful=True, ended_at=NOW)
    )
    window.dead_letters.acts.show_past()
    await asyncio.sleep(0.3)


async def failed_same(service: FakeService, window: MainWindow, keys: Keys) -> None:
    service.letters.mends = False
    await items(service, window, keys)
    window.dead_letters.acts.retry()
    await asyncio.sleep(1.0)


async def mended(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.acts.retry()
    await asyncio.sleep(1.0)


async def discarded(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.bar.search.use_text("state:discarded")
    await asyncio.sleep(0.4)


async def editing(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await items(service, window, keys)
    window.dead_letters.acts.edit()
    await asyncio.sleep(0.5)


async def edited(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await editing(service, window, keys)
    text = window.dead_letters.editor.text
    text.setPlainText(text.toPlainText().replace("31-02-2026", "2026-02-28"))
    await asyncio.sleep(0.6)


async def edit_refused(service: FakeService, window: MainWindow, keys: Keys) -> None:
    service.letters.mends = False
    await edited(service, window, keys)
    window.dead_letters.editor.carry_out()
    await asyncio.sleep(0.4)


SIZES = (SMALL, LARGE)

LETTERS = (
    Scene("letters-groups", some, groups, themes=BOTH, sizes=SIZES),
    Scene("letters-items", some, items, themes=BOTH, sizes=SIZES),
    Scene("letters-text", some, way("text")),
    Scene("letters-differences", some, way("differences"), sizes=SIZES),
    Scene("letters-error", some, tab(1), themes=BOTH, sizes=SIZES),
    Scene("letters-tries", some, tab(2), sizes=SIZES),
    Scene("letters-record", some, tab(3), themes=BOTH, sizes=SIZES),
    Scene("letters-history", some, tab(4)),
    Scene("letters-marked", some, marked, themes=BOTH, sizes=SIZES),
    Scene("letters-one-group", some, one_group),
    Scene("letters-wrong-search", some, wrong_search, themes=BOTH),
    Scene("letters-completing", some, completing, themes=BOTH),
    Scene("letters-nothing-found", some, nothing_found),
    Scene("letters-none", none_left, groups, themes=BOTH, sizes=SIZES),
    Scene("letters-broken", broken, groups, themes=BOTH),
    Scene("letters-asking", some, asking, themes=BOTH),
    Scene("letters-too-much", some, asking_too_much),
    Scene("letters-discard", some, question("discard")),
    Scene("letters-assign", some, question("assign")),
    Scene("letters-note", some, question("note")),
    Scene("letters-snooze", some, question("snooze")),
    Scene("letters-working", some, working, themes=BOTH, sizes=SIZES),
    Scene("letters-stopped", some, stopped),
    Scene("letters-past", some, past, sizes=SIZES),
    Scene("letters-failed-same", some, failed_same, themes=BOTH),
    Scene("letters-mended", some, mended),
    Scene("letters-discarded", some, discarded),
    Scene("letters-editing", some, editing, themes=BOTH, sizes=SIZES),
    Scene("letters-edited", some, edited, themes=BOTH, sizes=SIZES),
    Scene("letters-edit-refused", some, edit_refused),
    Scene("letters-mirrored", some, items, sizes=SIZES, mirrored=True),
    Scene("letters-mirrored-groups", some, groups, mirrored=True),
    Scene("letters-mirrored-edited", some, edited, mirrored=True),
    Scene("letters-mirrored-asking", some, asking, mirrored=True),
    Scene("letters-mirrored-record", some, tab(3), mirrored=True),
)
