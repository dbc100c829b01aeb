"""The test of the connection: one call to Zoho, and the answer in the shape that existing programs know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.bootstrap.databases import open_database
from tsh_sync_gui.bootstrap.wiring import wired
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.zoho.client import Patience

BRIEF: Final = Patience(waits=(1.0,), seconds=10.0)
"""Somebody waits for the answer: one more try, and then the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """What Zoho answered to the question who we are, or the *error* that stands in the way."""

    organization: str = ""
    organization_id: str = ""
    api_version: str = ""
    error: SyncError | None = None

    def document(self) -> dict[str, str]:
        """Return this in the shape of design.md 6; `status` is connected or failed."""
        if self.error is not None:
            return {"status": "failed", "title": self.error.title, "advice": self.error.advice}
        return {
            "status": "connected",
            "organization": self.organization,
            "organization_id": self.organization_id,
            "api_version": self.api_version,
        }


async def try_connection(
    loaded: Loaded, *, registry: Registry = REGISTRY, progress: Callable[[str], None] = lambda _words: None
) -> ConnectionTest:
    """Ask Zoho for the organization of the settings: one call, and a second try where Zoho has trouble.

    An access token that Zoho no longer takes is renewed on the way, so a sign-in that was revoked is found out.
    """
    try:
        async with (
            open_database(loaded, registry=registry, progress=progress) as database,
            wired(database, loaded, registry=registry, patience=BRIEF) as wiring,
        ):
            found = await wiring.service.check_connection()
            version = wiring.settings.now.api_version
    except SyncError as error:
        return ConnectionTest(error=error)
    return ConnectionTest(organization=found.name, organization_id=found.id, api_version=version)
