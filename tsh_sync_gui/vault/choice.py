"""Which vault serves a home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Protocol

from tsh_sync_gui.engine.ports.vault import Vault
from tsh_sync_gui.vault.env_vault import EnvironmentVault
from tsh_sync_gui.vault.file_vault import FileVault
from tsh_sync_gui.vault.keyring_vault import ID_FILE, KeyringVault

KEY_VARIABLE: Final = "TSH_SECRET_KEY"


class _Keychain(Protocol):
    @property
    def priority(self) -> float: ...


def has_keychain() -> bool:
    """Tell whether this machine has a real keychain; asks it nothing that could wait for a person."""
    import keyring  # noqa: PLC0415 -- takes 0.1 s, and machines with a vault file need none of it

    found: _Keychain = keyring.get_keyring()
    try:
        return found.priority >= 1
    except RuntimeError:  # what a backend's priority raises when it can't work here
        return False


def has_kept(home: Path) -> bool:
    """Tell whether *home* has a vault's file, or a name in a keychain; else there is nothing to read."""
    return (home / ID_FILE).exists() or FileVault(home).exists


def choose(home: Path, *, kind: str = "auto", passphrase: str = "") -> Vault:
    """Return the vault of *home*: *kind* is auto, keychain or file.

    *passphrase* opens the file; without one TSH_SECRET_KEY does. Nothing is made or asked here: a closed vault says
    so when it is read.
    """
    key = passphrase or os.environ.get(KEY_VARIABLE, "")
    file = FileVault(home, key)
    if kind == "file":
        return file if file.exists else EnvironmentVault(why="The encrypted file for secrets is not made yet")
    if has_keychain():
        return KeyringVault(home)
    if kind == "keychain":
        return EnvironmentVault(why="TSH_VAULT says keychain, and this computer has none")
    return file if file.exists else EnvironmentVault()
