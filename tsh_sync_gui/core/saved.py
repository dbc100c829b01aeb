"""The file of saved machine settings, TSH_HOME/settings.toml: read whole, replaced atomically."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.core.replacing import put_in_place

NAME = "settings.toml"
LOCK = "settings.lock"


def read_saved(home: Path) -> dict[str, Any]:
    """Return the saved values; ConfigurationError names file and line when it is not TOML."""
    path = home / NAME
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"The settings file {path} cannot be read", advice=f"Mend or delete it: {error}.", cause=str(error)
        ) from error


def write_saved(home: Path, field: str, value: str | None) -> None:
    """Set *field* (None: remove it); the old file stays whole until the new one is complete, and no change is lost.

    ConfigurationError when it cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / LOCK, timeout=30, what="settings"):
            values = read_saved(home)
            values.pop(field, None)
            if value is not None:
                values[field] = value
            _replace(home, values)
    except OSError as error:
        raise ConfigurationError(
            f"The settings file {home / NAME} cannot be written",
            advice="Allow your user to write to its folder, and see that the disk has room.",
            cause=str(error),
        ) from error


def _replace(home: Path, values: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=home, prefix=NAME, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            tomli_w.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(Path(name), home / NAME)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
