"""Looks into everything a sync needs, one thing after the other, and says in words what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Final

from tsh_sync_gui.bootstrap import doctor_machine as machine
from tsh_sync_gui.bootstrap import doctor_zoho as zoho
from tsh_sync_gui.bootstrap.connection import BRIEF
from tsh_sync_gui.bootstrap.databases import merged
from tsh_sync_gui.bootstrap.doctor_database import DATABASE, RIGHTS, SCHEMA, DatabaseCheck, unopened
from tsh_sync_gui.bootstrap.doctor_findings import Check, Finding, Grade, code_of, document, exit_code, say, worst
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.wiring import wired
from tsh_sync_gui.core.errors import ConfigurationError, SyncError
from tsh_sync_gui.core.settings import BY_NAME, Loaded, Origin, find
from tsh_sync_gui.engine.plan import group
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.heard import quota_facts
from tsh_sync_gui.store.settings import SharedSettings

__all__ = ["Finding", "Grade", "Readout", "checks", "code_of", "document", "examine", "exit_code", "read", "worst"]

Progress = Callable[[str], None]
_SECTION: Final = "Connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """The settings as far as they can be read, and what is wrong with the rest; None where nothing can be read."""

    loaded: Loaded | None
    faults: tuple[Finding, ...] = ()
    bad: frozenset[str] = frozenset()


def read(load: Callable[[Mapping[str, Any]], Loaded] = lambda overrides: gather(overrides=overrides)) -> Readout:
    """Load the settings, each bad value replaced by its default and named: one typing error shall not hide the rest."""
    defaults: dict[str, Any] = {}
    faults: list[Finding] = []
    while True:
        try:
            loaded = load(defaults)
        except ConfigurationError as error:
            faults.append(machine.unreadable(machine.SETTINGS, error))
            one = BY_NAME.get(error.title.partition(" ")[0])
            if one is None or one.field in defaults:
                return Readout(loaded=None, faults=tuple(faults), bad=frozenset(defaults))
            defaults[one.field] = one.default
        else:
            return Readout(loaded=loaded, faults=tuple(faults), bad=frozenset(defaults))


def checks(registry: Registry = REGISTRY) -> tuple[Check, ...]:
    """Return everything that is looked into, in order; one may bring several findings."""
    return (
        machine.DISK,
        machine.IMAGES,
        machine.VAULT,
        DATABASE,
        RIGHTS,
        SCHEMA,
        machine.CLOCK,
        machine.SETTINGS,
        zoho.SIGN_IN,
        zoho.ORGANIZATION,
        zoho.TIME_ZONE,
        *(
            zoho.entity_check(entity.name, entity.title)
            for _, entities in group(tuple(registry))
            for entity in entities
        ),
        machine.ZOHO_CLOCK,
        zoho.QUOTA,
        machine.LISTENER,
        machine.PUBLIC,
    )


async def examine(
    told: Loaded | Readout, *, registry: Registry = REGISTRY, progress: Progress = lambda _words: None
) -> AsyncGenerator[Finding, None]:
    """Yield what is found, in the order of `checks`; a fault ends only what stands on it."""
    readout = told if isinstance(told, Readout) else Readout(loaded=told)
    for finding in readout.faults:
        yield finding
    loaded = readout.loaded
    if loaded is None:
        return
    yield machine.disk(loaded.home)
    if not readout.bad & {"image_cache_dir", "image_cache_enabled"}:
        yield machine.images(loaded)
    yield await asyncio.to_thread(machine.vault, loaded)
    examination = _Examination(loaded, readout.bad, registry, progress)
    async with aclosing(examination.findings()) as findings:
        async for finding in findings:
            yield finding
    now = examination.loaded.settings
    yield await machine.listener(examination.loaded)
    for finding in machine.spooled(loaded.home):
        yield finding
    if "webhook_url" not in readout.bad:
        yield await machine.public_address(now)


class _Examination:
    """What stands on the database and on Zoho."""

    def __init__(self, loaded: Loaded, bad: frozenset[str], registry: Registry, progress: Progress) -> None:
        self.loaded = loaded
        self._bad = bad
        self._registry = registry
        self._progress = progress

    async def findings(self) -> AsyncGenerator[Finding, None]:
        """Yield what is found."""
        async with AsyncExitStack() as stack:
            database: Database | None = None
            if "database_url" not in self._bad:
                check = DatabaseCheck(self.loaded, self._registry, stack, self._progress)
                async for finding in check.findings():
                    yield finding
                database = check.opened
            if database is not None:
                yield machine.clock(machine.CLOCK, say("the database's"), -database.clock.offset)
                if failure := await self._take_shared(database):
                    yield failure
                    return
            if not self._bad:
                for finding in machine.settings(self.loaded, has_shared=database is not None):
                    yield finding
            if not self._may_ask_zoho(has_shared=database is not None):
                return
            asked = self._with(database) if database is not None else self._without()
            async with aclosing(asked) as findings:
                async for finding in findings:
                    yield finding

    async def _take_shared(self, database: Database) -> Finding | None:
        """Take over what all machines share; a value there that this program refuses is a fault like any other."""
        try:
            self.loaded = merged(self.loaded, await SharedSettings(database).get_shared())
        except SyncError as error:
            return machine.unreadable(machine.SETTINGS, error)
        return None

    def _may_ask_zoho(self, *, has_shared: bool) -> bool:
        """Tell whether there is a sign-in to be tried, and it is known where: no secret goes to a guessed address."""
        if machine.missing_credentials(self.loaded, has_shared=False):
            return False
        if any(find(field).section == _SECTION for field in self._bad):
            return False
        return has_shared or self.loaded.origins["accounts_url"] is not Origin.DEFAULT

    async def _without(self) -> AsyncGenerator[Finding, None]:
        yield await zoho.sign_in_alone(self.loaded.settings)
        yield unopened(zoho.ORGANIZATION)

    async def _with(self, database: Database) -> AsyncGenerator[Finding, None]:
        async with AsyncExitStack() as stack:
            try:
                opening = wired(database, self.loaded, registry=self._registry, patience=BRIEF)
                wiring = await stack.enter_async_context(opening)
            except SyncError as error:
                yield zoho.SIGN_IN.failed(error)
                return
            finding = await zoho.sign_in(wiring)
            yield finding
            if finding.grade is Grade.FAULT or not wiring.settings.now.organization_id:
                return
            check = zoho.ZohoCheck(wiring, self._registry, self._progress)
            async with aclosing(check.findings()) as findings:
                async for finding in findings:
                    yield finding
        # The wiring is closed: what Zoho's headers said has reached the database by now.
        if check.goes_on:
            try:
                yield zoho.quota(await quota_facts(database), self.loaded.settings)
            except SyncError as error:
                yield zoho.QUOTA.failed(error)
