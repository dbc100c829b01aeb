"""Steps 5 and 6: which organization, and what the sign-in may do there with each entity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from msgspec import structs

from tsh_sync_gui.bootstrap.setup.grants import Grants
from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.kept import Kept, KeptOrganization
from tsh_sync_gui.bootstrap.setup.values import EntityCheck, OrganizationChoice, Step
from tsh_sync_gui.bootstrap.wiring import Wiring
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    EndpointAbsentError,
    MissingPermissionError,
    SyncError,
)
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.plan import group, missing_words
from tsh_sync_gui.engine.ports import Caller, KeptPages, ListOrder, Organization, PageQuery, PageReply
from tsh_sync_gui.engine.recall import page_name
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Api, Direction, Entity, Product
from tsh_sync_gui.store.kept import PgKeptPages
from tsh_sync_gui.zoho.scopes import covers, missing_scopes, write_scopes

LEFT_OUT: Final = "It is left out of syncs."
_PAGE: Final = 200
_WORDS = {Product.BOOKS: "Zoho Books", Product.INVENTORY: "Zoho Inventory"}


class OrganizationStep:
    """Asks Zoho, one call for the organizations and one for each list."""

    def __init__(self, ground: Ground, grants: Grants) -> None:
        self._ground = ground
        self._grants = grants
        self._seen: list[Organization] = []

    async def organizations(self) -> tuple[OrganizationChoice, ...]:
        """Return what the sign-in sees (one call)."""
        wiring = await self._ground.wiring()
        self._seen = await wiring.source.organizations(Caller(lane=Lane.PERSON, kind=CallKind.DETAIL))
        return await self._choices(wiring)

    async def _choices(self, wiring: Wiring) -> tuple[OrganizationChoice, ...]:
        bound = await wiring.ledger.organization()
        chosen = wiring.settings.now.organization_id
        return tuple(
            OrganizationChoice(
                id=one.id,
                name=one.name,
                currency_code=one.currency_code,
                time_zone=one.time_zone,
                is_chosen=one.id == chosen,
                refusal=""
                if bound is None or bound.id == one.id
                else f"This database mirrors {bound.name} ({bound.id}). Choose another database for this organization.",
            )
            for one in self._seen
        )

    async def choose(self, organization_id: str) -> None:
        """Keep the organization; refused where the database mirrors another."""
        if all(one.id != organization_id for one in self._seen):
            await self.organizations()
        choices = await self._choices(await self._ground.wiring())
        found = next((one for one in choices if one.id == organization_id), None)
        if found is None:
            names = ", ".join(f"{one.name} ({one.id})" for one in choices) or "none"
            raise ConfigurationError(
                f"The sign-in does not see organization {organization_id}",
                advice=f"It sees: {names}. Choose one of them, or sign in as a user of that organization.",
            )
        if found.refusal:
            raise ConfigurationError(f"{found.name} cannot be chosen", advice=found.refusal)
        former = (await self._ground.settings()).settings
        await self._ground.keep_shared({"organization_id": organization_id})
        kept = KeptOrganization(
            id=found.id, name=found.name, currency_code=found.currency_code, time_zone=found.time_zone
        )

        def change(now: Kept) -> Kept:
            now = now.reopened(Step.CHECK) if former.organization_id not in {"", organization_id} else now
            return structs.replace(now, organization=kept)

        await self._ground.kept.change(change)
        await self._grants.move_token(former)

    async def chosen(self) -> OrganizationChoice | None:
        """Return the organization that is kept, None before one was chosen; makes no call."""
        chosen = (await self._ground.settings()).settings.organization_id
        if not chosen:
            return None
        kept = (await self._ground.kept.read() or Kept()).organization
        facts = kept if kept is not None and kept.id == chosen else KeptOrganization(id=chosen)
        return OrganizationChoice(
            id=facts.id,
            name=facts.name,
            currency_code=facts.currency_code,
            time_zone=facts.time_zone,
            is_chosen=True,
        )

    async def checks(self) -> AsyncIterator[EntityCheck]:
        """Yield one line per entity as its answer comes (one call per list)."""
        wiring = await self._ground.wiring()
        products = self._ground.products(frozenset(wiring.settings.now.products))

        async def granted() -> frozenset[str]:
            return await self._grants.scopes(await self._ground.settings())

        # Asked for as the first sync will: what a list's first page tells of its length is worth keeping.
        kept, per_page = PgKeptPages(wiring.database), wiring.settings.now.batch_size
        lists = (wiring.source, self._ground.terms.registry, products)
        async for line in entity_checks(*lists, granted=granted, per_page=per_page, kept=kept):
            yield line


class Lists(Protocol):
    """Zoho as far as checks ask it; `zoho.source.ZohoSource` fulfils it."""

    def params(self, api: Api, order: ListOrder, since: datetime | None = None) -> tuple[tuple[str, str], ...]:
        """Return filters and sort in Zoho's words."""
        ...

    async def page(self, api: Api, query: PageQuery, caller: Caller) -> PageReply:
        """Return one page of a list."""
        ...


async def entity_checks(
    source: Lists,
    registry: Registry,
    products: frozenset[Product],
    *,
    granted: Callable[[], Awaitable[frozenset[str]]],
    per_page: int = _PAGE,
    kept: KeptPages | None = None,
) -> AsyncIterator[EntityCheck]:
    """Yield what the sign-in may do with each entity, one call per list; *granted* is asked after each.

    The pages are *kept* for the walks to come.
    """
    served = [entity for entity in registry if entity.api(products)]
    for _, entities in group(served):
        lines = await _list(source, entities, products, per_page, kept)
        scopes = await granted()
        for entity, line in zip(entities, lines, strict=True):
            yield _with_rights(line, entity, products, scopes)
    for entity in registry:
        if words := missing_words(entity, products):
            yield EntityCheck(
                entity=entity.name, title=entity.title, may_read=False, problem=words, advice=LEFT_OUT, is_absent=True
            )


async def _list(
    source: Lists, entities: Sequence[Entity], products: frozenset[Product], per_page: int, kept: KeptPages | None
) -> list[EntityCheck]:
    """Ask for one page; a list that one product does not know is asked of the other."""
    absent: SyncError | None = None
    for api in (api for api in entities[0].apis if api.product in products):
        caller = Caller(lane=Lane.PERSON, kind=CallKind.LIST, entity=entities[0].name)
        params = source.params(api, ListOrder.FULL)
        try:
            page = await source.page(api, PageQuery(page=1, per_page=per_page, params=params), caller)
        except MissingPermissionError as error:
            return [_refused(entity, api, error) for entity in entities]
        except EndpointAbsentError as error:
            absent = error
        except AuthorisationError:
            raise
        except ConfigurationError as error:
            return [_faulty(entity, error) for entity in entities]
        else:
            if kept is not None:
                await _keep(kept, page_name(api, params, per_page), page)
            return [
                EntityCheck(
                    entity=entity.name,
                    title=entity.title,
                    may_read=True,
                    sample=len(page.records),
                    more=page.has_more,
                )
                for entity in entities
            ]
    if absent is None:
        raise ConfigurationError("No product serves this list", advice="ZOHO_PRODUCTS names the products.")
    return [_faulty(entity, absent) for entity in entities]


async def _keep(kept: KeptPages, name: str, page: PageReply) -> None:
    await kept.keep(name, page)
    if not page.has_more:
        await kept.found_last(name, page.page)


def _faulty(entity: Entity, error: SyncError) -> EntityCheck:
    return EntityCheck(
        entity=entity.name,
        title=entity.title,
        may_read=False,
        problem=error.title,
        advice=error.advice or LEFT_OUT,
        is_absent=isinstance(error, EndpointAbsentError),
    )


def _refused(entity: Entity, api: Api, error: MissingPermissionError) -> EntityCheck:
    return EntityCheck(
        entity=entity.name,
        title=entity.title,
        may_read=False,
        missing_scope=error.scope,
        problem=f"Not allowed to read {entity.title.lower()}",
        advice=f"The sign-in does not include {_WORDS[api.product]} ({error.scope}).",
    )


def _with_rights(
    line: EntityCheck, entity: Entity, products: frozenset[Product], granted: frozenset[str]
) -> EntityCheck:
    """Return *line* with what the granted permissions say of it; nothing is known of them after an import."""
    if line.missing_scope and granted and covers(granted, line.missing_scope):
        return replace(
            line,
            missing_scope="",
            advice="The sign-in includes the permission; the person who signed in may not see this in Zoho.",
        )
    if entity.direction is Direction.FROM_ZOHO or not granted:
        return line
    # Written through the product that is preferred: both need not be allowed.
    wanted = write_scopes(entity, frozenset({api.product for api in [entity.api(products)] if api}))
    lacking = missing_scopes(granted, wanted)
    if not lacking:
        return replace(line, may_write=True)
    if line.problem:
        return replace(line, may_write=False, missing_scope=",".join(filter(None, (line.missing_scope, *lacking))))
    return replace(
        line,
        may_write=False,
        missing_scope=",".join(lacking),
        problem=f"Not allowed to change {entity.title.lower()}",
        advice=f"The sign-in does not include {' and '.join(lacking)}.",
    )
