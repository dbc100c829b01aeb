"""Looks into everything a sync needs, one thing after the other, and says in words what to do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from tsh_sync_gui.bootstrap.databases import EMBEDDED, open_database
from tsh_sync_gui.bootstrap.wiring import Wiring, wired
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    EndpointAbsentError,
    QuotaExhaustedError,
    SyncError,
)
from tsh_sync_gui.core.settings import DECLARED, Loaded
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.plan import group, missing_words
from tsh_sync_gui.engine.ports import Caller, Organization, PageQuery
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.entities.spec import Api, Entity, Product

_LITTLE_ROOM: Final = 2_000_000_000
_NO_ROOM: Final = 200_000_000
_CLOCK_OFF: Final = timedelta(seconds=60)
_NEEDED: Final = ("client_id", "client_secret", "refresh_token", "organization_id")

Progress = Callable[[str], None]


class Grade(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked into: how it is, in a sentence, and what to do; *exit_code* is 0 where nothing must be done."""

    check: str
    grade: Grade
    sentence: str
    advice: str = ""
    exit_code: int = 0


async def examine(
    loaded: Loaded, *, registry: Registry = REGISTRY, progress: Progress = lambda _words: None
) -> AsyncIterator[Finding]:
    """Yield what is found, in the order in which things depend on each other; faults end what stands on them."""
    yield _disk(loaded.home)
    missing = _credentials(loaded)
    yield missing or _fine("settings", "All settings are in range, and the credentials for Zoho are there.")
    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(open_database(loaded, registry=registry, progress=progress))
            wiring = await stack.enter_async_context(wired(database, loaded, registry=registry))
            info = await database.info()
        except SyncError as error:
            yield _fault("database", error)
            return
        kind = "The embedded" if info.kind == EMBEDDED else "The server's"
        yield _fine("database", f"{kind} PostgreSQL {info.version} answers; {info.size_bytes / 1e6:,.0f} MB are used.")
        yield _clock("clock", "the database's", -database.clock.offset)
        if missing is None:
            async for finding in _zoho(wiring, registry):
                yield finding


async def _zoho(wiring: Wiring, registry: Registry) -> AsyncIterator[Finding]:
    try:
        await wiring.tokens.token()
    except SyncError as error:
        yield _fault("sign-in", error)
        return
    yield _fine("sign-in", "Zoho accepts the sign-in.")
    organization = await _organization(wiring)
    yield organization
    if organization.grade is Grade.FAULT:
        return
    products = frozenset(Product(name) for name in wiring.settings.now.products)
    zoho_clock: datetime | None = None
    for api, entities in _lists(registry, products):
        finding, told = await _list(wiring, api, entities)
        zoho_clock = told or zoho_clock
        yield finding
        if finding.exit_code == _codes(QuotaExhaustedError("", resets_at=None)):
            return
    for entity in registry:
        if words := missing_words(entity, products):
            yield Finding(
                check=entity.name, grade=Grade.WARNING, sentence=f"{words}.", advice="It is left out of syncs."
            )
    if zoho_clock is not None:
        yield _clock("Zoho's clock", "Zoho's", wiring.database.clock.now() - zoho_clock)


async def _organization(wiring: Wiring) -> Finding:
    wanted = wiring.settings.now.organization_id
    try:
        found = await wiring.source.organizations(Caller(lane=Lane.PERSON, kind=CallKind.LIST))
        ours = next((one for one in found if one.id == wanted), None)
        if ours is None:
            raise ConfigurationError(
                f"The sign-in does not see organization {wanted}",
                advice=f"It sees: {_named(found)}. Correct ZOHO_ORGANIZATION_ID.",
            )
        bound = await wiring.ledger.organization()
        if bound is not None and bound.id != ours.id:
            raise ConfigurationError(
                f"This database mirrors {bound.name} ({bound.id}); the settings name {ours.name} ({ours.id})",
                advice="Correct ZOHO_ORGANIZATION_ID, or set TSH_DATABASE_URL or TSH_HOME to another database.",
            )
    except SyncError as error:
        return _fault("organization", error)
    return _fine("organization", f"{ours.name} ({ours.id}), {ours.currency_code}, {ours.time_zone}.")


def _named(organizations: Sequence[Organization]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in organizations) or "none"


def _lists(registry: Registry, products: frozenset[Product]) -> Iterator[tuple[Api, tuple[Entity, ...]]]:
    """Yield each list that syncs will read, once, with the entities it serves."""
    for _, entities in group([entity for entity in registry if entity.api(products)]):
        api = entities[0].api(products)
        if api is not None:
            yield api, entities


async def _list(wiring: Wiring, api: Api, entities: tuple[Entity, ...]) -> tuple[Finding, datetime | None]:
    """Ask for one record: the cheapest question that a missing permission answers."""
    names = " and ".join(entity.title for entity in entities)
    caller = Caller(lane=Lane.PERSON, kind=CallKind.LIST, entity=entities[0].name)
    try:
        reply = await wiring.source.page(api, PageQuery(page=1, per_page=1, params=api.fixed), caller)
    except EndpointAbsentError as error:
        words = f"{names}: this organization does not have {error.path}."
        return Finding(check=entities[0].name, grade=Grade.WARNING, sentence=words, advice="It is left out."), None
    except SyncError as error:
        return _fault(entities[0].name, error), None
    return _fine(entities[0].name, f"{names} may be read ({api.scope})."), reply.server_date


def _disk(home: Path) -> Finding:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    words = f"{free / 1e9:,.1f} GB are free for {home}."
    if free < _NO_ROOM:
        return Finding(
            check="disk",
            grade=Grade.FAULT,
            sentence=words,
            advice="Free space on this disk, or set TSH_HOME to a folder on another one.",
            exit_code=1,
        )
    if free < _LITTLE_ROOM:
        return Finding(check="disk", grade=Grade.WARNING, sentence=words, advice="Free space before a large sync.")
    return _fine("disk", words)


def _credentials(loaded: Loaded) -> Finding | None:
    missing = [one for one in DECLARED if one.field in _NEEDED and not loaded.text(one.field)]
    if not missing:
        return None
    return Finding(
        check="settings",
        grade=Grade.FAULT,
        sentence=f"{' and '.join(one.variable for one in missing)} {'is' if len(missing) == 1 else 'are'} not set.",
        advice="Set them in the environment or in a .env file; `tsh-sync demo` needs none.",
        exit_code=2,
    )


def _clock(check: str, whose: str, ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(ahead) < _CLOCK_OFF:
        return _fine(check, f"This computer's clock and {whose} agree ({abs(seconds):.1f} s apart).")
    return Finding(
        check=check,
        grade=Grade.WARNING,
        sentence=f"This computer's clock is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} {whose}.",
        advice="Let the system set the clock by the network. Syncs go by the database's and Zoho's clocks meanwhile.",
    )


def _fine(check: str, sentence: str) -> Finding:
    return Finding(check=check, grade=Grade.OK, sentence=sentence)


def _fault(check: str, error: SyncError) -> Finding:
    title = error.title if error.title.endswith(".") else f"{error.title}."
    return Finding(check=check, grade=Grade.FAULT, sentence=title, advice=error.advice, exit_code=_codes(error))


def _codes(error: SyncError) -> int:
    match error:
        case ConfigurationError():
            return 2
        case AuthorisationError():
            return 4
        case QuotaExhaustedError():
            return 5
        case _:
            return 1
