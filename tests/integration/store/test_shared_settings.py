"""Settings that all machines share."""

import pytest

from tests.support.stores import opened, query, session_url, tables_url
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.settings import SharedSettings

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]


async def test_a_setting_of_one_machine_is_one_of_all(tables_url):
    async with opened(tables_url, 2) as (here, there):
        await SharedSettings(here).set_shared("per_minute", 60, "amal")
        await SharedSettings(here).set_shared("products", ["books"], "amal")
        await SharedSettings(here).set_shared("per_minute", 90, "zaid")

        assert await SharedSettings(there).get_shared() == {"per_minute": 90, "products": ["books"]}
        assert await query(there, "SELECT updated_by FROM sync.settings WHERE key = 'per_minute'") == [("zaid",)]


async def test_a_forgotten_setting_is_its_default_again(tables_url):
    async with opened(tables_url) as (database,):
        settings = SharedSettings(database)
        await settings.set_shared("per_day", 500, by="amal")

        await settings.set_shared("per_day", None, by="amal")

        assert await settings.get_shared() == {}


async def test_the_organization_cannot_become_another_than_the_database_mirrors(tables_url):
    async with opened(tables_url) as (database,):
        settings = SharedSettings(database)
        await settings.set_shared("organization_id", "111", by="amal")
        await query(
            database, "INSERT INTO sync.organization (id, name) VALUES ('748369814', 'TSH Trading') RETURNING 1"
        )

        with pytest.raises(ConfigurationError, match=r"TSH Trading \(748369814\).*ZOHO_ORGANIZATION_ID.*111"):
            await settings.set_shared("organization_id", "111", by="amal")
        await settings.set_shared("organization_id", "748369814", by="amal")
        await settings.set_shared("organization_id", None, by="amal")

        assert await settings.get_shared() == {}


async def test_of_settings_kept_together_none_is_kept_where_one_is_refused(tables_url):
    async with opened(tables_url) as (database,):
        settings = SharedSettings(database)
        await query(
            database, "INSERT INTO sync.organization (id, name) VALUES ('748369814', 'TSH Trading') RETURNING 1"
        )

        with pytest.raises(ConfigurationError, match="TSH Trading"):
            await settings.set_all({"per_day": "500", "organization_id": "111"}, by="amal")
        refused = await settings.get_shared()
        await settings.set_all({"per_day": "500", "batch_size": "50"}, by="amal")

        assert refused == {}
        assert await settings.get_shared() == {"per_day": "500", "batch_size": "50"}


async def test_who_looks_at_a_secret_is_in_the_audit(tables_url):
    async with opened(tables_url) as (database,):
        await SharedSettings(database).note_revealed("refresh_token", by="sara")

        row = "SELECT entity, row_key, action, origin, actor, before, after FROM sync.audit"
        assert await query(database, row) == [("settings", "refresh_token", "revealed", "person", "sara", None, None)]
