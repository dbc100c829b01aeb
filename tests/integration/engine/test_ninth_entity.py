"""A ninth entity is one spec and its data: no other line of the program knows it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QMainWindow

from tests.support.samples.purchase_orders import PURCHASE_ORDERS
from tests.support.samples.purchase_orders_data import COUNT, PURCHASE_ORDERS_DATA
from tests.support.simulator import REFRESH_TOKEN
from tests.support.worlds import SERIAL, counts, lists, states, world
from tests.ui.conftest import actions, engine, installed_theme, kept, look, qloop, session, until
from tsh_sync_gui.bootstrap.wiring import open_service
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.migrate import create_entity_tables
from tsh_sync_gui.ui.opening import Opened, Opening
from tsh_sync_gui.ui.panels.sync import SyncPanel
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.wishes import Wishes

__all__ = ["actions", "engine", "installed_theme", "kept", "look", "qloop", "session"]

NINE = Registry((*REGISTRY, PURCHASE_ORDERS))
NAME = PURCHASE_ORDERS.name


def with_nine(url):
    """Make all tables: the eight by their migration, the ninth's by what drafts one."""

    async def make():
        database = await Database.open(url, registry=REGISTRY)
        async with database.engine.begin() as connection:
            made = await create_entity_tables(connection, NINE)
        await database.close()
        assert made == ["purchase_orders", "purchase_order_lines"]

    with ThreadPoolExecutor(1) as thread:  # a loop of our own, wherever we are called
        thread.submit(lambda: asyncio.run(make())).result()


@pytest.fixture
def nine_url(database_url):
    return database_url(with_nine)


@pytest.fixture
def larger(make_simulator):
    """An organization that has purchase orders."""
    return make_simulator(extra=[PURCHASE_ORDERS_DATA], items=20)


@pytest.mark.asyncio
async def test_a_ninth_entity_syncs_into_its_own_tables(nine_url, larger, tmp_path):
    async with world(nine_url, larger, tmp_path, registry=NINE, **SERIAL) as one:
        first = await one.sync(details="all")
        changed = one.control("change", entity="purchaseorders", count=7)["ids"]
        gone = one.control("delete", entity="purchaseorders", count=2)["ids"]
        second = await one.sync(NAME, details="all")
        swept = await one.sync(NAME, sweep=True)

        assert states(first) == {"up_to_date"}
        assert counts(first)[NAME] == (COUNT, 0, 0, 0, 0)
        assert lists(first)[NAME] == 3
        assert counts(second)[NAME][1] == len(set(changed) - set(gone))
        assert counts(swept)[NAME][3] == 2
        assert one.living(NAME) == one.ids("purchaseorders")
        row = one.query(
            "select o.number, o.date, o.total, o.notes, l.name, l.item_total from tsh.purchase_orders o"
            " join tsh.purchase_order_lines l on l.parent_id = o.id where o.zoho_id = %s",
            PURCHASE_ORDERS_DATA.id_of(4),
        )
        assert row == [("PO-00004", date(2026, 5, 5), Decimal(7500), "Deliver to Basra", "Cable كيبل", Decimal(7500))]


@pytest.fixture
def opening(nine_url, larger, tmp_path, engine):
    """The program's own way to open the service for a window, with nine entities."""
    overrides = {
        "client_id": "1000.CLIENT",
        "client_secret": "a client secret",
        "refresh_token": REFRESH_TOKEN,
        "organization_id": ORGANIZATION_ID,
        "api_base_url": larger.url,
        "accounts_url": larger.url,
        "database_url": nine_url,
        **SERIAL,
    }
    loaded = load(home=tmp_path, overrides=overrides, environment=False)

    @asynccontextmanager
    async def opened(_progress):
        async with open_service(loaded, registry=NINE) as service:
            yield Opened(service, loaded)

    return Opening(engine, opened)


@pytest.fixture
def panel(qtbot, session, look, kept):
    """The Sync screen, shown."""
    window = QMainWindow()
    qtbot.addWidget(window)
    made = SyncPanel(session, Wishes(session, window, kept), kept)
    window.setCentralWidget(made)
    window.show()
    return made


def test_a_ninth_entity_has_a_card(opening, engine, qloop, session, panel):
    async def watch():
        session.attach((await opening.begin()).service)
        await until(lambda: panel.grid.card(NAME) is not None)
        fresh = panel.grid.card(NAME).state
        session.start(SyncRequest(entities=(NAME,), details="all"))
        await until(lambda: panel.grid.card(NAME).state.state is EntityState.UP_TO_DATE, 30)
        await until(lambda: panel.grid.card(NAME).state.records == f"{COUNT}")
        titles = [card.title for card in session.cards]
        synced = panel.grid.card(NAME).state
        session.detach()
        assert await engine.settle(10)
        assert await opening.close(10)
        return fresh, synced, titles

    fresh, synced, titles = qloop.run_until_complete(asyncio.wait_for(watch(), 60))

    assert fresh.state is EntityState.NEVER_RUN
    assert titles == [entity.title for entity in NINE]
    assert synced.title == "Purchase orders"
    assert synced.counts[0].value == f"{COUNT}"
    assert Do.SYNC in {offer.do for offer in synced.offers}
