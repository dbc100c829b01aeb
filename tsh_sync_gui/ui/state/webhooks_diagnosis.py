"""Why a delivery was refused: the likely cause in words, what was looked at, which signatures were computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tsh_sync_gui.engine.ports.deliveries import InboxDetail
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.state.webhooks_detail import Fact, refused_with

_LENGTHS: Final = {"hex": 64, "base64": 44}


@dataclass(frozen=True, slots=True)
class TriedRow:
    """One signature that was computed, and where it parts from the one given."""

    place: int
    scheme: str
    starts: str
    given: str
    differs: int | None

    @property
    def key(self) -> str:
        """Return its place."""
        return str(self.place)


def tried_rows(diagnosis: Mapping[str, Any]) -> tuple[TriedRow, ...]:
    """Return the signatures that were computed for a refused delivery."""
    return tuple(
        TriedRow(
            place,
            str(one.get("scheme", "")),
            str(one.get("starts", "")),
            str(one.get("given", "")),
            one.get("first_difference"),
        )
        for place, one in enumerate(diagnosis.get("tried") or ())
    )


def tried_columns() -> tuple[Column[TriedRow], ...]:
    """Return the columns of the signatures; of each only the beginning is ever shown."""
    return (
        Column(
            key="scheme", title=tr("Signed"), text=lambda row: tr(row.scheme), value=lambda row: row.scheme, width=150
        ),
        Column(
            key="starts",
            title=tr("Computed"),
            text=lambda row: f"{row.starts}…",
            value=lambda row: row.starts,
            width=110,
        ),
        Column(
            key="given",
            title=tr("Given"),
            text=lambda row: f"{row.given}…" if row.given else "–",
            value=lambda row: row.given,
            width=110,
        ),
        Column(
            key="differs",
            title=tr("First difference"),
            text=_differs_words,
            value=lambda row: row.differs,
            width=140,
        ),
    )


def _differs_words(row: TriedRow) -> str:
    if not row.given:
        return "–"
    if row.differs is None:
        return tr("none: it matches")
    return tr("at character {number}").format(number=number(row.differs + 1))


def diagnosis_problem(diagnosis: Mapping[str, Any]) -> Problem:
    """Return why a delivery was refused: the likely cause first."""
    return Problem(
        title=tr(str(diagnosis.get("cause") or diagnosis.get("title") or tr("The reason is not kept"))),
        meaning=tr(str(diagnosis.get("advice", ""))),
        is_grave=True,
    )


def diagnosis_facts(diagnosis: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return what was looked at, step by step."""
    header = diagnosis.get("header") or {}
    encoding, length = str(header.get("encoding", "")), int(header.get("length") or 0)
    found = [Fact(tr("Answered with"), str(refused_with(diagnosis)))]
    if header:
        found.append(Fact(tr("Header present"), tr("yes") if header.get("present") else tr("no")))
    if header.get("present"):
        right = _LENGTHS.get(encoding)
        words = tr("%Ln character(s)", None, length)
        fits = tr("right for {encoding}").format(encoding=encoding) if right else tr("64 or 44 are expected")
        found.append(Fact(tr("Length"), f"{words}: {fits}" if encoding != "secret header" else words))
    if "body_bytes" in diagnosis:
        found.append(Fact(tr("Body"), tr("%Ln byte(s)", None, int(diagnosis["body_bytes"]))))
    if diagnosis.get("parameters"):
        found.append(Fact(tr("Signed parameters"), ", ".join(map(str, diagnosis["parameters"]))))
    return tuple(found)


def diagnosis_text(detail: InboxDetail) -> str:
    """Return the diagnosis as text, to be sent to who looks after Zoho."""
    problem = diagnosis_problem(detail.diagnosis)
    lines = [problem.title, problem.meaning, ""]
    lines += [f"{fact.name}: {fact.value}" for fact in diagnosis_facts(detail.diagnosis)]
    for row in tried_rows(detail.diagnosis):
        lines.append(f"{row.scheme}: {row.starts}… / {row.given or '–'}… · {_differs_words(row)}")
    return "\n".join(lines).strip() + "\n"
