"""`tsh-sync db stop` ends the embedded server for good: an open program does not start it again, opening does."""

import pytest

from tsh_sync_gui.bootstrap.databases import open_database, stop_all
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.store.embedded import EmbeddedServer, ServerState, stop_all_below

pytestmark = pytest.mark.asyncio


async def test_an_open_program_leaves_a_stopped_server_alone_until_somebody_opens_it(home):
    loaded = load(home=home, environment=False)
    async with open_database(loaded) as database:
        stop_all(home)

        with pytest.raises(UnreachableError, match="was stopped by `tsh-sync db stop`"):
            await database.info()
        with pytest.raises(UnreachableError, match="was stopped by `tsh-sync db stop`"):
            await database.dedicated("test")
        assert EmbeddedServer(home).status().state is ServerState.STOPPED

        async with open_database(loaded):
            assert (await database.info()).kind == "embedded"


async def test_an_open_program_starts_a_server_that_ended_otherwise(home):
    async with open_database(load(home=home, environment=False)) as database:
        stop_all_below(home)

        assert (await database.info()).kind == "embedded"
