"""Step 1: where things stand, and taking over a `.env`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from msgspec import structs

from tsh_sync_gui.bootstrap.env_file import read_env_file
from tsh_sync_gui.bootstrap.setup.database_step import DatabaseStep
from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.kept import KeptSignIn
from tsh_sync_gui.bootstrap.setup.values import EnvFile, Progress, Step
from tsh_sync_gui.core.settings import find, save, validated
from tsh_sync_gui.store.sign_ins import mark_of

_CREDENTIALS: Final = ("client_id", "refresh_token", "organization_id")
_VERIFIED: Final = frozenset({Step.START, Step.DATABASE, Step.APP, Step.SIGN_IN, Step.ORGANIZATION})


class StartStep:
    """Progress is kept in the home; a home that was set up by variables needs no wizard."""

    def __init__(self, ground: Ground, database: DatabaseStep) -> None:
        self._ground = ground
        self._database = database

    async def progress(self) -> Progress:
        """Return how far the set-up is."""
        kept = await self._ground.kept.read()
        if kept is not None:
            return kept.progress
        loaded = await self._ground.machine()
        is_closed = loaded.vault_error is not None  # what rests there was entered once
        if all(loaded.text(name) or (is_closed and find(name).scope == "secret") for name in _CREDENTIALS):
            return Progress(done=_VERIFIED, skipped=frozenset(Step) - _VERIFIED, current=Step.FIRST_SYNC)
        return Progress()

    async def mark(self, step: Step, *, skipped: bool = False) -> Progress:
        """Note *step* as done, or as skipped on purpose; the current step becomes the next open one."""
        return (await self._ground.kept.change(lambda kept: kept.marked(step, skipped=skipped))).progress

    async def go_to(self, step: Step) -> Progress:
        """Make *step* the current one."""
        return (await self._ground.kept.change(lambda kept: structs.replace(kept, current=step))).progress

    async def read_env(self, path: Path) -> EnvFile:
        """Read a `.env` and check every line; changes nothing."""
        return await asyncio.to_thread(read_env_file, path)

    async def take_over(self, file: EnvFile) -> Progress:
        """Keep its good values: secrets in the vault, the rest as settings; marks the steps they complete."""
        values = dict(file.values)
        validated(values)
        scopes = {name: find(name).scope for name in values}
        secrets: dict[str, str | None] = {name: text for name, text in values.items() if scopes[name] == "secret"}
        url = secrets.pop("database_url", None) or values.pop("database_url", "")
        shared = {name: text for name, text in values.items() if scopes[name] == "shared"}
        # What could refuse is asked first, so that nothing is half taken over.
        if secrets or url:
            await self._ground.check_vault()
        if url:
            await self._database.choose(url, self._ground.terms.progress, shared=shared)
            secrets["database_url"] = url
        elif await self._ground.has_database():
            await self._ground.database()
        # Kept also where environment or `.env` go before it: it may be that very `.env`, soon to be deleted. What all
        # share comes first, for a database that mirrors another organization refuses it.
        await self._ground.put_shared(shared)
        await self._ground.put_secrets(secrets)
        for name, text in values.items():
            if scopes[name] == "machine":
                await asyncio.to_thread(save, self._ground.home, name, text)
        await self._note(file)
        done = await self._complete(has_url=bool(url))
        return (await self._ground.kept.change(lambda kept: kept.marked(*done))).progress

    async def _note(self, file: EnvFile) -> None:
        """Count the sign-in that came with the file."""
        token = file.values.get("refresh_token", "")
        if not token:
            return
        now = (await self._ground.settings()).settings
        await self._ground.note_sign_in(
            KeptSignIn(
                mark=mark_of(token).hex(),
                at=self._ground.clock.now(),
                accounts_url=now.accounts_url,
                client_id=now.client_id,
                how="import",
            )
        )

    async def _complete(self, *, has_url: bool) -> tuple[Step, ...]:
        loaded = await self._ground.settings()
        done = [Step.START]
        if has_url:
            done.append(Step.DATABASE)
        if loaded.settings.client_id and loaded.text("client_secret"):
            done.append(Step.APP)
            if loaded.text("refresh_token"):
                done.append(Step.SIGN_IN)
        return tuple(done)
