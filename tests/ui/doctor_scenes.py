"""States of the check-up worth a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.support.fake_service import FakeService
from tests.ui.check_up import Played, all_well, refused, troubled
from tests.ui.scenes import LARGE, SMALL, Play, Scene
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow

_BOTH = ("light", "dark")


def _checked(make: Callable[[], Played]) -> Play:
    async def play(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
        played = make()
        window.doctor.use(played.examine)
        window.go("doctor", "run")
        await asyncio.sleep(0.4)

    return play


async def _empty(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    window.go("doctor")


DOCTOR = (
    Scene("doctor-empty", play=_empty, themes=_BOTH),
    Scene(
        "doctor-running",
        play=_checked(lambda: Played(all_well(), hold=11, words="Waiting 34 s for Zoho's per-minute limit")),
        themes=_BOTH,
        sizes=(SMALL, LARGE),
    ),
    Scene("doctor-troubled", play=_checked(lambda: Played(troubled())), themes=_BOTH, sizes=(SMALL, LARGE)),
    Scene("doctor-refused", play=_checked(lambda: Played(refused())), themes=_BOTH, sizes=(SMALL, LARGE)),
    Scene("doctor-well", play=_checked(lambda: Played(all_well())), sizes=(LARGE,)),
    Scene("doctor-mirrored", play=_checked(lambda: Played(troubled())), sizes=(SMALL,), mirrored=True),
)
