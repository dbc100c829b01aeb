"""Rows of the wizard's small tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a table; *fixed* is for ids and code, which stay left-to-right; *copied* is copied in place of it."""

    text: str
    icon: str = ""
    tone: str = ""
    align: Literal["start", "end"] = "start"
    fixed: bool = False
    hint: str = ""
    copied: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table, known by *key*; a *strong* one is a sum."""

    key: str
    cells: tuple[Cell, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A line with a tick, a warning or a fault."""

    text: str
    tone: Literal["green", "amber", "red", "blue", ""] = "green"

    @property
    def icon(self) -> str:
        """Return the icon that goes with the tone."""
        return {"green": "check", "amber": "partly", "red": "failed", "blue": "info", "": "info"}[self.tone]
