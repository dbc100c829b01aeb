"""The fixture that gives tests of the mirror a database of their own."""

import pytest
import pytest_asyncio

from tests.integration.store.mirroring import World, prepare
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror import PgMirror


@pytest.fixture
def migrated_url(database_url):
    """The address of a fresh database with all tables."""
    return database_url(prepare)


@pytest_asyncio.fixture
async def world(migrated_url):
    """A fresh database with all tables, its mirror, and nothing in it."""
    database = await Database.open(migrated_url, registry=REGISTRY)
    yield World(database, PgMirror(database, REGISTRY))
    await database.close()
