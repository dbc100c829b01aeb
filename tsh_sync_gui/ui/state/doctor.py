"""The check-up as it is shown: a line for each thing looked into, from the first word to the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tsh_sync_gui.engine.plan import group
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.entities.spec import Product
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.words import Look, Tone

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.doctor_findings import Check, Finding, Words

_BOTH: Final = frozenset(Product)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what was looked at, how it is, and the one deed that mends it."""

    key: str
    title: str
    look: Look
    sentence: str = ""
    advice: str = ""
    deed: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckUp:
    """An examination as far as it is; *outline* is everything that will be looked at."""

    outline: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    runs: bool = False
    was_stopped: bool = False
    words: str = ""

    @property
    def is_over(self) -> bool:
        """Tell whether there is a result."""
        return bool(self.findings) and not self.runs

    def found(self, finding: Finding) -> CheckUp:
        """Return this with one more finding."""
        return replace(self, findings=(*self.findings, finding), words="")


def calls(registry: Registry = REGISTRY) -> int:
    """Return about how many calls an examination makes: one for the organization, one for each list."""
    return 1 + len(list(group([entity for entity in registry if entity.api(_BOTH)])))


def lines(state: CheckUp, *, may_set_up: bool = True) -> tuple[Line, ...]:
    """Return all lines in order; *may_set_up* False (the demo) offers no way into the set-up."""
    by_key: dict[str, list[Finding]] = {}
    for finding in state.findings:
        by_key.setdefault(finding.check, []).append(finding)
    now = _in_work(state, by_key)
    shown: list[Line] = []
    for check in state.outline:
        found = by_key.pop(check.key, [])
        shown += [_line(one, may_set_up=may_set_up) for one in found]
        if not found:
            shown.append(Line(key=check.key, title=tr(check.title), look=_pending(state, is_now=check.key == now)))
    for left in by_key.values():
        shown += [_line(one, may_set_up=may_set_up) for one in left]
    return tuple(shown)


def _in_work(state: CheckUp, found: dict[str, list[Finding]]) -> str:
    """Return what is being looked at: what follows the last thing that was found."""
    if not state.runs:
        return ""
    last = max((place for place, check in enumerate(state.outline) if check.key in found), default=-1)
    return state.outline[last + 1].key if last + 1 < len(state.outline) else ""


def _pending(state: CheckUp, *, is_now: bool) -> Look:
    if is_now:
        return Look(tr("Looking…"), "running", Tone.BLUE)
    if state.runs:
        return Look(tr("Not yet"), "clock", Tone.GREY)
    return Look(tr("Not looked at"), "never", Tone.GREY)


def grade_look(grade: str) -> Look:
    """Return word, icon and tone of a grade."""
    return {
        "ok": Look(tr("Fine"), "check", Tone.GREEN),
        "warning": Look(tr("Warning"), "partly", Tone.AMBER),
    }.get(grade, Look(tr("Fault"), "failed", Tone.RED))


def _line(finding: Finding, *, may_set_up: bool) -> Line:
    deed = finding.deed if may_set_up or finding.deed.startswith("settings:") else ""
    return Line(
        key=finding.check,
        title=tr(finding.title),
        look=grade_look(finding.grade.value),
        sentence=spoken(finding.said),
        advice=spoken(finding.remedy),
        deed=deed,
        button=_button(deed),
    )


def spoken(words: Words) -> str:
    """Return a sentence in the person's language; facts that are words themselves are translated too."""
    if not words.pattern:
        return ""
    pattern = tr(words.pattern)
    return pattern.format(**{name: tr(fact) for name, fact in words.facts.items()}) if words.facts else pattern


def _button(deed: str) -> str:
    kind, _, target = deed.partition(":")
    if deed == "setup:check":
        return tr("Sign in with the permission")
    if deed == "setup:organization":
        return tr("Choose the organization")
    if deed == "setup:database":
        return tr("Open the set-up")
    if target == "image_cache_dir":
        return tr("Choose folder")
    return {"sign_in": tr("Sign in again"), "settings": tr("Open settings")}.get(kind, "")


def heading(state: CheckUp) -> str:
    """Return the whole in one line."""
    faults, warnings = _number(state, "fault"), _number(state, "warning")
    if state.runs:
        done = len({one.check for one in state.findings})
        return tr("Looking: {done} of {all}").format(done=done, all=len(state.outline))
    if state.was_stopped:
        return tr("Stopped before the end")
    if not state.findings:
        return tr("Nothing was checked yet")
    if faults:
        return tr("%Ln fault(s) must be mended before syncs can work", None, faults)
    if warnings:
        return tr("Syncs can work, with %Ln warning(s)", None, warnings)
    return tr("All is well")


def tone(state: CheckUp) -> str:
    """Return the colour of the whole."""
    if state.runs or not state.findings:
        return "blue"
    if _number(state, "fault"):
        return "red"
    return "amber" if _number(state, "warning") or state.was_stopped else "green"


def lead(state: CheckUp) -> str:
    """Return what stands below the heading."""
    if state.runs:
        return state.words or tr("Each line stands by itself: a fault hides no other.")
    if not state.findings:
        return tr(
            "Database, sign-in, permissions, quota, clocks, disk and deliveries are looked at, one after the other. "
            "Nothing is changed."
        )
    titles = dict.fromkeys(tr(one.title) for one in state.findings if one.grade.value != "ok")
    return tr("To be looked at: {what}").format(what=" · ".join(titles)) if titles else ""


def _number(state: CheckUp, grade: str) -> int:
    return sum(one.grade.value == grade for one in state.findings)


def line_text(line: Line) -> str:
    """Return a line as it is copied."""
    text = f"{line.title}: {line.look.word}. {line.sentence}".rstrip()
    return f"{text}\n    {line.advice}" if line.advice else text


def report(state: CheckUp, when: str) -> str:
    """Return the whole as text to send to somebody; it holds no secret, for the findings hold none."""
    return "\n".join((f"{heading(state)} ({when})", "", *(line_text(one) for one in lines(state))))


def first_to_mend(shown: Iterable[Line]) -> str:
    """Return the key of the worst line, empty where all is well."""
    told: Sequence[Line] = tuple(shown)
    for wanted in (Tone.RED, Tone.AMBER):
        if found := next((one.key for one in told if one.look.tone is wanted), ""):
            return found
    return ""
