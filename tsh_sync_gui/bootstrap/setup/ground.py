"""What all steps of the set-up stand on: the home, its settings and vault, and the database once one was chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec import structs

from tsh_sync_gui.bootstrap.databases import merged, open_database
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import home_vault, keep_secrets
from tsh_sync_gui.bootstrap.setup.kept import Kept, KeptFile, KeptSignIn
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.bootstrap.wiring import Wiring, limits, wired
from tsh_sync_gui.core.clock import Clock, SystemClock
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded, Origin, Settings, find, validated
from tsh_sync_gui.engine.outcomes import machine_name, user_name
from tsh_sync_gui.engine.ports.vault import Vault
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.entities.spec import Product
from tsh_sync_gui.store.budget_line import Limits
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import EmbeddedServer
from tsh_sync_gui.store.settings import SharedSettings
from tsh_sync_gui.store.sign_ins import PgSignIns, SignInNote
from tsh_sync_gui.zoho.data_centres import Region, known_regions, of_accounts
from tsh_sync_gui.zoho.receiver import PORTS

_PROBE: Final = "set-up.probe"
_WITHOUT_LIMIT: Final = 100_000_000
_PLACES: Final = {
    Origin.COMMAND_LINE: "the command line",
    Origin.ENVIRONMENT: "the environment",
    Origin.ENV_FILE: "a .env file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What tests and commands set differently: ports of the receiver, seconds to wait for a browser, sources."""

    ports: tuple[int, ...] = PORTS
    browser_seconds: float = 300.0
    environment: bool = True
    overrides: Mapping[str, Any] = field(default_factory=dict)
    registry: Registry = REGISTRY
    progress: Callable[[str], None] = lambda _words: None


class Ground:
    """Opens nothing before it is needed, and closes what it has opened."""

    def __init__(self, home: Path, terms: Terms) -> None:
        self.home = home
        self.terms = terms
        self.kept = KeptFile(home)
        self.clock: Clock = SystemClock()
        self.latest: Loaded | None = None
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._database: Database | None = None
        self._url = ""
        self._parts = AsyncExitStack()
        self._wiring: Wiring | None = None
        self._key: tuple[Any, ...] = ()

    async def close(self) -> None:
        """Close what was opened."""
        async with self._opening:
            await self._close_wiring()
            await self._close_database()

    # Settings

    async def machine(self) -> Loaded:
        """Return what this machine says: environment, `.env`, vault and file."""
        load = partial(gather, home=self.home, overrides=self.terms.overrides, environment=self.terms.environment)
        return await asyncio.to_thread(load)

    async def settings(self) -> Loaded:
        """Return all settings, with those that wait for a database, or that the database shares."""
        machine, kept = await self.machine(), await self.kept.read() or Kept()
        shared: Mapping[str, Any] = kept.pending
        if self.is_chosen(machine, kept):
            shared = await SharedSettings(await self.database()).get_shared()
        self.latest = merged(machine, shared)
        return self.latest

    def is_chosen(self, machine: Loaded, kept: Kept) -> bool:
        """Tell whether it is known which database is to be used."""
        named = kept.database_chosen or bool(
            machine.settings.database_url.get_secret_value() or machine.database_withheld
        )
        return named or EmbeddedServer(self.home).status().folder is not None

    async def has_database(self) -> bool:
        """Tell whether it is known which database is to be used; opens nothing."""
        return self.is_chosen(await self.machine(), await self.kept.read() or Kept())

    async def keep_shared(self, values: Mapping[str, str]) -> None:
        """Check and keep settings for all machines; without a database they wait for one."""
        validated(values)
        machine = await self.machine()
        await self.put_shared({name: text for name, text in values.items() if not self.is_settled(machine, name, text)})

    async def put_shared(self, values: Mapping[str, str]) -> None:
        """Keep settings for all machines, also those that a stronger source says here."""
        if not values:
            return
        if await self.has_database():
            await share(SharedSettings(await self.database()), values)
        else:
            await self.kept.change(lambda kept: structs.replace(kept, pending={**kept.pending, **values}))

    async def keep_secrets(self, values: Mapping[str, str | None]) -> None:
        """Check and keep secrets in the vault; VaultError when there is none, or it is closed."""
        machine = await self.machine()
        await self.put_secrets(
            {name: text for name, text in values.items() if not self.is_settled(machine, name, text or "")}
        )

    async def put_secrets(self, values: Mapping[str, str | None]) -> None:
        """Keep secrets in the vault, also those that a stronger source says."""
        if values:
            vault = await self.vault()
            await asyncio.to_thread(keep_secrets, self.home, values, vault=vault)

    async def vault(self) -> Vault:
        """Return where secrets rest."""
        return await asyncio.to_thread(home_vault, self.home, environment=self.terms.environment)

    async def check_vault(self) -> None:
        """Find out whether a secret could be kept now; VaultError says why not."""
        vault = await self.vault()
        # Asked by doing it: a keychain tells only then that it is closed or full.
        await asyncio.to_thread(vault.put, _PROBE, "1")
        await asyncio.shield(asyncio.to_thread(vault.remove, _PROBE))

    def is_settled(self, machine: Loaded, name: str, text: str) -> bool:
        """Tell whether *text* need not be kept: a stronger source says the same. ConfigurationError if it differs."""
        origin = machine.origins.get(name, Origin.DEFAULT)
        if not origin.is_locked:
            return False
        if set(machine.text(name).split(",")) == set(text.split(",")):
            return True
        one = find(name)
        there = "" if one.is_secret else f" There it is “{machine.text(name)}”; chosen was “{text}”."
        raise ConfigurationError(
            f"{one.variable} comes from {_PLACES[origin]}, which goes before what is kept here",
            advice=f"Change it there, or remove it and try again.{there}",
        )

    # Regions and products

    def regions(self) -> tuple[Region, ...]:
        """Return the regions to choose from."""
        return known_regions(self.latest.settings.accounts_url if self.latest else "")

    def region(self, loaded: Loaded) -> Region:
        """Return the region that the settings name; one without a location where it is none of Zoho's."""
        regions = known_regions(loaded.settings.accounts_url)
        found = of_accounts(loaded.settings.accounts_url, regions)
        if found is not None:
            return found
        # Set on purpose to a server of its own: it is named by its address.
        now = loaded.settings
        return Region(
            location="",
            title=now.accounts_url,
            accounts_url=now.accounts_url,
            api_url=now.api_base_url,
            console_url=regions[0].console_url,
        )

    def products(self, names: frozenset[str]) -> frozenset[Product]:
        """Return Zoho's products by their names."""
        return frozenset(Product(name) for name in names)

    # Database

    async def database(self) -> Database:
        """Return the database that the settings name, opening it when that was not done yet."""
        machine = await self.machine()
        async with self._opening:
            return await self._opened(machine)

    async def _opened(self, machine: Loaded) -> Database:
        url = machine.settings.database_url.get_secret_value()
        if self._database is None or url != self._url:
            await self._close_wiring()
            await self._close_database()
            opening = open_database(machine, registry=self.terms.registry, progress=self.terms.progress)
            database = await self._stack.enter_async_context(opening)
            try:
                await self.hand_over(database)
            except BaseException:
                await self._close_database()  # refused each time, not only the first
                raise
            self._database, self._url, self.clock = database, url, database.clock
        return self._database

    async def wiring(self) -> Wiring:
        """Return the parts connected as the settings say now."""
        loaded = await self.settings()
        now, machine = loaded.settings, await self.machine()
        secrets = (now.client_secret.get_secret_value(), now.refresh_token.get_secret_value())
        is_known = await self._is_limit_known(loaded)
        where = (now.accounts_url, now.api_base_url, now.organization_id, now.client_type)
        key = (now.client_id, *secrets, *where, is_known)
        async with self._opening:
            database = await self._opened(machine)
            if self._wiring is None or key != self._key:
                await self._close_wiring()
                allowed = limits if is_known else _before_known
                opening = wired(database, machine, registry=self.terms.registry, allowed=allowed)
                self._wiring, self._key = await self._parts.enter_async_context(opening), key
            return self._wiring

    async def limits(self, loaded: Loaded) -> Limits:
        """Return what the set-up's own calls are allowed."""
        return (limits if await self._is_limit_known(loaded) else _before_known)(loaded.settings)

    async def _is_limit_known(self, loaded: Loaded) -> bool:
        """Tell whether somebody has said what the plan allows, or was asked."""
        progress = (await self.kept.read() or Kept()).progress
        return loaded.origins["per_day"] is not Origin.DEFAULT or Step.LIMITS in progress.done | progress.skipped

    async def _close_wiring(self) -> None:
        self._wiring, parts, self._parts = None, self._parts, AsyncExitStack()
        await parts.aclose()

    async def _close_database(self) -> None:
        self._database, stack, self._stack = None, self._stack, AsyncExitStack()
        await stack.aclose()

    # Sign-ins

    async def note_sign_in(self, sign_in: KeptSignIn) -> None:
        """Remember a sign-in: in the database, or until there is one."""

        def add(kept: Kept) -> Kept:
            others = tuple(one for one in kept.sign_ins if one.mark != sign_in.mark)
            return structs.replace(kept, sign_ins=(*others, sign_in))

        await self.kept.change(add)
        if await self.has_database():
            await self.hand_over(await self.database())

    async def hand_over(self, database: Database) -> None:
        """Move what waits for a database there; ConfigurationError, and all waits on, where it is another's."""
        kept = await self.kept.read()
        if kept is None or not (kept.sign_ins or kept.pending):
            return
        table, shared = PgSignIns(database), SharedSettings(database)
        await share(shared, kept.pending)
        for one in kept.sign_ins:
            note = SignInNote(
                mark=bytes.fromhex(one.mark),
                at=one.at,
                accounts_url=one.accounts_url,
                client_id=one.client_id,
                scopes=one.scopes,
                how=one.how,
                machine=machine_name(),
                user=user_name(),
            )
            await table.note(note)
        moved = {one.mark for one in kept.sign_ins}

        def without(now: Kept) -> Kept:
            sign_ins = tuple(one for one in now.sign_ins if one.mark not in moved)
            waiting = {name: text for name, text in now.pending.items() if kept.pending.get(name) != text}
            return structs.replace(now, sign_ins=sign_ins, pending=waiting)

        await self.kept.change(without)
        structlog.get_logger(__name__).info("the set-up's settings are in the database now", settings=len(kept.pending))


def _before_known(settings: Settings) -> Limits:
    """Return limits for the few calls of a set-up whose plan is not known yet.

    The organization may have made more calls today than our default allows a day, by right: its plan may have ten times
    as many. Zoho's own headers and refusals rule until a person was asked.
    """
    known = limits(settings)
    if settings.per_day != Settings.model_fields["per_day"].default:
        return known
    return replace(known, per_day=_WITHOUT_LIMIT)


async def share(shared: SharedSettings, values: Mapping[str, str]) -> None:
    """Keep *values* for all machines, all of them or none: the organization may be refused."""
    if values:
        await shared.set_all(values, by=user_name())
