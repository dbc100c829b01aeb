"""All settings of a home, with the secrets of its vault."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tsh_sync_gui.bootstrap.secrets import is_address_in_vault, vault_of
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.setting_checks import passwords_in
from tsh_sync_gui.core.settings import DECLARED, Loaded, Origin, load
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.engine.ports.vault import NEXT_TOKEN, PREVIOUS_TOKEN, Vault
from tsh_sync_gui.vault.choice import KEY_VARIABLE, has_kept


def gather(
    *,
    home: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environment: bool = True,
    vault: Vault | None = None,
) -> Loaded:
    """Load the settings and add what the vault keeps, below environment and `.env`.

    A vault that can't be read never stops this: `Loaded.vault_error` says what is wrong. Where the home has
    never kept a secret none is looked for (`Loaded.vault` is None). What is secret is known to the log from here on,
    and never written there. May wait for a keychain: not for an event loop's thread.
    """
    loaded = load(home=home, overrides=overrides, environment=environment)
    if vault is None and not has_kept(loaded.home):
        conceal_all(loaded, {})
        return replace(loaded, database_withheld=_withheld(loaded, None, ""))
    failure: SyncError | None = None
    kept = dict[str, SecretStr]()
    vault = vault or vault_of(loaded, environment=environment)
    try:
        kept = dict(vault.read())
    except SyncError as error:
        failure = error.with_traceback(None)
    if kept:
        loaded = load(home=loaded.home, overrides=overrides, secrets=_plain(kept), environment=environment)
    conceal_all(loaded, kept)
    problem = str(failure) if failure is not None else ""
    return replace(
        loaded,
        vault=vault.kind,
        vault_problem=problem,
        vault_error=failure,
        database_withheld=_withheld(loaded, vault.kind, problem),
        is_rotating=not kept.keys().isdisjoint({PREVIOUS_TOKEN, NEXT_TOKEN}),
    )


def _withheld(loaded: Loaded, vault: VaultKind | None, problem: str) -> str:
    """Return why the database's address can't be known, empty where it is known or there is none."""
    if loaded.origins["database_url"] is not Origin.DEFAULT or not is_address_in_vault(loaded.home):
        return ""
    if problem or vault not in {None, VaultKind.ENVIRONMENT}:
        return problem  # a vault that is open and holds no address says that there is none
    return (
        "Bring the place of the secrets back, or set TSH_DATABASE_URL again (`tsh-sync config set TSH_DATABASE_URL`)."
    )


def _plain(kept: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in kept.items()}


def conceal_all(loaded: Loaded, kept: Mapping[str, SecretStr]) -> None:
    """Tell the log every secret this process knows, so that it writes none."""
    secrets = [secret.get_secret_value() for name, secret in kept.items() if name != "client_id"]
    secrets += [loaded.text(one.field) for one in DECLARED if one.is_secret]
    secrets += passwords_in(loaded.settings.database_url.get_secret_value())
    secrets += [os.environ.get(KEY_VARIABLE, "")]
    log.conceal(secrets)
