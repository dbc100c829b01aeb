"""The environment as a vault: it can be read, and nothing can be kept there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

from pydantic import SecretStr

from tsh_sync_gui.core.errors import NoVaultError
from tsh_sync_gui.core.settings import DECLARED
from tsh_sync_gui.core.values import VaultKind


class EnvironmentVault:
    """Fulfils `engine.ports.vault.Vault` by the variables of the secret settings; *why* says why there is no other."""

    kind = VaultKind.ENVIRONMENT
    is_writable = False

    def __init__(self, environment: Mapping[str, str] | None = None, *, why: str = "") -> None:
        self._environment = os.environ if environment is None else environment
        self._why = why or "This computer has no keychain that could keep secrets"

    def read(self) -> Mapping[str, SecretStr]:
        """Return the secrets whose variables are set."""
        found = {one.field: self._environment.get(one.variable, "") for one in DECLARED if one.scope == "secret"}
        return {name: SecretStr(secret) for name, secret in found.items() if secret}

    def put(self, name: str, secret: str) -> NoReturn:
        """Refuse, and say how to get a place for secrets."""
        del name, secret
        raise self._refusal()

    def remove(self, name: str) -> NoReturn:
        """Refuse: another program's environment can't be changed from here."""
        del name
        raise self._refusal()

    def change(self, values: Mapping[str, str | None]) -> NoReturn:
        """Refuse, likewise."""
        del values
        raise self._refusal()

    def _refusal(self) -> NoVaultError:
        return NoVaultError(
            self._why,
            advice="Run `tsh-sync config vault file` to keep them in an encrypted file, or set them as environment"
            " variables.",
        )
