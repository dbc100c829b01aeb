"""Writes a file that only its owner may read, whole or not at all."""

from __future__ import annotations

import getpass
import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tsh_sync_gui.core.replacing import put_in_place

_CREATE_NO_WINDOW: Final = 0x08000000

Run = Callable[[list[str]], None]


def write_private(path: Path, content: bytes, *, windows: bool = os.name == "nt", run: Run | None = None) -> None:
    """Replace *path* by *content*; no other user may read it at any moment, and the old file stays until the end."""
    # mkstemp makes it 0600; on Windows the folder's rights are inherited until icacls has narrowed them.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if windows:
                (run or _run)(owner_only(fresh, _owner()))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(fresh, path, windows=windows)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if not windows:
        _sync_folder(path.parent)


def owner_only(path: Path, owner: str) -> list[str]:
    """Return the command that takes from *path* all rights of others, on Windows."""
    return ["icacls", str(path), "/inheritance:r", "/grant:r", f"{owner}:F"]


def _owner() -> str:
    domain = os.environ.get("USERDOMAIN", "")
    user = getpass.getuser()
    return f"{domain}\\{user}" if domain else user


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False, creationflags=_CREATE_NO_WINDOW)
    if done.returncode:
        raise OSError(f"icacls ended with {done.returncode}")


def _sync_folder(folder: Path) -> None:
    """Make the new name safe too: without this a power cut could bring the old file back."""
    # Some file systems cannot do that, and some folders may be written and not read; the file is in its place already.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
