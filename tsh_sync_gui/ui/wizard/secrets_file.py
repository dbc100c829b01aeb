"""The encrypted file for secrets, for computers without a keychain. Imported late: the window comes first."""

from __future__ import annotations

import asyncio

from tsh_sync_gui.core.paths import default_home


def has_file() -> bool:
    """Tell whether this home keeps its secrets in an encrypted file."""
    from tsh_sync_gui.vault.file_vault import FileVault  # noqa: PLC0415

    return FileVault(default_home()).path.exists()


async def make_file(passphrase: str) -> None:
    """Keep the secrets of this home in an encrypted file from now on."""
    from tsh_sync_gui.bootstrap.secrets import make_file_vault  # noqa: PLC0415

    await asyncio.to_thread(make_file_vault, default_home(), passphrase)


async def open_file(passphrase: str) -> None:
    """Open the file of secrets for as long as the program runs."""
    from tsh_sync_gui.bootstrap.secrets import unlock  # noqa: PLC0415

    await asyncio.to_thread(unlock, default_home(), passphrase)
