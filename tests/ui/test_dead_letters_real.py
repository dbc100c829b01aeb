"""The inspector on the real facade: a fault of a simulated Zoho, seen, and mended in three ways."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.support.simulator import make_simulator, simulator, zoho
from tests.support.stores import session_url, tables_url
from tests.support.worlds import world
from tests.ui.conftest import until
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui.state.dead_letters import Filter, Shown
from tsh_sync_gui.ui.state.dead_letters_work import Way

__all__ = ["make_simulator", "session_url", "simulator", "tables_url", "zoho"]


@pytest.fixture
def inside(engine, tables_url, simulator, tmp_path):
    """Open a process of the program with a worker in the engine's thread, its products synced while rows are bad."""

    @asynccontextmanager
    async def opened():
        ready, over = asyncio.Event(), asyncio.Event()
        loop, made = asyncio.get_running_loop(), {}

        async def serve():
            made["stop"] = asyncio.Event()
            async with world(tables_url, simulator, tmp_path) as one:
                one.fault("/inventory/v1/items", "three_causes")
                await one.sync("products")
                one.control("faults", {"rules": []})
                working = asyncio.create_task(one.wiring.worker().run(concurrency=2))
                made["world"] = one
                loop.call_soon_threadsafe(ready.set)
                await made["stop"].wait()
                working.cancel()
                await asyncio.wait([working])

        served = engine.serve(serve())
        served.add_done_callback(lambda _done: (ready.set(), over.set()))
        await ready.wait()
        if served.done():
            served.result()
        try:
            yield made["world"]
        finally:
            engine.soon(made["stop"].set)
            await served

    return opened


@pytest.mark.timeout(60)
async def test_causes_are_told_apart_and_mended_by_edit_by_careful_retry_and_by_a_later_sync(
    session, window, inside, qloop
):
    async with inside() as one:
        session.attach(one.service)
        window.service_opened()
        window.go("dead_letters")
        panel = window.dead_letters
        await until(lambda: panel.lists.groups.model.rows)
        groups = [row.group for row in panel.lists.groups.model.rows]
        assert {group.field for group in groups} == {"rate", "created_time"}
        whole = sum(group.count for group in groups)
        assert all(group.remedy for group in groups)
        assert panel.bar.retry.text() == f"Retry all {whole} that match…"

        # By edit: the value is corrected in the refused text.
        wrong = next(group for group in groups if group.field == "rate")
        panel.listing.open_group(wrong)
        await until(lambda: panel.lists.detail_pane.detail and panel.lists.letters.model.total == wrong.count)
        letter = panel.lists.detail_pane.detail.letter
        panel.acts.edit()
        await until(lambda: panel.editor.isVisible() and panel.editor.draft.is_checked)
        assert panel.editor.faults.count() >= 1
        refused = panel.editor.text.toPlainText()
        lines = [line if '"rate":' not in line else '  "rate": 12.5,' for line in refused.splitlines()]
        panel.editor.text.setPlainText("\n".join(lines))
        await until(panel.editor.save.isEnabled)
        panel.editor.carry_out()
        await until(lambda: panel.lists.detail_pane.head.result == "The record is stored with your change")
        await until(lambda: panel.lists.letters.model.total == wrong.count - 1)

        # By careful retry of the rest of that cause.
        panel.acts.retry_group()
        question = panel.deeds.question
        await until(question.buttons[0].isEnabled)
        question.ways[Way.CAREFUL].setChecked(True)
        question.buttons[0].click()
        await until(panel.bulk.close_it.isVisible, 30)
        assert f"{wrong.count - 1} succeeded · 0 failed" in panel.bulk.accessibleName()

        # By a later sync of all.
        session.actions.run(one.service.sync(SyncRequest(entities=("products",), full=True, force=True)), is_long=True)
        panel.listing.switch(in_groups=True)
        await until(lambda: panel.lists.empty.isVisible() and panel.lists.empty.words.startswith("No failed"), 30)

        panel.listing.switch(in_groups=False)
        panel.bar.use(Filter(shown=Shown.RESOLVED))
        await until(lambda: panel.lists.letters.model.total == whole)
        assert letter.id in {row.key for row in panel.lists.letters.model.rows} or whole > 100
        session.detach()
        panel.use(None)
