"""`tsh-sync dead-letters`: what could not be done, in groups and one by one; nothing here calls Zoho."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsh_sync_gui.cli import letter_documents as documents
from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.letter_choice import AboutCause, AboutEntity, search_of
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import parse_moment

if TYPE_CHECKING:
    from datetime import tzinfo

    from tsh_sync_gui.engine.letters.values import Letter, LetterDeed, LetterDetail, LetterGroup, LetterWork
    from tsh_sync_gui.engine.service import SyncService

app = typer.Typer(
    no_args_is_help=True,
    help="What could not be done: look at it, mend it, retry it, put it away. "
    'A search is like `entity:customers sku:ABC age>2d error:"tax"`.',
)
_DEEDS = {
    "retry": "tried again:",
    "edit": "edited and tried again:",
    "discard": "discarded:",
    "restore": "restored",
    "snooze": "hidden until",
    "assign": "assigned to",
    "note": "noted:",
}
Search = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SEARCH]...",
        help="What to look for; without, what is open and not snoozed. A term with - before it goes behind --.",
    ),
]
LetterId = Annotated[str, typer.Argument(metavar="ID", help="The letter's number.")]


@app.command("list")
def list_letters(
    context: typer.Context,
    search: Search = None,
    *,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    new: Annotated[
        bool, typer.Option("--new", help="Only what came since you looked; and note that you have.")
    ] = False,
    after: Annotated[str, typer.Option(help="Go on behind the page whose `after` this is.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: options.Json = False,
) -> int:
    """List dead letters, those seen last first."""
    wanted = search_of(search, entity=entity, cause=cause) + (" is:new" if new else "")

    async def ask(service: SyncService, output: Output) -> int:
        seen = await service.letters.figures()
        page = await service.letters.page(wanted, after=after, limit=limit)
        if new and not page.after:
            await service.letters.looked(seen)
        if output.as_json:
            found = [documents.letter(one) for one in page.letters]
            output.document({"total": page.total, "letters": found, "after": page.after})
            return 0
        if not page.letters:
            output.show(await _nothing(service, wanted))
            return 0
        _print_letters(page.letters, output, await _zone(service, page.letters))
        if page.total > len(page.letters):
            output.aside(f"{len(page.letters):,} of {page.total:,}. --limit shows more.")
        return 0

    return asking(context, Output(as_json), ask)


async def _nothing(service: SyncService, wanted: str) -> str:
    figures = await service.letters.figures()
    if wanted.strip() and figures.waiting:
        return "No dead letter matches."
    if figures.last_resolved_at is None:
        return "No dead letters."
    return f"No dead letters. The last one was resolved at {words.with_zone(figures.last_resolved_at)}."


@app.command()
def groups(
    context: typer.Context,
    search: Search = None,
    *,
    entity: AboutEntity = None,
    as_json: options.Json = False,
) -> int:
    """Show the causes, the most frequent first, and what to do about each."""
    wanted = search_of(search, entity=entity)

    async def ask(service: SyncService, output: Output) -> int:
        found = await service.letters.groups(wanted)
        if output.as_json:
            output.document({"groups": [documents.group(one) for one in found]})
        elif found:
            _print_groups(found, output)
        else:
            output.show(await _nothing(service, wanted))
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def show(context: typer.Context, letter: LetterId, *, as_json: options.Json = False) -> int:
    """Show one dead letter: the refused text, why, every try, both sides, and who did what."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await service.letters.detail(letter)
        if found is None:
            raise ConfigurationError(
                f"There is no dead letter “{letter}”", advice="`tsh-sync dead-letters list` shows them."
            )
        if output.as_json:
            output.document(documents.detail(found))
        else:
            _print_detail(found, output, await _zone(service, (found.letter,)))
        return 0

    return asking(context, Output(as_json), ask)


async def _zone(service: SyncService, letters: tuple[Letter, ...]) -> tzinfo | None:
    """Return the organization's zone, in which next tries stand; None where there are none."""
    if all(one.next_try_at is None for one in letters):
        return None
    return words.zone_named((await service.overview()).time_zone)


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .json or .xlsx file.")],
    search: Search = None,
    *,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    as_json: options.Json = False,
) -> int:
    """Write what matches to a file; the refused texts are not in it."""
    wanted = search_of(search, entity=entity, cause=cause)

    async def ask(service: SyncService, output: Output) -> int:
        done = await service.letters.export(wanted, file)
        if output.as_json:
            output.document({"file": str(done.path), "rows": done.rows})
        else:
            output.show(f"{words.counted(done.rows, 'letter')} written to {done.path}.", markup=False)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def works(
    context: typer.Context,
    work: Annotated[str | None, typer.Argument(metavar="[WORK]", help="Only this retry.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: options.Json = False,
) -> int:
    """Show retries of several letters, with how far they are and how they ended."""

    async def ask(service: SyncService, output: Output) -> int:
        one = await service.letters.work(work) if work else None
        if work and one is None:
            raise ConfigurationError(f"There is no retry “{work}”", advice="`tsh-sync dead-letters works` shows them.")
        found = [one] if one else await service.letters.works(limit=limit)
        if output.as_json:
            output.document({"works": [documents.work(each) for each in found]})
        else:
            print_works(found, output)
        return 0

    return asking(context, Output(as_json), ask)


def print_works(found: list[LetterWork], output: Output) -> None:
    """Print retries as a table."""
    from rich.markup import escape
    from rich.table import Table

    if not found:
        output.show("Nothing was retried yet.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Retry", words.in_zone("Started"), "By", "Letters", "State"):
        table.add_column(heading)
    for heading in ("Done", "Good", "Failed", "Skipped", "Calls"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            one.id,
            words.local(one.started_at),
            escape(one.by),
            escape(one.written) or "all open",
            one.state.value,
            f"{one.done:,}/{one.total:,}",
            *map(words.number, (one.succeeded, one.failed, one.skipped, one.calls)),
        )
    output.show(table)
    for one in found:
        if one.words:
            output.show(f"{one.id}: {one.words}", markup=False)


def _print_letters(found: tuple[Letter, ...], output: Output, zone: tzinfo | None) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Letter", words.in_zone("Last seen"), "Entity", "Part", "Record", "Name", "Tries", "State", "Why"):
        table.add_column(heading, justify="right" if heading == "Tries" else "left")
    now = options.now()
    for one in found:
        is_snoozed = one.snoozed_until is not None and one.snoozed_until > now and one.state == "open"
        state = "snoozed" if is_snoozed else one.state.value
        if one.next_try_at is not None:
            state += f", next try {words.minute(one.next_try_at, zone)}"
        table.add_row(
            one.id,
            words.local(one.last_seen_at),
            one.entity,
            one.part.value,
            escape(one.record_id),
            escape(one.label[:40]),
            str(one.tries),
            f"{state}, {escape(one.assigned_to)}" if one.assigned_to else state,
            escape(one.reason),
        )
    output.show(table)


def _print_groups(found: list[LetterGroup], output: Output) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "Letters",
        "New",
        "24 h",
        "before",
        "Entity",
        words.in_zone("First seen"),
        words.in_zone("Last seen"),
    ):
        table.add_column(heading, justify="right" if heading in {"Letters", "New", "24 h", "before"} else "left")
    table.add_column("Cause")
    for one in found:
        table.add_row(
            *map(words.number, (one.count, one.new, one.last_day, one.day_before)),
            one.entity,
            words.local(one.first_seen_at),
            words.local(one.last_seen_at),
            escape(f"{one.title}\n{one.remedy}"),
        )
    output.show(table)


def _print_detail(found: LetterDetail, output: Output, zone: tzinfo | None) -> None:
    one = found.letter
    seen = f"first {words.with_zone(one.first_seen_at)}, last {words.with_zone(one.last_seen_at)}"
    lines = [
        f"{one.entity or 'All lists'} {one.record_id} {one.label}".strip(),
        f"{one.state.value}, met {words.counted(one.tries, 'time')}, {seen}",
        words.sentence(one.reason) + (f" {one.advice}" if one.advice else ""),
        found.remedy,
    ]
    if one.next_try_at is not None:
        lines.append(f"Next try {words.with_zone(one.next_try_at, zone)}, by itself.")
    if found.calls is not None:
        lines.append(f"A retry costs {words.counted(found.calls, 'call')}.")
    if one.state == "resolved":
        lines.append(f"Resolved by the run {one.resolved_by}.")
    if one.state == "discarded":
        lines.append(f"Discarded by {one.discarded_by}: {one.discard_reason}")
    for text in (*lines, ""):
        output.show(text, markup=False)
    for change in found.differences:
        output.show(f"  {change.path}: {change.before} → {change.after}", markup=False)
    output.show(found.text, markup=False)
    for attempt in found.attempts:
        told = f"{attempt.outcome.value} {attempt.title}".strip()
        output.show(f"Try of {words.with_zone(attempt.started_at)}: {attempt.request}: {told}", markup=False)
    for deed in found.history:
        output.show(f"{words.with_zone(deed.at)} {deed.by}: {_deed_words(deed)}", markup=False)


def _deed_words(deed: LetterDeed) -> str:
    """Return what was done, as a person says it."""
    text = deed.words
    if deed.deed == "snooze" and text:
        with suppress(ValueError):
            text = words.with_zone(parse_moment(text))
    said = _DEEDS[deed.deed.value] if text or deed.deed != "snooze" else "shown again"
    return f"{said} {text}".rstrip()
