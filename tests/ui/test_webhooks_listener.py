"""The webhooks screen around its list: the listener, what is refused or waits, and the demo's own Zoho."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.fake_webhooks import DOWN, NOW, FakeWebhooks, Found
from tests.ui.conftest import until
from tests.ui.test_webhooks_panel import opened
from tsh_sync_gui.engine.ports.deliveries import Refusals, Standing
from tsh_sync_gui.engine.ports.inbox import Verdict
from tsh_sync_gui.ui.panels.webhooks_menu import entries
from tsh_sync_gui.ui.state.webhooks import Only

pytestmark = pytest.mark.timeout(20)


def filled(service) -> FakeWebhooks:
    service.webhooks.fill()
    return service.webhooks


async def test_nothing_yet_names_the_reasons_and_a_listener_that_is_down_can_be_started(
    qloop, session, window, service
):
    panel, listener = await opened(session, window, service, DOWN)
    await until(lambda: "Waiting for the first delivery." in panel.lists.empty.words)

    assert "The listener is not running here" in panel.lists.empty.words
    assert panel.around.down.accessibleName() == "Deliveries are not being received"
    first = panel.lists.empty
    assert not any(one.isVisible() for one in (first.test, first.stir, panel.bar.test))
    panel.around.down.choice.click()

    await until(lambda: not panel.around.down.isVisible())
    assert listener.asked == ["start"]
    assert "The listener runs here." in panel.lists.empty.words
    assert panel.around.strip.text("listener").startswith("Up since")


async def test_the_status_bar_tells_of_the_listener_once_it_is_used(qloop, session, window, service):
    panel, listener = await opened(session, window, service, DOWN)
    part = window.status._parts["listener"]
    assert not part.isVisible()

    listener.found = Found()
    panel.deeds.look()
    await until(part.isVisible)
    listener.found = DOWN
    panel.deeds.look()
    await until(lambda: part.property("tone") == "red")
    window.go("sync")
    part.click()

    assert window.panel is panel


async def test_deliveries_that_are_refused_are_told_of_with_the_way_to_their_diagnosis(qloop, session, window, service):
    inbox = filled(service)
    inbox.refused = Refusals(count=14, since=NOW - timedelta(hours=1), newest=397, cause="The secrets differ")
    panel, _listener = await opened(session, window, service)
    await until(panel.around.refused.isVisible)

    panel.around.refused.choice.click()
    await until(lambda: panel.view.detail is not None and panel.view.detail.row.verdict is Verdict.REFUSED)

    assert panel.around.refused.accessibleName() == "A delivery was refused: signature does not match"
    assert panel.bar.filter.only is Only.REFUSED


async def test_what_waits_after_a_failed_try_is_tried_now_or_cancelled(qloop, session, window, service):
    inbox = filled(service)
    inbox.work = Standing(job="7", number=3, most=5, next_at=None, is_running=False, title="Zoho has trouble")
    inbox.arrive()
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None and panel.view.detail.work is not None)
    pane, row = panel.lists.pane, panel.view.detail.row

    pane.hurry.click()
    pane.cancel.click()
    await until(lambda: ("cancel", ("7", row.entity, row.record_id)) in inbox.asked)

    assert ("try_now", "7") in inbox.asked
    assert pane._done.text().startswith("Zoho has trouble. Next try")
    assert not pane.replay.isVisible()


async def test_the_demo_lets_its_zoho_change_something_and_has_nothing_to_set_up(qloop, session, window, service):
    service.is_demo, window.doctor.may_set_up = True, False
    panel, listener = await opened(session, window, service, DOWN)
    await until(lambda: "simulated Zoho" in panel.lists.empty.words)
    menu = [one.deed for group in entries(panel.around.standing(has_one=False)) for one in group if not one.why_not]

    panel.lists.empty.stir.click()
    await until(lambda: listener.asked == ["stir"])
    window.go("setup")

    assert panel.around.down.accessibleName() == "The demo's listener does not run"
    assert not panel.lists.empty.helper.isVisible()
    assert {"stir", "wrong", "start"} <= set(menu)
    assert not {"helper", "secret"} & set(menu)
    assert window.panel is panel
    assert window.toast.shown.title == "The demo has nothing to set up"


async def test_a_listener_at_its_old_address_is_restarted_and_another_program_is_not_taken_for_it(
    qloop, session, window, service
):
    filled(service)
    panel, listener = await opened(session, window, service, Found(moved_to="http://127.0.0.1:8123"))
    down = panel.around.down
    await until(down.isVisible)
    assert (down.accessibleName(), down.choice.text()) == (
        "The listener is still at its old address",
        "Restart the listener",
    )

    down.choice.click()
    await until(lambda: not down.isVisible())
    assert listener.asked == ["restart"]

    listener.found = replace(DOWN, is_taken=True)
    panel.deeds.look()
    await until(lambda: panel.around.strip.text("listener") == "Down")
    down.choice.click()
    assert (down.choice.text(), window.panel.key) == ("Open settings", "settings")
