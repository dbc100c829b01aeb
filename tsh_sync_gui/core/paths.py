"""Where the program keeps its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

LISTENER_TICKET: Final = "listener.json"
"""In a home: which process listens for it. That ends when the file goes."""


def default_home() -> Path:
    """Return TSH_HOME, or the platform's folder for a person's application data."""
    named = os.environ.get("TSH_HOME", "")
    return Path(named).expanduser().absolute() if named else user_data_path("tsh-sync-gui", appauthor=False)
