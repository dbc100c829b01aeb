"""What a doctor finds at Zoho: the sign-in, the organization and its zone, every list, the quota and the clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tsh_sync_gui.bootstrap.doctor_findings import NEEDS_YOU, NO_QUOTA, WRONG_USE, Check, Finding, Words, say
from tsh_sync_gui.bootstrap.doctor_machine import ZOHO_CLOCK, clock
from tsh_sync_gui.bootstrap.setup.organization_step import entity_checks
from tsh_sync_gui.bootstrap.setup.values import EntityCheck
from tsh_sync_gui.bootstrap.sign_ins import token_store
from tsh_sync_gui.bootstrap.wiring import Wiring
from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    EndpointAbsentError,
    QuotaExhaustedError,
    SyncError,
    UnreachableError,
)
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.ports import AccessToken, Caller, ListOrder, Organization, PageQuery, PageReply, Wait
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Api, Direction, Product
from tsh_sync_gui.store.heard import QuotaFacts
from tsh_sync_gui.store.sign_ins import PgSignIns, mark_of
from tsh_sync_gui.zoho.oauth import PER_WINDOW, TokenKeeper
from tsh_sync_gui.zoho.source import ZohoSource

SIGN_IN: Final = Check("sign-in", "Sign-in")
ORGANIZATION: Final = Check("organization", "Organization")
TIME_ZONE: Final = Check("time-zone", "Time zone")
PERMISSIONS: Final = Check("permissions", "Permissions")
QUOTA: Final = Check("quota", "Calls to Zoho")

_SPARED: Final = PER_WINDOW // 2
"""So many of Zoho's refreshes within 10 minutes are left to the program's own work."""

Progress = Callable[[str], None]


def entity_check(name: str, title: str) -> Check:
    """Return the check of one entity's permissions."""
    return Check(name, title)


# The sign-in: an access token that still lives says nothing about the refresh token behind it, and which of the two
# a person has revoked at Zoho nobody tells. So the doctor refreshes. That costs one of the ten refreshes that Zoho
# allows within 10 minutes (and none of the day's calls), and is no waste: all processes use the token for an hour.
# Where half of the ten are spent already it asks with the token at hand, and says that this is all it has done.


async def sign_in(wiring: Wiring) -> Finding:
    """Prove the sign-in."""
    settings = wiring.settings.now
    try:
        refreshes = await token_store(wiring.database, settings).refreshes()
        if refreshes < _SPARED:
            await wiring.tokens.prove()
            return SIGN_IN.fine(say("Zoho accepts the sign-in: it gave us a new access token just now."))
        token = await wiring.tokens.shared()
    except SyncError as error:
        return _refused_sign_in(error, settings)
    minutes = int((token.expires_at - wiring.database.clock.now()).total_seconds() // 60)
    return SIGN_IN.fine(
        say(
            "There is an access token for {minutes} min more. Whether Zoho would give us another was not tried: it was "
            "asked {refreshes} times within 10 minutes, and allows {allowed}.",
            minutes=max(0, minutes),
            refreshes=refreshes,
            allowed=PER_WINDOW,
        )
    )


async def sign_in_alone(settings: Settings) -> Finding:
    """Prove the sign-in without a database: the new token is thrown away, for there is nowhere to share it."""
    tokens = TokenKeeper(settings, store=_Nowhere(), clock=SystemClock())
    try:
        await tokens.prove()
    except SyncError as error:
        return _refused_sign_in(error, settings)
    finally:
        await tokens.aclose()
    return SIGN_IN.fine(say("Zoho accepts the sign-in: it gave us an access token just now."))


def _refused_sign_in(error: SyncError, settings: Settings) -> Finding:
    if isinstance(error, UnreachableError) and error.what == "zoho":
        words = say("Zoho's sign-in at {address} does not answer as it should.", address=settings.accounts_url)
        remedy = say("{title}. Check the network, and ZOHO_ACCOUNTS_URL.", title=error.title)
        return SIGN_IN.fault(words, remedy, deed="settings:accounts_url")
    return SIGN_IN.failed(error)


class _Nowhere:
    """A place for the shared token where there is none: a token is used by who asked for it, once."""

    current: AccessToken | None = None
    refreshed: tuple[datetime, ...] = ()

    async def load(self) -> AccessToken | None:
        """Return that there is no shared token."""
        return None

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[_Nowhere]:
        """Nobody else waits."""
        yield self

    async def save(self, token: AccessToken) -> None:
        """Keep nothing."""

    async def forget(self) -> None:
        """Have nothing to forget."""


class ZohoCheck:
    """Asks Zoho what syncs will ask it; *goes_on* is False once nothing further can be asked."""

    def __init__(self, wiring: Wiring, registry: Registry, progress: Progress) -> None:
        self._wiring = wiring
        self._registry = registry
        self._progress = progress
        self._ahead: timedelta | None = None
        self.goes_on = True

    async def findings(self) -> AsyncGenerator[Finding, None]:
        """Yield what is found: organization, its zone, each entity, Zoho's clock."""
        try:
            ours = await self._organization()
        except SyncError as error:
            yield self._refused(error)
            return
        words = say(
            "{name} ({id}), {currency}.", name=ours.name, id=ours.id, currency=ours.currency_code or "no currency"
        )
        yield ORGANIZATION.fine(words)
        yield time_zone(ours.time_zone, self._wiring.database.clock.now())
        async for finding in self._entities():
            yield finding
        if self._ahead is not None:
            yield clock(ZOHO_CLOCK, say("Zoho's"), self._ahead)

    async def _organization(self) -> Organization:
        wanted = self._wiring.settings.now.organization_id
        found = await self._wiring.source.organizations(self._patient(Caller(lane=Lane.PERSON, kind=CallKind.LIST)))
        ours = next((one for one in found if one.id == wanted), None)
        if ours is None:
            raise ConfigurationError(
                f"The sign-in does not see organization {wanted}",
                advice=f"It sees: {_named(found)}. Correct ZOHO_ORGANIZATION_ID.",
            )
        bound = await self._wiring.ledger.organization()
        if bound is not None and bound.id != ours.id:
            raise ConfigurationError(
                f"This database mirrors {bound.name} ({bound.id}); the settings name {ours.name} ({ours.id})",
                advice="Correct ZOHO_ORGANIZATION_ID, or set TSH_DATABASE_URL or TSH_HOME to another database.",
            )
        return ours

    def _refused(self, error: SyncError) -> Finding:
        self.goes_on = False
        settings = self._wiring.settings.now
        match error:
            case EndpointAbsentError():
                words = say("Zoho does not know version “{version}” of its API.", version=settings.api_version)
                return ORGANIZATION.fault(
                    words, say("Set ZOHO_API_VERSION to v3."), code=WRONG_USE, deed="settings:api_version"
                )
            case UnreachableError() if error.what == "zoho":
                words = say("Zoho's API at {address} does not answer as it should.", address=settings.api_base_url)
                remedy = say("{title}. Check the network, and ZOHO_API_BASE_URL.", title=error.title)
                return ORGANIZATION.fault(words, remedy, deed="settings:api_base_url")
            case QuotaExhaustedError():
                return QUOTA.failed(error)
            case ConfigurationError():
                return ORGANIZATION.failed(error, deed="setup:organization")
            case AuthorisationError():
                return ORGANIZATION.failed(error, deed="setup:check")
        return ORGANIZATION.failed(error)

    async def _entities(self) -> AsyncGenerator[Finding, None]:
        products = frozenset(Product(name) for name in self._wiring.settings.now.products)
        directions = {entity.name: entity.direction for entity in self._registry}
        lines = entity_checks(self, self._registry, products, granted=self._granted, per_page=1)
        try:
            async for line in lines:
                yield entity_finding(line, may_write_at_all=directions[line.entity] is not Direction.FROM_ZOHO)
        except SyncError as error:
            self.goes_on = not isinstance(error, QuotaExhaustedError)
            check = QUOTA if isinstance(error, QuotaExhaustedError) else PERMISSIONS
            yield check.failed(error)

    async def _granted(self) -> frozenset[str]:
        """Return what the sign-in may: what the refresh's answer said, else what was noted when it was made."""
        if self._wiring.tokens.scopes:
            return self._wiring.tokens.scopes
        token = self._wiring.settings.now.refresh_token.get_secret_value()
        return await PgSignIns(self._wiring.database).scopes(mark_of(token))

    # The lists, as `entity_checks` asks for them; Zoho's clock is read along the way.

    def params(self, api: Api, order: ListOrder, since: datetime | None = None) -> tuple[tuple[str, str], ...]:
        """Return filters and sort in Zoho's words."""
        return self._source.params(api, order, since)

    async def page(self, api: Api, query: PageQuery, caller: Caller) -> PageReply:
        """Return one page of a list."""
        reply = await self._source.page(api, query, self._patient(caller))
        if reply.server_date is not None:
            self._ahead = SystemClock().now() - reply.server_date
        return reply

    @property
    def _source(self) -> ZohoSource:
        return self._wiring.source

    def _patient(self, caller: Caller) -> Caller:
        """Return *caller* with a voice: the minute's limit may let a person wait."""

        def told(wait: Wait | None) -> None:
            if wait is not None:
                seconds = max(1, round((wait.until - self._wiring.database.clock.now()).total_seconds()))
                self._progress(_waits(wait.reason, seconds))

        return replace(caller, on_wait=told)


def _waits(reason: str, seconds: int) -> str:
    if reason == "minute_limit":
        return f"Waiting {seconds} s for Zoho's per-minute limit"
    return "Waiting for other calls to Zoho to end" if reason == "concurrency" else f"Zoho: next try in {seconds} s"


def _named(organizations: Sequence[Organization]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in organizations) or "none"


def time_zone(name: str, now: datetime) -> Finding:
    """Tell whether the organization's time zone is known here."""
    try:
        there = now.astimezone(ZoneInfo(name)) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there = None
    if there is not None:
        return TIME_ZONE.fine(
            say("The organization's day turns by {zone} (UTC{offset}).", zone=name, offset=f"{there:%z}")
        )
    words = say("Zoho names no time zone for the organization.")
    if name:
        words = say("Zoho names the time zone “{zone}”, which this computer does not know.", zone=name)
    remedy = say("Times are shown in this computer's zone, and days turn by UTC. Update the system's time zone data.")
    return TIME_ZONE.warning(words, remedy)


def entity_finding(line: EntityCheck, *, may_write_at_all: bool) -> Finding:
    """Return what an entity's line says."""
    check = entity_check(line.entity, line.title)
    title = line.title
    if line.is_absent:
        return check.warning(Words(f"{line.problem}."), Words(line.advice))
    if not line.may_read:
        if line.missing_scope:
            words = say("{title} may not be read.", title=title)
            return check.fault(words, _lacking(line.missing_scope), code=NEEDS_YOU, deed="setup:check")
        is_person = line.problem.startswith("Not allowed")
        code = NEEDS_YOU if is_person else WRONG_USE
        return check.fault(Words(f"{line.problem}."), Words(line.advice), code=code)
    if line.may_write is False:
        words = say("{title} may be read, but not changed.", title=title)
        return check.warning(words, _lacking(line.missing_scope), deed="setup:check")
    if line.may_write:
        return check.fine(say("{title} may be read and changed.", title=title))
    if may_write_at_all:
        return check.fine(say("{title} may be read. Whether they may be changed Zoho did not say.", title=title))
    return check.fine(say("{title} may be read.", title=title))


def _lacking(scopes: str) -> Words:
    names = scopes.replace(",", ", ")
    return say("The sign-in does not include {scopes}. Sign in again with that permission.", scopes=names)


def quota(facts: QuotaFacts, settings: Settings) -> Finding:
    """Hold what Zoho says of the day's calls against what we think."""
    turn = f"{facts.resets_at.astimezone(UTC):%H:%M} UTC"
    used, ours = max(0, facts.own + facts.elsewhere), settings.per_day
    if facts.is_used_up:
        words = say("The day's calls are used up until {turn}.", turn=turn)
        return QUOTA.fault(words, say("Syncs wait and go on by themselves."), code=NO_QUOTA)
    if facts.limit is None:
        return QUOTA.fine(
            say(
                "Zoho sent no figures of its quota. By our own count {used} of {limit} calls are used until {turn}.",
                used=used,
                limit=ours,
                turn=turn,
            )
        )
    if facts.limit < ours:
        words = say("Zoho allows {theirs} calls a day; ZOHO_DAILY_LIMIT is {ours}.", theirs=facts.limit, ours=ours)
        remedy = say("Zoho's figure counts. Set ZOHO_DAILY_LIMIT to it, so that forecasts are right.")
        return QUOTA.warning(words, remedy, deed="settings:per_day")
    told = {"used": used, "theirs": facts.limit, "turn": turn, "own": min(used, max(0, facts.own)), "ours": ours}
    return QUOTA.fine(
        say("Zoho counts {used} of {theirs} calls until {turn}; {own} of them are ours, which may be {ours}.", **told)
        if facts.limit > ours
        else say("Zoho counts {used} of {theirs} calls until {turn}; {own} of them are ours.", **told)
    )
