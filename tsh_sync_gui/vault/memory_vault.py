"""A vault that forgets all when the program ends: for the demo and for tests."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault.alone import changed


class MemoryVault:
    """Fulfils `engine.ports.vault.Vault` in memory."""

    kind = VaultKind.MEMORY
    is_writable = True

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._secrets = {name: SecretStr(secret) for name, secret in (secrets or {}).items()}

    def read(self) -> Mapping[str, SecretStr]:
        """Return all secrets."""
        return dict(self._secrets)

    def put(self, name: str, secret: str) -> None:
        """Keep *secret* until the program ends."""
        self._secrets[name] = SecretStr(secret)

    def change(self, values: Mapping[str, str | None]) -> None:
        """Keep all *values*, None to forget one."""
        kept = {name: secret.get_secret_value() for name, secret in self._secrets.items()}
        self._secrets = {name: SecretStr(secret) for name, secret in changed(kept, values).items()}

    def remove(self, name: str) -> None:
        """Forget what is kept under *name*."""
        self._secrets.pop(name, None)
