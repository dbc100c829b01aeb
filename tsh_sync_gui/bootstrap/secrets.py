"""Keeps settings on this machine: secrets in the vault, the rest in the settings file."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import NoVaultError, SyncError
from tsh_sync_gui.core.saved import read_saved, write_saved
from tsh_sync_gui.core.setting_checks import has_password, passwords_in
from tsh_sync_gui.core.settings import Loaded, find, load, outside_value, save, validated
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.engine.ports.vault import NEXT_TOKEN, PREVIOUS_TOKEN, PREVIOUS_WEBHOOK_SECRET, Vault
from tsh_sync_gui.vault import FileVault, choose, has_keychain
from tsh_sync_gui.vault.choice import KEY_VARIABLE

_ADDRESS: Final = "database_url"
_ADDRESS_IN_VAULT: Final = "database_url_in_vault"
_WEBHOOK: Final = "webhook_secret"
_PASSPHRASES: Final[dict[Path, SecretStr]] = {}
_PASSPHRASES_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultState:
    """Where the secrets of a home rest, whether more can be kept there, and why they can't be read now."""

    kind: VaultKind
    is_writable: bool
    problem: str = ""


def vault_state(home: Path) -> VaultState:
    """Return how the home's vault stands. It may block."""
    vault, problem = home_vault(home), ""
    try:
        vault.read()
    except SyncError as error:
        problem = str(error)
    return VaultState(kind=vault.kind, is_writable=vault.is_writable, problem=problem)


def unlock(home: Path, passphrase: str) -> None:
    """Open the home's encrypted file for as long as this process lives; VaultLockedError when it does not fit."""
    FileVault(home, passphrase).read()
    with _PASSPHRASES_LOCK:
        _PASSPHRASES[home] = SecretStr(passphrase)
    log.conceal([passphrase])


def passphrase_of(home: Path) -> str:
    """Return the passphrase that opened the home's file in this process, "" when none did."""
    with _PASSPHRASES_LOCK:
        known = _PASSPHRASES.get(home)
    return known.get_secret_value() if known else ""


def make_file_vault(home: Path, passphrase: str, *, take_over: bool = True) -> None:
    """Make the encrypted file and use it from now on; *take_over* moves the secrets of the vault before it there.

    ConfigurationError when the passphrase is too short, or when there is such a file.
    """
    before = home_vault(home)
    kept = before.read() if take_over and before.kind is not VaultKind.ENVIRONMENT else {}
    FileVault(home, passphrase).make({name: secret.get_secret_value() for name, secret in kept.items()})
    unlock(home, passphrase)
    save(home, "vault", "file")
    if kept:
        before.change(dict.fromkeys(kept))


def use_keychain(home: Path) -> None:
    """Move the secrets of the encrypted file to the system's keychain and delete the file; NoVaultError without one."""
    before = home_vault(home)
    chain = choose(home, kind="keychain")
    if not chain.is_writable:
        chain.put("", "")  # says why
    if before.kind is VaultKind.FILE:
        chain.change({name: secret.get_secret_value() for name, secret in before.read().items()})
        FileVault(home).path.unlink()
    save(home, "vault", None)


def home_vault(home: Path, *, environment: bool = True) -> Vault:
    """Return the vault of *home*, opened with what this process knows. It may block."""
    return vault_of(load(home=home, environment=environment), environment=environment)


def vault_of(loaded: Loaded, *, environment: bool = True) -> Vault:
    """Return the vault that the settings name."""
    key = passphrase_of(loaded.home)
    if not key:
        key = outside_value(loaded.home, KEY_VARIABLE) if environment else os.environ.get(KEY_VARIABLE, "")
    return choose(loaded.home, kind=loaded.settings.vault, passphrase=key)


def keep_secrets(home: Path, values: Mapping[str, str | None], *, vault: Vault | None = None) -> None:
    """Keep secrets through the home's vault; None removes. Names are fields, or `refresh_token.previous`.

    ConfigurationError when a value is bad, VaultError when they can't be kept: then none is. May wait for a keychain:
    not for an event loop's thread.
    """
    good = {name: _checked(name, text) if text else None for name, text in values.items()}
    vault = vault or home_vault(home)
    address = good.get(_ADDRESS)
    if not vault.is_writable and _ADDRESS in good:
        _keep_address(home, good.pop(_ADDRESS), vault)
    log.conceal([hidden for name, text in good.items() if text and name != "client_id" for hidden in _hidden(text)])
    if address and vault.is_writable:
        write_saved(home, _ADDRESS_IN_VAULT, "true")
    if good.get(_WEBHOOK):
        good |= _previous(vault, good[_WEBHOOK] or "")
    if vault.is_writable or any(good.values()):
        vault.change(good)
    if _ADDRESS in values:
        _forget_places(home, address, vault)


def _hidden(text: str) -> list[str]:
    return [text, *passwords_in(text)]


def _previous(vault: Vault, text: str) -> dict[str, str]:
    """Return the webhook secret that *text* replaces: Zoho signs with it until the new one is entered there."""
    before = vault.read().get(_WEBHOOK)
    if before is None or before.get_secret_value() in {"", text}:
        return {}
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    return {PREVIOUS_WEBHOOK_SECRET: f"{stamp} {before.get_secret_value()}"}


def is_address_in_vault(home: Path) -> bool:
    """Tell whether the vault keeps the database's address: while it is closed no other database may be taken for it."""
    return _ADDRESS_IN_VAULT in read_saved(home)


def _forget_places(home: Path, text: str | None, vault: Vault) -> None:
    """Take out of the settings file what it says of a database's address that is elsewhere now, or nowhere."""
    stale = {_ADDRESS} if vault.is_writable else set()
    if not text or not vault.is_writable:
        stale.add(_ADDRESS_IN_VAULT)
    for name in stale & read_saved(home).keys():
        write_saved(home, name, None)


def _checked(name: str, text: str) -> str:
    if name in {PREVIOUS_TOKEN, NEXT_TOKEN}:
        return text
    one = find(name)
    validated({one.field: text})
    return text.strip()


def _keep_address(home: Path, text: str | None, vault: Vault) -> None:
    """Keep a database address where there is no vault: one without a password is no secret."""
    if text and has_password(text):
        try:
            vault.put(_ADDRESS, text)
        except NoVaultError as error:
            raise NoVaultError(
                "TSH_DATABASE_URL has a password, and there is no place for secrets",
                advice=f"{error.advice} Or leave the password out, and keep it in a passfile"
                " (postgresql://user@host/name?passfile=…).",
            ) from error
    write_saved(home, _ADDRESS, text or None)


def keep(home: Path, field: str, text: str | None, *, environment: bool = True) -> None:
    """Check and keep one setting on this machine, a secret in the vault; None goes back to the default."""
    one = find(field)
    if one.scope == "secret":
        keep_secrets(home, {one.field: text}, vault=home_vault(home, environment=environment))
    elif one.field == "vault":
        _keep_kind(home, text)
    else:
        save(home, one.field, text)


def _keep_kind(home: Path, kind: str | None) -> None:
    """Use another vault from now on; a file's secrets move to the keychain. Refused where there is no such place."""
    validated({"vault": kind or "auto"})
    file = FileVault(home)
    if kind == "file" and not file.exists:
        raise NoVaultError(
            "There is no encrypted file for secrets yet", advice="`tsh-sync config vault file` makes it and moves them."
        )
    if kind != "file" and file.exists and (kind == "keychain" or has_keychain()):
        use_keychain(home)
    elif kind == "keychain" and not has_keychain():
        raise NoVaultError("This computer has no keychain", advice="Leave TSH_VAULT at auto, or take file.")
    save(home, "vault", kind)
