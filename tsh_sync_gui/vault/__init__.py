"""Where secrets rest: the system's keychain, an encrypted file, the environment, or memory.

`choose` picks the one that serves a home; every adapter fulfils `engine.ports.vault.Vault`.
"""

from tsh_sync_gui.vault.choice import choose
from tsh_sync_gui.vault.file_vault import FileVault
from tsh_sync_gui.vault.keyring_vault import KeyringVault, has_keychain
from tsh_sync_gui.vault.memory_vault import MemoryVault

__all__ = ["FileVault", "KeyringVault", "MemoryVault", "choose", "has_keychain"]
