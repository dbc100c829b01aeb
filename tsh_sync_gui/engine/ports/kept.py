"""List pages that an estimate has read, kept for the walk that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tsh_sync_gui.engine.ports.zoho import PageReply


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """What is kept of one list: the pages still fresh, the number of the last page and how many records it has."""

    fresh: frozenset[int] = frozenset()
    last: int | None = None
    on_last: int = 0

    def records(self, per_page: int) -> int | None:
        """Return how many records the list had, None when nobody found its last page."""
        return None if self.last is None else (self.last - 1) * per_page + self.on_last


class KeptPages(Protocol):
    """Pages by list (a name made of path, filters, sort and page size); fresh for a quarter of an hour."""

    async def keep(self, name: str, reply: PageReply) -> None:
        """Keep one page of a list."""
        ...

    async def found_last(self, name: str, page: int) -> None:
        """Note that *page* is the list's last."""
        ...

    async def look(self, name: str) -> KeptList:
        """Return what is kept of a list."""
        ...

    async def page(self, name: str, number: int) -> PageReply | None:
        """Return a page that is still fresh."""
        ...

    async def forget(self, name: str) -> None:
        """Drop what is kept of a list."""
        ...
