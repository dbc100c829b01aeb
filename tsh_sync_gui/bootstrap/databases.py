"""Opens the database that the settings name, and what can be done with it as a whole: save, bring back, stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tsh_sync_gui.core.errors import SyncError, UnreachableError, VaultLockedError
from tsh_sync_gui.core.setting_checks import has_password, without_password
from tsh_sync_gui.core.settings import Loaded, Origin, find, validated
from tsh_sync_gui.engine.outcomes import user_name
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store import backup as saving
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import EmbeddedServer, Endpoint, Stopped, find_binaries, stop_all_below
from tsh_sync_gui.store.migrations import KNOWN
from tsh_sync_gui.store.settings import SharedSettings

Progress = Callable[[str], None]
EMBEDDED: Final = "embedded"
SERVER: Final = "server"
_OPEN_TRIES: Final = 3


def _silent(_words: str) -> None:
    """Tell nobody."""


@asynccontextmanager
async def open_database(
    loaded: Loaded, *, registry: Iterable[Entity] = REGISTRY, progress: Progress = _silent
) -> AsyncIterator[Database]:
    """Open the server that the settings name, else the embedded one, which comes back after any end but `db stop`."""
    url = _address(loaded)
    if url:
        database = await Database.open(url, registry=registry, progress=progress, kind=SERVER)
        try:
            yield database
        finally:
            await database.close()
        return
    server = EmbeddedServer(loaded.home)
    with ExitStack() as leases:
        endpoint = await asyncio.to_thread(_up, server, leases, progress, is_demo=loaded.is_demo)
        try:

            async def revive() -> str:
                return (await asyncio.to_thread(server.revive)).sqlalchemy_url

            database = await _opened(endpoint.sqlalchemy_url, revive, registry=registry, progress=progress)

            database.on_unreachable = revive
            try:
                yield database
            finally:
                await database.close()
        finally:
            await asyncio.shield(asyncio.to_thread(leases.close))


async def _opened(
    url: str, revive: Callable[[], Awaitable[str]], *, registry: Iterable[Entity], progress: Progress
) -> Database:
    """Open the embedded server's database; a server that ends just now is started again a few times."""
    for _ in range(_OPEN_TRIES):
        try:
            return await Database.open(url, registry=registry, progress=progress, kind=EMBEDDED)
        except UnreachableError:
            url = await revive()
    return await Database.open(url, registry=registry, progress=progress, kind=EMBEDDED)


def _up(server: EmbeddedServer, leases: ExitStack, progress: Progress, *, is_demo: bool) -> Endpoint:
    """Return the running server's endpoint; a demo's server stays up only as long as it has clients."""
    return leases.enter_context(server.lease(progress)) if is_demo else server.ensure(progress)


def public_address(loaded: Loaded, progress: Progress = _silent) -> tuple[str, str]:
    """Return the database's address as psql takes it, without any password, and what a person should know of it."""
    url = _address(loaded)
    if not url:
        return EmbeddedServer(loaded.home).ensure(progress).uri, ""
    address = f"postgresql://{without_password(url).partition('://')[2]}"
    words = "The password is left out; psql asks for it, or takes it from PGPASSWORD."
    return address, words if has_password(url) else ""


def save_to(loaded: Loaded, file: Path, progress: Progress = _silent) -> saving.Backup:
    """Save our schemas into *file*."""
    return saving.backup(_conninfo(loaded, progress), file, find_binaries())


def bring_back(loaded: Loaded, file: Path, progress: Progress = _silent) -> None:
    """Replace our schemas by those of *file*, then bring the tables to this program's version."""
    saving.restore(_conninfo(loaded, progress), file, find_binaries(), revisions=KNOWN)


def stop_all(home: Path) -> list[Stopped]:
    """Stop every embedded server below *home*, a demo's too, until somebody opens the database again."""
    return stop_all_below(home, stays=True)


def merged(loaded: Loaded, shared: Mapping[str, Any]) -> Loaded:
    """Return *loaded* with the *shared* settings of the database below all that this machine says itself."""
    origins = dict(loaded.origins)
    values = {
        field: getattr(loaded.settings, field) for field, origin in origins.items() if origin is not Origin.DEFAULT
    }
    for field, value in shared.items():
        if origins.get(field) is Origin.DEFAULT and value is not None:
            values[field], origins[field] = value, Origin.SAVED
    return replace(loaded, settings=validated(values), origins=origins)


async def with_shared_settings(loaded: Loaded, *, progress: Progress = _silent) -> Loaded:
    """Return *loaded* with the shared settings, as far as there is a database that can be reached."""
    is_embedded = not (loaded.settings.database_url.get_secret_value() or loaded.database_withheld)
    if is_embedded and EmbeddedServer(loaded.home).status().folder is None:
        return loaded
    try:
        async with open_database(loaded, progress=progress) as database:
            return merged(loaded, await SharedSettings(database).get_shared())
    except SyncError as error:
        progress(f"Settings shared through the database are not shown: {error}")
        return loaded


async def share_settings(loaded: Loaded, values: Mapping[str, str | None], *, progress: Progress = _silent) -> None:
    """Keep settings in the database for all machines, all or none; None goes back to the default."""
    if not values:
        return
    async with open_database(loaded, progress=progress) as database:
        named = {find(name).field: value for name, value in values.items()}
        await SharedSettings(database).set_all(named, by=user_name())


def _address(loaded: Loaded) -> str:
    """Return the server's address, empty for the embedded one; VaultLockedError while nobody can say which it is."""
    if loaded.database_withheld:
        raise VaultLockedError(
            "The address of the database is among the secrets, which cannot be read", advice=loaded.database_withheld
        )
    return loaded.settings.database_url.get_secret_value()


def _conninfo(loaded: Loaded, progress: Progress) -> str:
    url = _address(loaded)
    return url or EmbeddedServer(loaded.home).ensure(progress).uri
