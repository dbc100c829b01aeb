"""Zoho as the engine sees it: pages, details and organizations, their records undecoded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec

from tsh_sync_gui.core.errors import SchemaMismatchError
from tsh_sync_gui.engine.ports import Caller, ListOrder, Organization, PageQuery, PageReply
from tsh_sync_gui.entities.spec import Api, Bulk, Product
from tsh_sync_gui.zoho.client import Answer, Ask, ZohoClient
from tsh_sync_gui.zoho.errors import unexpected_shape
from tsh_sync_gui.zoho.paging import Params, ids_param, list_params, page_params
from tsh_sync_gui.zoho.replies import PLACES, AnyReply, ListReply, list_decoder, record_decoder
from tsh_sync_gui.zoho.scopes import settings_scope


class ZohoSource:
    """Fulfils `engine.ports.Source` over HTTP."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client

    def params(self, api: Api, order: ListOrder, since: datetime | None = None) -> Params:
        """Return filters and sort in Zoho's words (without paging); *since* is used by FILTERED."""
        return list_params(api, order, since)

    async def page(self, api: Api, query: PageQuery, caller: Caller) -> PageReply:
        """Return one page of a list, of at most the settings' records per page."""
        per_page = min(query.per_page, self._client.settings.batch_size)
        ask = Ask(
            product=api.product,
            path=api.path,
            key=api.records,
            decoder=list_decoder(api.records),
            params=page_params(api, query.params, page=query.page, per_page=per_page),
            endpoint=api.path,
            what=_words(caller),
            scope=api.scope,
        )
        return await self._list(ask, caller, page=query.page)

    async def detail(self, api: Api, record_id: str, caller: Caller) -> PageReply:
        """Return one record's detail as a reply of one record."""
        ask = Ask(
            product=api.product,
            path=f"{api.path}/{quote(record_id, safe='')}",
            key=api.record,
            decoder=record_decoder(api.record),
            endpoint=f"{api.path}/{{id}}",
            what=_words(caller),
            scope=api.scope,
        )
        answer = await self._client.get(ask, caller)
        if isinstance(answer.reply.record, msgspec.UnsetType):
            raise _keyless(ask)
        return _page(answer, [answer.reply.record], page=1)

    async def bulk(self, api: Api, bulk: Bulk, ids: Sequence[str], caller: Caller) -> PageReply:
        """Return the details of up to `bulk.size` records; ids that are gone are simply missing."""
        if not 0 < len(ids) <= bulk.size:
            raise ValueError(f"{bulk.path} takes 1 to {bulk.size} ids, not {len(ids)}")
        ask = Ask(
            product=api.product,
            path=bulk.path,
            key=bulk.records,
            decoder=list_decoder(bulk.records),
            params=ids_param(bulk.param, ids),
            endpoint=bulk.path,
            what=_words(caller),
            scope=api.scope,
        )
        return await self._list(ask, caller, page=1)

    async def organizations(self, caller: Caller) -> list[Organization]:
        """Return the organizations the sign-in may see."""
        product = Product.BOOKS if "books" in self._client.settings.products else Product.INVENTORY
        ask = Ask(
            product=product,
            path="/organizations",
            key="organizations",
            decoder=PLACES,
            endpoint="/organizations",
            what="organizations",
            scope=settings_scope(product),
            for_organization=False,
        )
        places = (await self._client.get(ask, caller)).reply.organizations
        if isinstance(places, msgspec.UnsetType):
            raise _keyless(ask)
        return [
            Organization(
                id=str(place.organization_id),
                name=place.name,
                currency_code=place.currency_code,
                time_zone=place.time_zone,
            )
            for place in places
        ]

    async def _list(self, ask: Ask[ListReply], caller: Caller, *, page: int) -> PageReply:
        answer = await self._client.get(ask, caller)
        if isinstance(answer.reply.records, msgspec.UnsetType):
            raise _keyless(ask)
        return _page(answer, answer.reply.records, page=page)


def _keyless(ask: Ask[AnyReply]) -> SchemaMismatchError:
    return unexpected_shape(ask.endpoint, key=ask.key, detail=f"no key “{ask.key}” in the reply")


def _words(caller: Caller) -> str:
    return caller.entity.replace("_", " ")


def _page(answer: Answer[AnyReply], records: list[msgspec.Raw], *, page: int) -> PageReply:
    return PageReply(
        page=page,
        records=records,
        has_more=answer.reply.has_more,
        sent_at=answer.sent_at,
        server_date=answer.server_date,
        size=answer.size,
    )
