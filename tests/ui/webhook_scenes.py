"""States of the webhooks inbox worth a picture."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.support.fake_service import NOW, FakeService
from tests.support.fake_webhooks import DOWN, NAMES, FakeListener, Found, coverage_of
from tests.ui.scenes import LARGE, SMALL, Scene
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.ports.deliveries import Refusals, SecretState, Standing
from tsh_sync_gui.engine.ports.inbox import EventState, Verdict
from tsh_sync_gui.ui.keys import Keys
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.state.webhooks import InboxFilter, Only

BOTH = ("light", "dark")
SIZES = (SMALL, LARGE)


def some(service: FakeService) -> None:
    """Put deliveries of all verdicts there."""
    service.webhooks.fill()
    service.settings = service.settings.model_copy(
        update={"webhook_url": "https://hooks.tsh.example/api/webhooks/zoho"}
    )


def failed(service: FakeService) -> None:
    """Let the newest delivery have failed."""
    some(service)
    newest = service.webhooks.rows[-1]
    service.webhooks.rows[-1] = replace(
        newest, state=EventState.FAILED, verdict=Verdict.ACCEPTED, title="Zoho has trouble", outcome="", delay=None
    )


async def go(window: MainWindow, found: Found = Found()) -> None:  # noqa: B008 -- a frozen value
    """Open the screen with a listener that is as *found*."""
    window.listener = FakeListener(found)
    window.webhooks.use(window.session.service.webhooks, window.listener)
    window.go("webhooks")
    await asyncio.sleep(0.5)


async def inbox(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)


def tab(place: int):
    async def play(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
        await go(window)
        window.webhooks.lists.pane.tabs.setCurrentIndex(place)

    return play


async def refused(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.bar.use(InboxFilter(only=Only.REFUSED))
    await asyncio.sleep(0.4)


async def raw(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.lists.pane.tabs.setCurrentIndex(2)
    window.webhooks.lists.pane.body.show_way("text")


async def held(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.lists.table.view.verticalScrollBar().setValue(300)
    service.webhooks.arrive(12)
    window.webhooks.view.renew()
    await asyncio.sleep(0.4)


async def still(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.view.turn_live()
    service.webhooks.arrive(3)
    window.webhooks.view.renew()
    await asyncio.sleep(0.4)


async def marked(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    for _ in range(4):
        window.webhooks.lists.table.mark_current()
        window.webhooks.lists.table.step(1)


async def down(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window, DOWN)


async def away(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window, Found(has_database=False, spooled=38))


async def paused(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    service.webhooks.is_paused = True
    service.webhooks.today = replace(service.webhooks.today, waiting=31)
    await go(window)


async def narrow(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.bar.use(InboxFilter(text="zebra"))
    await asyncio.sleep(0.4)


async def coverage(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.switch(is_coverage=True)
    await asyncio.sleep(0.3)


async def silent(service: FakeService, window: MainWindow, keys: Keys) -> None:
    service.webhooks.found = coverage_of(silent=True)
    await coverage(service, window, keys)


async def several(service: FakeService, window: MainWindow, keys: Keys) -> None:
    found = coverage_of(silent=True)
    more = tuple(replace(found.silences[0], entity=one) for one in NAMES[:4])
    service.webhooks.found = replace(found, silences=more)
    await coverage(service, window, keys)


async def gap(service: FakeService, window: MainWindow, keys: Keys) -> None:
    await silent(service, window, keys)
    window.webhooks.deeds.fetch_gap("products", "Products")
    await asyncio.sleep(0.3)


async def replaying(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.deeds.replay([row.row.id for row in window.webhooks.lists.table.model.rows[:40]])
    await asyncio.sleep(0.4)


async def since(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.deeds.replay(None)
    await asyncio.sleep(0.4)


async def secret(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    service.webhooks.secret = SecretState(is_set=True, previous_until=NOW + timedelta(hours=11))
    await go(window)
    window.webhooks.deeds.change_secret()
    await asyncio.sleep(0.3)


async def fresh(service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.deeds._changed_secret(await service.webhooks.change_secret())
    await asyncio.sleep(0.2)


async def menu(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.acts.drop(window.webhooks.mapToGlobal(window.webhooks.rect().center()))
    await asyncio.sleep(0.2)


async def tested(_service: FakeService, window: MainWindow, _keys: Keys) -> None:
    await go(window)
    window.webhooks.acts.send_test()
    await asyncio.sleep(0.3)


def demo(service: FakeService) -> None:
    """Let it be the demo's."""
    service.is_demo = True


def demo_some(service: FakeService) -> None:
    some(service)
    service.settings = FakeService().settings
    service.is_demo = True


def refusing(service: FakeService) -> None:
    some(service)
    service.webhooks.refused = Refusals(
        count=14, since=NOW - timedelta(hours=1), newest=397, cause="The secret in Zoho has a space at the end"
    )


def trouble(service: FakeService) -> None:
    some(service)
    service.webhooks.work = Standing(
        job="7", number=3, most=5, next_at=NOW + timedelta(minutes=4), is_running=False, title="Zoho has trouble"
    )
    service.webhooks.arrive()


def broken(service: FakeService) -> None:
    service.webhooks.error = UnreachableError(
        "Database not reachable", what="database", advice="Trying again in 10 s. Nothing was lost."
    )


WEBHOOKS = (
    Scene("webhooks-list", some, inbox, themes=BOTH, sizes=SIZES),
    Scene("webhooks-diagnosis", some, refused, themes=BOTH, sizes=SIZES),
    Scene("webhooks-body", some, tab(2), sizes=SIZES),
    Scene("webhooks-raw", some, raw),
    Scene("webhooks-headers", some, tab(3)),
    Scene("webhooks-audit", some, tab(4), themes=BOTH),
    Scene("webhooks-failed", failed, inbox),
    Scene("webhooks-held", some, held, themes=BOTH, sizes=SIZES),
    Scene("webhooks-still", some, still),
    Scene("webhooks-marked", some, marked),
    Scene("webhooks-down", some, down, themes=BOTH, sizes=SIZES),
    Scene("webhooks-away", some, away, themes=BOTH),
    Scene("webhooks-paused", some, paused, themes=BOTH),
    Scene("webhooks-empty", play=inbox, themes=BOTH, sizes=SIZES),
    Scene("webhooks-first", play=down, themes=BOTH),
    Scene("webhooks-demo", demo, down, themes=BOTH, sizes=SIZES, demo=True),
    Scene("webhooks-demo-some", demo_some, inbox, themes=BOTH, demo=True),
    Scene("webhooks-demo-menu", demo_some, menu, demo=True),
    Scene("webhooks-refusing", refusing, inbox, themes=BOTH),
    Scene("webhooks-trouble", trouble, inbox, themes=BOTH),
    Scene("webhooks-narrow", some, narrow),
    Scene("webhooks-broken", broken, inbox, themes=BOTH),
    Scene("webhooks-coverage", some, coverage, themes=BOTH, sizes=SIZES),
    Scene("webhooks-silent", some, silent, themes=BOTH, sizes=SIZES),
    Scene("webhooks-several", some, several, themes=BOTH),
    Scene("webhooks-gap", some, gap),
    Scene("webhooks-replay", some, replaying, themes=BOTH),
    Scene("webhooks-since", some, since),
    Scene("webhooks-secret", some, secret, themes=BOTH),
    Scene("webhooks-fresh", some, fresh),
    Scene("webhooks-tested", some, tested),
    Scene("webhooks-mirrored", some, inbox, sizes=SIZES, mirrored=True),
    Scene("webhooks-mirrored-silent", some, silent, mirrored=True),
)
