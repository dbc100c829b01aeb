"""Reads the inbox: the deliveries that are looked for, how many there are, and today's figures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tsh_sync_gui.engine.ports.deliveries import InboxFigures, InboxPage, Refusals
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.panels.feed import ListFeed
from tsh_sync_gui.ui.state.webhooks import MOST_NEW, InboxFilter
from tsh_sync_gui.ui.webhook_service import WebhookService


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reading brought; *page* holds as many rows as are shown and some that are new."""

    wanted: InboxFilter
    figures: InboxFigures
    page: InboxPage
    total: int
    is_paused: bool
    refusals: Refusals


async def read(service: WebhookService, wanted: InboxFilter, limit: int) -> Reading:
    """Return what *wanted* shows."""
    figures, page, total, refusals = await asyncio.gather(
        service.figures(), service.page(wanted.query, limit=limit), service.count(wanted.query), service.refusals()
    )
    return Reading(
        wanted=wanted, figures=figures, page=page, total=total, is_paused=service.is_paused, refusals=refusals
    )


async def _page(service: WebhookService, wanted: InboxFilter, after: str, limit: int) -> InboxPage:
    return await service.page(wanted.query, after=int(after), limit=limit)


class InboxFeed(ListFeed[WebhookService, InboxFilter, Reading, InboxPage]):
    """Reads the deliveries, newest first."""

    def __init__(self, actions: Actions) -> None:
        super().__init__(actions, InboxFilter(), begin=read, go_on=_page, ahead=MOST_NEW)
