"""What survives a restart: an append-only file of changes, one JSON object a line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Changes in the order in which they were made; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._drop_torn_line(path)
            self._file = path.open("ab")

    @staticmethod
    def _drop_torn_line(path: Path) -> None:
        """Cut off a last line that a kill left half-written."""
        if path.exists() and not (data := path.read_bytes()).endswith(b"\n"):
            with path.open("r+b") as file:
                file.truncate(data.rfind(b"\n") + 1)

    def replay(self, *, only: str = "") -> Iterator[dict[str, Any]]:
        """Yield what was written before this start, or *only* one operation's entries."""
        wanted = json.dumps({"op": only})[:-1].encode() if only else b""
        if self._path is not None:
            with self._path.open("rb") as file:
                for line in file:
                    if line.startswith(wanted):
                        yield json.loads(line)

    def append(self, *entries: dict[str, Any]) -> None:
        """Write *entries* so that they outlive the process and the machine."""
        if self._file is None or not entries:
            return
        self._file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
