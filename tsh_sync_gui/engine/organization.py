"""Which organization this database mirrors: asked once, then every run is held against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError, NotConnectedError
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.ports import Caller, Ledger, Organization, Source

_UNCONNECTED: Final = (
    "Connect Zoho with `tsh-sync auth login` (or try `tsh-sync demo`, which needs no account); where it is connected,"
    " set the organization's number, which `tsh-sync doctor` tells."
)


_NOBODY: Final = "Sign in: in the window, or with `tsh-sync auth login`. `tsh-sync demo` needs no account."


def has_sign_in(loaded: Loaded) -> bool:
    """Tell whether this machine has, or may have in a closed vault, what a call to Zoho takes."""
    now = loaded.settings
    return bool(now.client_id or now.refresh_token.get_secret_value() or loaded.vault_error)


def check_signed_in(loaded: Loaded) -> None:
    """Refuse what could only end as "Needs you" for everybody, though it is this machine that lacks a sign-in."""
    if not has_sign_in(loaded):
        raise NotConnectedError(
            "Nobody is signed in to Zoho on this computer",
            advice="Connect Zoho here: in the window, or by `tsh-sync auth login`. Other computers go on.",
        )


class OrganizationCheck:
    """Binds the database to the organization of the settings."""

    def __init__(self, source: Source, ledger: Ledger, settings: Callable[[], Settings]) -> None:
        self._source = source
        self._ledger = ledger
        self._settings = settings
        self._known: Organization | None = None

    async def known(self) -> Organization | None:
        """Return the organization of this database, None before the first connection."""
        self._known = self._known or await self._ledger.organization()
        return self._known

    async def ensure(self) -> Organization:
        """Return the organization, asking Zoho once in the life of a database.

        Raises ConfigurationError when the settings name none, another than the database mirrors, or one that the
        sign-in may not see; NotConnectedError where there is no sign-in either.
        """
        wanted = self._settings().organization_id
        known = await self.known()
        if not wanted:
            if not self._settings().refresh_token.get_secret_value():
                raise NotConnectedError("Nobody is signed in to Zoho", advice=_NOBODY)
            mirrored = f"This database mirrors {known.name} ({known.id})." if known else ""
            raise ConfigurationError(
                "ZOHO_ORGANIZATION_ID is not set",
                advice=mirrored or _UNCONNECTED,
            )
        if known is None:
            known = await self.ask()
            await self._ledger.bind_organization(known)
            self._known = known
        if wanted != known.id:
            raise ConfigurationError(
                f"This database mirrors {known.name} ({known.id}); the settings name {wanted}",
                advice="Set ZOHO_ORGANIZATION_ID back, or use another database.",
            )
        return known

    async def ask(self) -> Organization:
        """Return the organization of the settings as Zoho describes it (one call)."""
        found = await self._source.organizations(Caller(lane=Lane.PERSON, kind=CallKind.DETAIL))
        wanted = self._settings().organization_id
        if not wanted and len(found) == 1:
            return found[0]
        for organization in found:
            if organization.id == wanted:
                return organization
        names = ", ".join(f"{one.name} ({one.id})" for one in found) or "none"
        problem = f"is {wanted}, which this sign-in may not see" if wanted else "is not set"
        raise ConfigurationError(f"ZOHO_ORGANIZATION_ID {problem}", advice=f"The sign-in may see: {names}.")
