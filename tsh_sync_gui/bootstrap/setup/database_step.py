"""Step 2: which database, whether it can be used, and making its tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import structs

from tsh_sync_gui.bootstrap.databases import open_database
from tsh_sync_gui.bootstrap.setup.ground import Ground, share
from tsh_sync_gui.bootstrap.setup.values import DatabaseTrial
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.setting_checks import without_password
from tsh_sync_gui.core.settings import load, validated
from tsh_sync_gui.store import trial
from tsh_sync_gui.store.embedded import EmbeddedServer, ServerState, find_binaries
from tsh_sync_gui.store.settings import SharedSettings

EMBEDDED: Final = "embedded"
_SOON_SECONDS: Final = 3.0


class DatabaseStep:
    """Nothing is changed at a server before a person says so."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def try_it(self, url: str) -> DatabaseTrial:
        """Look at the server at *url* (empty: the embedded one) without changing it; UnreachableError says why not."""
        if not url.strip():
            return await self._embedded()
        url = url.strip()
        validated({"database_url": url})
        found = await trial.examine(url, self._ground.terms.registry)
        return _shown(without_password(url, "••••"), found)

    async def _embedded(self) -> DatabaseTrial:
        server = EmbeddedServer(self._ground.home)
        status = await asyncio.to_thread(server.status)
        binaries = await asyncio.to_thread(find_binaries)
        if status.folder is None:
            missing = trial.wanted_tables(self._ground.terms.registry)
            return DatabaseTrial(address=EMBEDDED, version=binaries.version, is_embedded=True, tables_missing=missing)
        endpoint = await asyncio.to_thread(server.ensure)
        return _shown(EMBEDDED, await trial.examine(endpoint.sqlalchemy_url, self._ground.terms.registry))

    async def create(self, url: str) -> DatabaseTrial:
        """Create the database that *url* names on its server."""
        validated({"database_url": url.strip()})
        await trial.create(url.strip())
        return await self.try_it(url)

    async def choose(
        self, url: str, progress: Callable[[str], None], *, shared: Mapping[str, str] | None = None
    ) -> DatabaseTrial:
        """Make the tables there and keep the address (its password in the vault); *shared* settings go there first.

        A database that mirrors another organization than they name refuses them, and is not chosen.
        """
        url = url.strip()
        machine = await self._ground.machine()
        if not self._ground.is_settled(machine, "database_url", url):
            overrides = {**self._ground.terms.overrides, "database_url": url}
            loaded = await asyncio.to_thread(
                lambda: load(home=self._ground.home, overrides=overrides, environment=self._ground.terms.environment)
            )
            async with open_database(loaded, registry=self._ground.terms.registry, progress=progress) as database:
                progress("The tables are there")
                await share(SharedSettings(database), shared or {})  # may be refused: then nothing is chosen
                await self._ground.hand_over(database)  # likewise
            kept_url = machine.settings.database_url.get_secret_value()
            if url != kept_url or machine.database_withheld:
                await self._ground.keep_secrets({"database_url": url or None})
        await self._ground.kept.change(lambda kept: structs.replace(kept, database_chosen=True))
        await self._ground.settings()
        return await self.try_it(url)

    async def address(self) -> str:
        """Return the address that is kept, with its password; empty for the embedded database."""
        return (await self._ground.machine()).settings.database_url.get_secret_value()

    async def known(self) -> DatabaseTrial | None:
        """Return the database that is kept, as far as it is known without waiting long; None before one was chosen."""
        if not await self._ground.has_database():
            return None
        if withheld := (await self._ground.machine()).database_withheld:
            return DatabaseTrial(
                address="",
                version="",
                is_embedded=False,
                missing_right="The address of the database is among the secrets, which cannot be read",
                remedy=withheld,
            )
        url = await self.address()
        status = await asyncio.to_thread(EmbeddedServer(self._ground.home).status)
        if not url and status.state is not ServerState.RUNNING:
            return DatabaseTrial(address=EMBEDDED, version=status.version or "", is_embedded=True)
        try:
            return await asyncio.wait_for(self.try_it(url), _SOON_SECONDS)
        except (TimeoutError, UnreachableError):
            return DatabaseTrial(address=without_password(url, "••••") or EMBEDDED, version="", is_embedded=not url)
        except ConfigurationError as error:
            return DatabaseTrial(
                address=without_password(url, "••••") or EMBEDDED,
                version="",
                is_embedded=not url,
                missing_right=error.title,
                remedy=error.advice,
            )


def _shown(address: str, found: trial.Found) -> DatabaseTrial:
    return DatabaseTrial(
        address=address,
        version=found.version,
        is_embedded=address == EMBEDDED,
        exists=found.exists,
        may_create_database=found.may_create_database,
        missing_right=found.missing_right,
        remedy=found.remedy,
        tables_present=found.tables_present,
        tables_missing=found.tables_missing,
        mirrors=found.mirrors,
    )
