"""Fixtures of the engine's integration tests."""

import asyncio

import pytest

from tests.support.simulator import make_simulator, simulator, zoho
from tests.support.worlds import world
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database

__all__ = ["make_simulator", "simulator", "zoho"]


def migrated(url):
    """Bring a template database up to date."""

    async def bring():
        database = await Database.open(url, registry=REGISTRY)
        await database.close()

    asyncio.run(bring())


@pytest.fixture
def fresh_url(database_url):
    """The address of a migrated, empty database."""
    return database_url(migrated)


@pytest.fixture
def open_world(fresh_url, simulator, tmp_path):
    """Open a process of the program on this test's database and simulator."""

    def make(*, server=None, url=fresh_url, **settings):
        return world(url, server or simulator, tmp_path, **settings)

    return make
