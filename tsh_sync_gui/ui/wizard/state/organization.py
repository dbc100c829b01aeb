"""The organization step: what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tsh_sync_gui.bootstrap.setup.values import OrganizationChoice
from tsh_sync_gui.ui.state.texts import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationTile:
    """One organization as a button."""

    id: str
    name: str
    line: str
    is_chosen: bool
    refusal: str


def organization_tiles(choices: Sequence[OrganizationChoice]) -> tuple[OrganizationTile, ...]:
    """Return the organizations: the chosen one first, those that are refused last."""
    ordered = sorted(choices, key=lambda one: (not one.is_chosen, bool(one.refusal)))
    return tuple(
        OrganizationTile(
            id=one.id,
            name=one.name,
            line=" · ".join(part for part in (one.id, one.currency_code, one.time_zone) if part),
            is_chosen=one.is_chosen,
            refusal=one.refusal,
        )
        for one in ordered
    )


def preferred(choices: Sequence[OrganizationChoice]) -> str:
    """Return the one that Enter takes: the chosen one, or the only one that may be chosen."""
    chosen = next((one.id for one in choices if one.is_chosen and not one.refusal), "")
    allowed = [one.id for one in choices if not one.refusal]
    return chosen or (allowed[0] if len(allowed) == 1 else "")


def empty_text() -> str:
    """Return what is said when the sign-in sees no organization."""
    return tr("This sign-in sees no organization. Sign in as a user of the organization, or create one at Zoho.")
