"""The wizard's pages, one per step."""

from __future__ import annotations

from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.pages.app import AppPage
from tsh_sync_gui.ui.wizard.pages.check import CheckPage
from tsh_sync_gui.ui.wizard.pages.database import DatabasePage
from tsh_sync_gui.ui.wizard.pages.first_sync import FirstSyncPage
from tsh_sync_gui.ui.wizard.pages.limits import LimitsPage
from tsh_sync_gui.ui.wizard.pages.organization import OrganizationPage
from tsh_sync_gui.ui.wizard.pages.sign_in import SignInPage
from tsh_sync_gui.ui.wizard.pages.start import StartPage
from tsh_sync_gui.ui.wizard.pages.webhooks import WebhooksPage

_PAGES: tuple[type[Page], ...] = (
    StartPage,
    DatabasePage,
    AppPage,
    SignInPage,
    OrganizationPage,
    CheckPage,
    WebhooksPage,
    LimitsPage,
    FirstSyncPage,
)


def make_pages(desk: Desk) -> tuple[Page, ...]:
    """Return all pages in the order of the steps."""
    return tuple(page(desk) for page in _PAGES)
