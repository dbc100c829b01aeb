"""The words for the sign-in and for the place of the secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.state.texts import tr

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.values import TokenHealth
    from tsh_sync_gui.core.settings import Loaded


def is_signed_in(loaded: Loaded, health: TokenHealth | None) -> bool:
    """Tell whether there is a sign-in that works, as far as is known."""
    if health is not None:
        return health.state == "ok"
    return bool(loaded.text("refresh_token"))


def sign_in_words(loaded: Loaded, health: TokenHealth | None) -> str:
    """Return how the sign-in stands."""
    if loaded.is_demo:
        return tr("The demo's Zoho is simulated: it needs no sign-in.")
    if loaded.vault_problem:
        return tr("How the sign-in stands is not known: its secrets cannot be read.")
    if health is not None and health.words:
        return tr(health.words)
    if health is not None and health.state == "needs_you":
        return tr("Zoho no longer accepts our sign-in. Nothing is lost; syncs wait.")
    if not is_signed_in(loaded, health):
        return tr("Not signed in to Zoho yet.")
    where = f" ({health.where})" if health is not None and health.where else ""
    return tr("Signed in to Zoho{where}.").format(where=where)


def scope_words(health: TokenHealth | None) -> str:
    """Return permissions and figures of the sign-in, empty where nothing is known."""
    if health is None or health.state == "none":
        return ""
    parts = [tr("%Ln permission(s)", None, len(health.scopes))] if health.scopes else []
    if health.minutes_left is not None:
        parts.append(tr("renewed by itself in %Ln min", None, max(0, health.minutes_left)))
    parts.append(
        tr("{refreshes} of {limit} renewals in 10 min").format(refreshes=health.refreshes, limit=health.refresh_limit)
    )
    if health.sign_ins:
        parts.append(tr("sign-in {number} of {limit}").format(number=health.sign_ins, limit=health.sign_in_limit))
    return " · ".join(parts)


def vault_words(kind: VaultKind, problem: str, *, is_writable: bool) -> str:
    """Return where the secrets rest."""
    if problem:
        return problem
    if not is_writable:
        return tr(
            "This computer has no keychain: secrets come from the environment only, or are kept in an encrypted file."
        )
    return {
        VaultKind.KEYCHAIN: tr("Secrets rest in this computer's keychain."),
        VaultKind.FILE: tr("Secrets rest in an encrypted file in the program's folder, which is open now."),
    }.get(kind, tr("Secrets rest in memory, until the program ends."))
