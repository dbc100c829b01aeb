"""What the program needs of the place where secrets rest; the adapters are in vault/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import SecretStr

from tsh_sync_gui.core.values import VaultKind

PREVIOUS_TOKEN: Final = "refresh_token.previous"  # noqa: S105 -- the name of an entry, no secret

NEXT_TOKEN: Final = "refresh_token.next"  # noqa: S105 -- likewise

PREVIOUS_WEBHOOK_SECRET: Final = "webhook_secret.previous"  # noqa: S105 -- likewise


class Vault(Protocol):
    """The secrets of one home by name: the settings' field names, and *PREVIOUS_TOKEN* while a rotation is tried.

    *NEXT_TOKEN* is a stamp and a sign-in that is looked at before it is put to work, *PREVIOUS_WEBHOOK_SECRET* a stamp
    and the secret that was replaced then.
    All methods may block for as long as a person takes to open a keychain: call them in a thread of their own.
    """

    @property
    def kind(self) -> VaultKind:
        """Return what kind of place this is."""
        ...

    @property
    def is_writable(self) -> bool:
        """Tell whether secrets can be kept here at all; a locked place is writable once it is open."""
        ...

    def read(self) -> Mapping[str, SecretStr]:
        """Return all secrets; VaultLockedError when the place is closed, VaultDamagedError when it is not whole."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Keep *secret* under *name*; safe on the disk when this returns. NoVaultError where nothing can be kept."""
        ...

    def remove(self, name: str) -> None:
        """Forget what is kept under *name*; harmless when there is nothing."""
        ...

    def change(self, values: Mapping[str, str | None]) -> None:
        """Keep all *values* by name, None to forget one: all of it in one write, or nothing."""
        ...


__all__ = ["NEXT_TOKEN", "PREVIOUS_TOKEN", "PREVIOUS_WEBHOOK_SECRET", "Vault", "VaultKind"]
