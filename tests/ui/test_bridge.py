"""The crossing between engine and window."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time

from tests.unit.ui.state.test_live import finished, page, started
from tsh_sync_gui.core.events import QuotaChanged
from tsh_sync_gui.ui.bridge import EngineThread, Mailbox


def test_progress_is_coalesced_and_endings_never_are():
    box = Mailbox()

    for event in (started(), page(100, 400), page(200, 400), page(300, 400), finished()):
        box.post(event)

    assert [type(event).__name__ for event in box.take()] == ["RunStarted", "PageStored", "RunFinished"]
    assert box.take() == []


def test_progress_after_other_news_of_the_run_is_kept():
    box = Mailbox()
    quota = QuotaChanged(day_used=1, day_limit=9, resets_at=started().at, minute_used=1, minute_limit=9)

    for event in (page(100, 400), quota, page(200, 400), finished(), page(50, 400)):
        box.post(event)

    taken = box.take()
    assert [type(event).__name__ for event in taken] == ["PageStored", "QuotaChanged", "RunFinished", "PageStored"]
    assert taken[0].done == 200


async def test_a_call_runs_in_the_engine_and_comes_back(qloop, engine: EngineThread):
    async def where() -> str:
        return type(asyncio.get_running_loop()).__name__

    assert "Selector" in await engine.call(where())


async def test_cancelling_the_window_side_cancels_the_engine_side(qloop, engine: EngineThread):
    ended = []

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    call = engine.call(long())
    await asyncio.sleep(0.05)
    call.cancel()
    assert await engine.settle(2)

    assert ended == [True]


async def test_settling_does_not_break_off_the_clean_up_of_a_cancelled_call(qloop, engine: EngineThread):
    cleaned = []

    async def careful() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            cleaned.append(True)

    for pause in (0.0, 0.01):  # the window's word comes after that of who settles, or before it
        call = engine.call(careful())
        await asyncio.sleep(0.05)
        awaiting = asyncio.ensure_future(call)
        awaiting.cancel()
        if pause:
            await asyncio.sleep(pause)
        assert await engine.settle(2)

    assert cleaned == [True, True]


async def test_what_is_given_up_before_it_began_never_begins(qloop, engine: EngineThread):
    begun = []

    async def late() -> None:
        begun.append(True)

    engine.soon(lambda: time.sleep(0.05))
    call = engine.call(late())
    call.cancel()
    await asyncio.sleep(0.01)

    assert await engine.settle(2)
    assert begun == []


async def test_settling_ends_calls_but_not_what_serves(qloop, engine: EngineThread):
    stop = asyncio.Event()
    served = engine.serve(_wait(stop))
    called = engine.call(_wait(asyncio.Event()))
    await asyncio.sleep(0.05)

    assert await engine.settle(2)

    assert (await asyncio.wait({called}, timeout=2))[0]  # told to this loop a turn or two after its end in the engine
    assert not served.done()
    engine.soon(stop.set)
    assert await served == "stopped"


async def _wait(event: asyncio.Event) -> str:
    await event.wait()
    return "stopped"


def test_quit_reaches_the_program_and_its_exit_code_is_kept():
    program = textwrap.dedent(
        """
        import asyncio, sys
        from PySide6.QtCore import QTimer
        from tsh_sync_gui.ui.bridge import Application, run

        app = Application(["test"])

        async def main(engine, wanted):
            QTimer.singleShot(20, app.quit)
            await wanted.wait()
            await asyncio.sleep(0.02)
            await engine.call(asyncio.sleep(0))
            return 7

        sys.exit(run(app, main))
        """
    )

    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
