"""One writer of a home's secrets at a time, in this process and all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tsh_sync_gui.core.errors import VaultError
from tsh_sync_gui.core.locks import FileLock

LOCK_FILE: Final = "vault.lock"
_SECONDS: Final = 60.0


def changed(document: Mapping[str, str], values: Mapping[str, str | None]) -> dict[str, str]:
    """Return *document* with *values* in it, without those that are None."""
    kept = {name: secret for name, secret in document.items() if name not in values}
    return kept | {name: secret for name, secret in values.items() if secret is not None}


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the lock of the home's secrets; VaultError when the home cannot be written."""
    lock = FileLock(home / LOCK_FILE, timeout=_SECONDS, what="vault")
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise VaultError(
            f"The folder {home} cannot be written",
            advice="Allow your user to write to it, or set TSH_HOME to another folder.",
            cause=type(error).__name__,
        ) from error
    try:
        yield
    finally:
        lock.release()
