"""The versions of the database's tables, oldest first; each is a file in `versions`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

KNOWN: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012")
HEAD: Final = KNOWN[-1]
FOLDER: Final = Path(__file__).parent
