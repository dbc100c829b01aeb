"""What is searched for among the dead letters, what is marked, and the words around the lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tsh_sync_gui.engine.letters.query import Match
from tsh_sync_gui.engine.letters.search import SearchError, parse
from tsh_sync_gui.engine.letters.values import Letter, LetterFigures, LetterGroup, LetterState, Part
from tsh_sync_gui.ui.letter_service import Which
from tsh_sync_gui.ui.state.texts import ago, clock, number, scheduled, tr
from tsh_sync_gui.ui.state.words import Look, Tone


class Chip(StrEnum):
    """A narrowing of the list that is one click away, as the search says it."""

    MINE = "is:mine"
    NEW = "is:new"
    OLD = "age>2d"


class Shown(StrEnum):
    """Which letters are listed, by their state."""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISCARDED = "discarded"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SearchFault:
    """What is wrong with a search, and where: *position* counts characters from 0."""

    title: str
    advice: str
    position: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the lists show: the typed search, chips, a state, and the group that was opened."""

    text: str = ""
    chips: frozenset[Chip] = frozenset()
    shown: Shown = Shown.OPEN
    group: LetterGroup | None = None

    @property
    def query(self) -> str:
        """Return all of it as one search."""
        parts = [self.text.strip(), *(chip.value for chip in Chip if chip in self.chips)]
        if self.shown is not Shown.OPEN:
            parts.append(f"state:{self.shown.value}")
        if self.group is not None:
            parts.append(self.group.search)
        return " ".join(part for part in parts if part)

    @property
    def is_narrow(self) -> bool:
        """Tell whether a person asked for less than all that is open."""
        return bool(self.text.strip() or self.chips or self.group)

    def turned(self, chip: Chip, *, on: bool) -> Filter:
        """Return the filter with *chip* on or off."""
        return replace(self, chips=self.chips | {chip} if on else self.chips - {chip})


def fault_of(text: str, now: datetime) -> SearchFault | None:
    """Return what cannot be understood of a search, None when all can."""
    try:
        parse(text, now=now)
    except SearchError as error:
        return fault_from(error)
    return None


def can_retry(wanted: Filter, now: datetime) -> bool:
    """Tell whether letters may be open among what is searched for."""
    try:
        terms = parse(wanted.query, now=now).terms
    except SearchError:
        return False
    over = {LetterState.RESOLVED.value, LetterState.DISCARDED.value}
    return not any(term.match is Match.STATE and term.text in over and not term.is_negated for term in terms)


def shown_of(letter: Letter, now: datetime) -> Shown:
    """Return the list that *letter* stands in."""
    if letter.state is not LetterState.OPEN:
        return Shown(letter.state.value)
    is_asleep = letter.snoozed_until is not None and letter.snoozed_until > now
    return Shown.SNOOZED if is_asleep else Shown.OPEN


def fault_from(error: SearchError) -> SearchFault:
    """Return the fault that an error of the search tells; the place in words is for those who cannot see it."""
    advice = error.advice.removesuffix(f"(At character {error.position + 1}.)").strip()
    return SearchFault(error.title, advice, error.position, error.length)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is chosen: letters by id, or all *total* that match a search (*everything*) but those of *ids*."""

    ids: tuple[str, ...] = ()
    everything: str | None = None
    total: int = 0

    def __len__(self) -> int:
        return self.total - len(self.ids) if self.everything is not None else len(self.ids)

    @property
    def which(self) -> Which:
        """Return it as the engine takes it."""
        if self.everything is None:
            return self.ids
        return " ".join((self.everything, *(f"-letter:{one}" for one in self.ids))).strip()

    def has(self, letter: str) -> bool:
        """Tell whether *letter* is chosen."""
        return (letter in self.ids) is (self.everything is None)

    def toggled(self, letter: str) -> Marks:
        """Return the marks with *letter* turned."""
        rest = tuple(one for one in self.ids if one != letter)
        return replace(self, ids=rest if len(rest) < len(self.ids) else (*self.ids, letter))

    def added(self, letters: tuple[str, ...]) -> Marks:
        """Return the marks with *letters* among them."""
        if self.everything is not None:
            return replace(self, ids=tuple(one for one in self.ids if one not in letters))
        return Marks(tuple(dict.fromkeys((*self.ids, *letters))))


def next_try(letter: Letter, now: datetime, zone: str) -> str:
    """Return when a letter is tried again by itself, in the organization's *zone*; "" when it is not."""
    if letter.state is not LetterState.OPEN or letter.next_try_at is None or letter.next_try_at <= now:
        return ""
    return tr("Next try {time}").format(time=scheduled(letter.next_try_at, now, zone))


def letter_look(letter: Letter, now: datetime, zone: str = "") -> Look:
    """Return word, icon and tone of where a letter stands; a next try stands in the organization's *zone*."""
    match letter.state:
        case LetterState.RESOLVED:
            return Look(tr("Resolved"), "check", Tone.GREEN)
        case LetterState.DISCARDED:
            return Look(tr("Discarded"), "sweep", Tone.GREY)
        case _ if letter.snoozed_until is not None and letter.snoozed_until > now:
            until = clock(letter.snoozed_until, now)
            return Look(tr("Snoozed until {time}").format(time=until), "clock", Tone.GREY)
        case _ if words := next_try(letter, now, zone):
            return Look(words, "clock", Tone.BLUE)
        case _ if letter.is_new:
            return Look(tr("New"), "circle", Tone.BLUE)
        case _:
            return Look(tr("Still open"), "failed", Tone.RED_OUTLINE)


def part_word(part: Part) -> str:
    """Return what was being done when it failed."""
    return {
        Part.LIST: tr("Reading the list"),
        Part.DETAIL: tr("Fetching details"),
        Part.JOB: tr("Job"),
        Part.DELIVERY: tr("Webhook"),
    }[part]


def shown_word(shown: Shown) -> str:
    """Return a state of the list's choice in words."""
    return {
        Shown.OPEN: tr("Still open"),
        Shown.SNOOZED: tr("Snoozed"),
        Shown.RESOLVED: tr("Resolved"),
        Shown.DISCARDED: tr("Discarded"),
        Shown.ALL: tr("All"),
    }[shown]


def chip_word(chip: Chip, figures: LetterFigures | None) -> str:
    """Return a chip's words, with how many it would show where that is known."""
    words = {Chip.MINE: tr("Only mine"), Chip.NEW: tr("New since I looked"), Chip.OLD: tr("Older than 2 days")}
    counts = {Chip.MINE: figures.mine, Chip.NEW: figures.new} if figures else {}
    count = counts.get(chip, 0)
    return f"{words[chip]} · {number(count)}" if count else words[chip]


def lead(figures: LetterFigures | None, now: datetime) -> str:
    """Return how things stand in a line."""
    if figures is None:
        return ""
    if not figures.waiting:
        parts = [tr("No failed records")]
    else:
        parts = [tr("%Ln failed record(s) wait", None, figures.waiting)]
    if figures.new:
        parts.append(tr("%Ln new since you looked", None, figures.new))
    if figures.oldest_at is not None and figures.waiting:
        parts.append(tr("the oldest from {time}").format(time=ago(figures.oldest_at, now)))
    if figures.snoozed:
        parts.append(tr("%Ln snoozed", None, figures.snoozed))
    return " · ".join(parts)


def empty_words(chosen: Filter, figures: LetterFigures | None, now: datetime) -> tuple[str, str]:
    """Return why a list is empty, and what would fill it or what to do."""
    if chosen.is_narrow:
        return tr("Nothing matches"), tr("No dead letter is what you look for. Clear the search to see all.")
    if chosen.shown is Shown.OPEN:
        when = figures.last_resolved_at if figures else None
        if when is None:
            return tr("No failed records"), tr("Records that cannot be taken wait here with their reason.")
        return tr("No failed records"), tr("Last one was resolved {time}.").format(time=ago(when, now))
    words = {
        Shown.SNOOZED: tr("A snoozed record is hidden until its time."),
        Shown.RESOLVED: tr("A record that was stored after all stands here, with the run that brought it."),
        Shown.DISCARDED: tr("What was discarded stands here, and can be restored for 90 days."),
    }
    return tr("Nothing here"), words.get(chosen.shown, tr("Records that cannot be taken wait here with their reason."))


def field_help() -> tuple[tuple[str, str], ...]:
    """Return the beginnings of terms with their words in the person's language."""
    words = {
        "entity:": tr("of these records: entity:NAME"),
        "error:": tr('words of the reason: error:"tax"'),
        "cause:": tr("words of the cause"),
        "state:": tr("open, snoozed, resolved, discarded or all"),
        "is:": tr("new, mine, snoozed or unassigned"),
        "age>": tr("first seen longer ago: age>2d, age>3h"),
        "since:": tr("first seen since: 2d, today, 2026-11-01"),
        "before:": tr("first seen before that"),
        "tries>": tr("how often it was met: tries>3"),
        "assignee:": tr("a name, me or nobody"),
        "note:": tr("words of the note"),
        "id:": tr("how the record's id begins"),
        "run:": tr("how the run's id begins"),
        "kind:": tr("validation, unreachable, authorisation, …"),
        "part:": tr("list, detail, job or delivery"),
        "payload.": tr("a field of the record: payload.status:draft"),
    }
    return tuple(words.items())


def completions(text: str, cursor: int) -> tuple[tuple[str, str], ...]:
    """Return the beginnings of terms that the word at *cursor* may become."""
    word = text[:cursor].rpartition(" ")[2].lstrip("-").lower()
    if not word or text[:cursor].count('"') % 2:
        return ()
    return tuple((term, words) for term, words in field_help() if term.startswith(word) and term != word)
