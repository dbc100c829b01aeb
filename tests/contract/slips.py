"""The known differences between facts, documents, program and simulator: one file of data, each with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("known_slips.toml")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A difference: of which capture or endpoint, of which sort, and where."""

    of: str
    sort: str
    place: str


@dataclass(frozen=True, slots=True)
class Slip:
    """Findings of one sort that are right as they are; `*` stands for anything in *of* and in *places*."""

    of: str
    sort: str
    places: tuple[str, ...]
    reason: str

    def knows(self, finding: Finding, place: str) -> bool:
        """Tell whether *finding* is meant by one of our places."""
        return finding.sort == self.sort and _fits(finding.of, self.of) and _fits(finding.place, place)


@cache
def slips() -> tuple[Slip, ...]:
    """Return all known slips."""
    with FILE.open("rb") as stream:
        return tuple(
            Slip(of=one["of"], sort=one["sort"], places=tuple(one["places"]), reason=one["reason"])
            for one in tomllib.load(stream)["slip"]
        )


def unknown(findings: Collection[Finding]) -> list[Finding]:
    """Return the findings that no slip knows."""
    return sorted(
        finding
        for finding in findings
        if not any(slip.knows(finding, place) for slip in slips() for place in slip.places)
    )


def stale(findings: Collection[Finding], *sorts: str) -> list[Finding]:
    """Return the places of slips of these sorts that no longer occur among *findings*."""
    return [
        Finding(slip.of, slip.sort, place)
        for slip in slips()
        if slip.sort in sorts
        for place in slip.places
        if not any(slip.knows(finding, place) for finding in findings)
    ]


def _fits(text: str, pattern: str) -> bool:
    # Brackets mean an array here, not a choice of letters.
    return fnmatchcase(text.replace("[]", "•"), pattern.replace("[]", "•"))
