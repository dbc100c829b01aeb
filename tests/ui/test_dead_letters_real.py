"""The inspector on the real facade: a fault of a simulated Zoho, seen, and mended in three ways."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.support.simulator import make_simulator, simulator, zoho
from tests.support.stores import session_url, tables_url
from tests.support.worlds import world
from tests.ui.conftest import until
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui.state.dead_letters import Filter, Shown
from tsh_sync_gui.ui.state.dead_letters_work import Way

__all__ = ["make_simulator", "session_url", "simulator", "tables_url", "zoho"]

ROTTEN = {"path": "/inventory/v1/items*", "kind": "three_causes"}


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
                one.control("faults", {"rules": [ROTTEN]})
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
async def test_three_causes_are_told_apart_and_mended_by_edit_by_careful_retry_and_by_a_later_sync(
    session, window, inside, qloop
):
    async with inside() as one:
        session.attach(one.service)
        window.service_opened()
        window.go("dead_letters")
        panel = window.dead_letters
        listed, pane = panel.lists.letters.model, panel.lists.detail_pane

        def groups():
            return {row.group.field: row.group for row in panel.lists.groups.model.rows}

        def told(words):
            return words in panel.bulk.accessibleName()

        await until(lambda: len(groups()) == 3)
        rate, date, name = (groups()[field] for field in ("rate", "created_time", "name"))
        whole = rate.count + date.count + name.count
        assert {one.title for one in groups().values()} == {
            "Zoho sent a value we cannot read: “rate” is not a number",
            "Zoho sent a value we cannot read: “created_time” is not a time",
            "Product needs a name",
        }
        assert all(one.remedy for one in groups().values())
        assert panel.bar.retry.text() == f"Retry all {whole} that match…"

        # By edit: what is wrong is said while typing, and the name is written into the refused text.
        panel.listing.open_group(name)
        await until(lambda: pane.detail and pane.detail.letter.field == "name" and listed.total == name.count)
        letter = pane.detail.letter
        panel.acts.edit()
        await until(lambda: panel.editor.isVisible() and panel.editor.draft.is_checked)
        assert panel.editor.faults.count() >= 1
        panel.editor.text.setPlainText(panel.editor.text.toPlainText().replace('_name": ""', '_name": "شاحن"'))
        await until(panel.editor.save.isEnabled)
        panel.editor.carry_out()
        await until(lambda: pane.head.result == "The record is stored with your change")
        await until(lambda: listed.total == name.count - 1)

        # By careful retry: it stops at the first while Zoho sends the same, and afterwards all go through.
        panel.listing.switch(in_groups=True)
        await until(lambda: groups().get("rate") and panel.lists.in_groups)
        for rules, end in (
            ([ROTTEN], f"Stopped at the first failure, 1 / {rate.count}"),
            ([], f"{rate.count} succeeded · 0 failed"),
        ):
            one.control("faults", {"rules": rules})
            panel.listing.open_group(rate)
            await until(lambda: listed.total == rate.count)
            panel.acts.retry_group()
            question = panel.deeds.question
            await until(question.buttons[0].isEnabled)
            question.ways[Way.CAREFUL].setChecked(True)
            question.buttons[0].click()
            await until(partial(told, end), 30)
        await until(lambda: not listed.total)

        # By a later sync of all.
        panel.listing.switch(in_groups=True)
        await until(lambda: set(groups()) == {"created_time", "name"} - ({"name"} if name.count == 1 else set()))
        session.actions.run(one.service.sync(SyncRequest(entities=("products",), full=True, force=True)), is_long=True)
        await until(lambda: panel.lists.empty.isVisible() and panel.lists.empty.words.startswith("No failed"), 30)

        panel.listing.switch(in_groups=False)
        panel.bar.use(Filter(shown=Shown.RESOLVED))
        await until(lambda: listed.total == whole)
        assert letter.id in {row.key for row in listed.rows} or whole > 100
        session.detach()
        panel.use(None)
