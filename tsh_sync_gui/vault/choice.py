"""Which vault serves a home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tsh_sync_gui.engine.ports.vault import Vault
from tsh_sync_gui.vault.env_vault import EnvironmentVault
from tsh_sync_gui.vault.file_vault import FileVault
from tsh_sync_gui.vault.keyring_vault import ID_FILE, KeyringVault, has_keychain

KEY_VARIABLE: Final = "TSH_SECRET_KEY"


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
    if has_keychain() or (kind == "auto" and (home / ID_FILE).exists() and not file.exists):
        return KeyringVault(home)  # where its keychain is out of reach it says so, instead of seeming empty
    if kind == "keychain":
        return EnvironmentVault(why="TSH_VAULT says keychain, and this computer has none")
    return file if file.exists else EnvironmentVault()
