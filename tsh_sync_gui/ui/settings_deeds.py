"""What the settings screen does beyond saving: shows secrets, exports, imports, opens the file of secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded, find
from tsh_sync_gui.engine.outcomes import user_name

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.secrets import VaultState
    from tsh_sync_gui.bootstrap.settings_file import SettingsFile
    from tsh_sync_gui.ui.service import Service


class SettingsDeeds(Protocol):
    """Each is awaited on the engine's loop and raises the errors of core.errors."""

    async def now(self) -> Loaded:
        """Return the settings in force, those that other machines have saved too."""
        ...

    async def reveal(self, field: str) -> str:
        """Return a secret in the clear, after writing down who looked at it."""
        ...

    async def export(self, path: Path, passphrase: str) -> int:
        """Write the settings to *path*, secrets too if there is a passphrase; return how many."""
        ...

    async def read(self, path: Path) -> SettingsFile:
        """Return an exported file, checked."""
        ...

    async def vault(self) -> VaultState:
        """Return where the secrets rest."""
        ...

    async def unlock(self, passphrase: str) -> None:
        """Open the file of secrets for as long as the program runs."""
        ...

    async def make_file(self, passphrase: str) -> None:
        """Keep the secrets in an encrypted file from now on."""
        ...


class ProgramDeeds:
    """Fulfils SettingsDeeds for the settings that are shown; *service* is there while the database is open."""

    def __init__(self, loaded: Callable[[], Loaded | None], service: Callable[[], Service | None]) -> None:
        self._shown = loaded
        self._service = service

    def _loaded(self) -> Loaded:
        loaded = self._shown()
        if loaded is None:
            raise ConfigurationError("The settings cannot be read", advice="Mend what is wrong with them first.")
        return loaded

    async def now(self) -> Loaded:
        """Return the settings in force; without a database as far as files, environment and vault tell."""
        from tsh_sync_gui.bootstrap.gather import gather  # noqa: PLC0415 -- late: the window comes first

        service = self._service()
        if service is not None:
            return service.loaded
        loaded = self._loaded()
        return loaded if loaded.is_demo else await asyncio.to_thread(gather, home=loaded.home)

    async def reveal(self, field: str) -> str:
        """Return a secret in the clear; it is written into the audit, or where there is no database into the log."""
        service = self._service()
        structlog.get_logger(__name__).info(
            "a secret is shown in the window", setting=find(field).variable, user=user_name()
        )
        if service is not None:
            return await service.reveal_setting(field)
        return self._loaded().text(field)

    async def export(self, path: Path, passphrase: str) -> int:
        """Write the settings in force to *path*."""
        from tsh_sync_gui.bootstrap.settings_file import export_settings  # noqa: PLC0415 -- as above

        return await asyncio.to_thread(export_settings, await self.now(), path, passphrase=passphrase)

    async def read(self, path: Path) -> SettingsFile:
        """Return an exported file, checked."""
        from tsh_sync_gui.bootstrap.settings_file import read_settings  # noqa: PLC0415 -- as above

        return await asyncio.to_thread(read_settings, path)

    async def vault(self) -> VaultState:
        """Return where the secrets of this home rest."""
        from tsh_sync_gui.bootstrap.secrets import vault_state  # noqa: PLC0415 -- as above

        return await asyncio.to_thread(vault_state, self._loaded().home)

    async def unlock(self, passphrase: str) -> None:
        """Open the home's file of secrets."""
        from tsh_sync_gui.bootstrap.secrets import unlock  # noqa: PLC0415 -- as above

        await asyncio.to_thread(unlock, self._loaded().home, passphrase)

    async def make_file(self, passphrase: str) -> None:
        """Move the secrets of this home into an encrypted file."""
        from tsh_sync_gui.bootstrap.secrets import make_file_vault  # noqa: PLC0415 -- as above

        await asyncio.to_thread(make_file_vault, self._loaded().home, passphrase)
