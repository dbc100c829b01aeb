"""The encrypted file: for machines without a keychain, made only when a person asks for it.

TSH_SECRET_KEY is the passphrase of machines where nobody can type one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from tsh_sync_gui.core.errors import ConfigurationError, NoVaultError, VaultError, VaultLockedError
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault.alone import alone, changed
from tsh_sync_gui.vault.private_file import write_private
from tsh_sync_gui.vault.sealed import check_passphrase, new_header, seal, unseal

NAME: Final = "vault.tsh"


class FileVault:
    """Fulfils `engine.ports.vault.Vault` by TSH_HOME/vault.tsh, opened with *passphrase*."""

    kind = VaultKind.FILE
    is_writable = True

    def __init__(self, home: Path, passphrase: str = "") -> None:
        self.path = home / NAME
        self._home = home
        self._passphrase = passphrase
        self._what = f"the file of secrets {self.path}"

    @property
    def exists(self) -> bool:
        """Tell whether the file was made."""
        return self.path.exists()

    def make(self, secrets: Mapping[str, str] | None = None) -> None:
        """Make the file, with *secrets*; ConfigurationError when there is one, or the passphrase is too short."""
        check_passphrase(self._passphrase)
        with alone(self._home):
            if self.exists:
                raise ConfigurationError(
                    f"There is an encrypted file for secrets already: {self.path}",
                    advice="Open it with its passphrase; delete it only if what it keeps may be lost.",
                )
            self._write(new_header(), secrets or {})

    def read(self) -> Mapping[str, SecretStr]:
        """Return all secrets; VaultLockedError without the right passphrase."""
        return {name: SecretStr(secret) for name, secret in self._read()[1].items()}

    def put(self, name: str, secret: str) -> None:
        """Keep *secret* in the file."""
        self.change({name: secret})

    def remove(self, name: str) -> None:
        """Forget what is kept under *name*."""
        self.change({name: None})

    def change(self, values: Mapping[str, str | None]) -> None:
        """Keep all *values*, None to forget one; the file is written once, or not at all where nothing changes."""
        with alone(self._home):
            header, document = self._read()
            fresh = changed(document, values)
            if fresh != document:
                self._write(header, fresh)

    def _read(self) -> tuple[bytes, dict[str, str]]:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            raise NoVaultError(
                "The encrypted file for secrets is not made yet", advice="Run `tsh-sync config vault file`."
            ) from None
        except OSError as error:
            raise VaultError(
                f"The file {self.path} cannot be read", advice="Allow your user to read it.", cause=str(error)
            ) from error
        if not self._passphrase:
            raise VaultLockedError(
                "The secrets are in an encrypted file, which is closed",
                advice="Enter its passphrase, or set TSH_SECRET_KEY in the environment.",
            )
        return unseal(text, self._passphrase, what=self._what)

    def _write(self, header: bytes, document: Mapping[str, str]) -> None:
        text = seal(document, self._passphrase, header=header, what=self._what)
        try:
            write_private(self.path, text)
        except OSError as error:
            raise VaultError(
                f"The file {self.path} cannot be written",
                advice="Allow your user to write to its folder, and see that the disk has room.",
                cause=type(error).__name__,
            ) from error
