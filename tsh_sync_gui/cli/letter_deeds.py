"""`tsh-sync dead-letters`: what a person does with letters: retry, edit, discard, restore, snooze, assign, note."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsh_sync_gui.cli import letter_documents as documents
from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.dead_letters import LetterId, app, print_works
from tsh_sync_gui.cli.letter_choice import AboutCause, AboutEntity, All, ByShape, Ids, chosen
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.spans import moment_of, seconds_of
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    QuotaExhaustedError,
)

__all__ = ["app"]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tsh_sync_gui.engine.letters.values import EditOutcome, LetterForecast, LetterWork
    from tsh_sync_gui.engine.service import SyncService

_TELL_S = 5.0
# What has to come first: the day's end, a person (design.md 6).
_CODES = {QuotaExhaustedError.kind: 5, AuthorisationError.kind: 4, ConfirmationRequiredError.kind: 4}


@app.command()
def retry(
    context: typer.Context,
    ids: Ids = None,
    *,
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    careful: Annotated[
        bool, typer.Option("--careful", help="1, then 5, then 25, then the rest; stop at a failure.")
    ] = False,
    rate: Annotated[int | None, typer.Option(min=1, help="Records a minute at most.")] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the workers instead of waiting for it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it costs.")] = False,
    as_json: options.Json = False,
) -> int:
    """Try letters again, and say what really became of each; needs calls to Zoho."""
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause)

    async def ask(service: SyncService, output: Output) -> int:
        cost = await service.letters.forecast(which)
        if dry_run:
            return _told(output, documents.forecast(cost), _cost(cost, is_careful=careful))
        output.aside(_cost(cost, is_careful=careful))
        work = await service.letters.retry(which, careful=careful, pace=rate, here=not queue)
        if queue:
            told = f"Retry {work.id} waits for a worker; `tsh-sync dead-letters works {work.id}` shows it."
            return _told(output, documents.work(work), told)
        async with _telling(service, work, output):
            done = await service.letters.carry_out(work.id)
        if output.as_json:
            output.document(documents.work(done))
        else:
            print_works([done], output)
        return done.exit_code

    return asking(context, Output(as_json), ask)


@asynccontextmanager
async def _telling(service: SyncService, work: LetterWork, output: Output) -> AsyncIterator[None]:
    """Say now and then how far a retry is."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(_TELL_S)
            at = await service.letters.work(work.id)
            if at is not None:
                output.aside(f"{at.done:,} of {at.total:,}: {at.succeeded:,} good, {at.failed:,} failed")

    teller = asyncio.create_task(tell(), name="progress")
    try:
        yield
    finally:
        teller.cancel()
        await asyncio.wait({teller})


def _cost(cost: LetterForecast, *, is_careful: bool) -> str:
    calls = cost.careful_calls if is_careful else cost.calls
    price = f"{words.counted(cost.letters, 'letter')}, about {words.counted(calls, 'call')}"
    left = (
        "" if cost.fits else f"; only {cost.left_today:,} are left today for such work: the rest goes on {_later(cost)}"
    )
    cannot = f"; {cost.cannot:,} are not open" if cost.cannot else ""
    return f"{price}{left}{cannot}."


def _later(cost: LetterForecast) -> str:
    return f"over {cost.nights:,} nights" if cost.nights > 1 else "after the reset"


@app.command()
def cancel(
    context: typer.Context,
    work: Annotated[str, typer.Argument(metavar="WORK", help="The retry's number.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Stop a retry after the letter in hand, whichever process carries it out."""

    async def ask(service: SyncService, output: Output) -> int:
        done = await service.letters.cancel_work(work)
        return _told(output, documents.work(done), f"Retry {work} is {done.state.value}.")

    return asking(context, Output(as_json), ask)


@app.command()
def edit(
    context: typer.Context,
    letter: LetterId,
    *,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="The edited text; - reads it from stdin.")],
    check: Annotated[bool, typer.Option("--check", help="Only say what is wrong and what it changes.")] = False,
    as_json: options.Json = False,
) -> int:
    """Take an edited text in place of the refused one; it is checked first, and carried out once."""
    text = _read(file)

    async def ask(service: SyncService, output: Output) -> int:
        changes = await service.letters.difference(letter, text)
        for one in changes:
            output.aside(f"{one.path}: {one.before} → {one.after}")
        if check:
            faults = await service.letters.check(letter, text)
            document = {
                "faults": [{"field": one.field, "reason": one.reason, "line": one.line} for one in faults],
                "differences": [{"path": one.path, "before": one.before, "after": one.after} for one in changes],
            }
            _told(output, document, "\n".join(one.reason for one in faults) or "The text can be taken.")
            return 2 if faults else 0
        return _edited(output, await service.letters.edit_and_retry(letter, text))

    return asking(context, Output(as_json), ask)


def _edited(output: Output, outcome: EditOutcome) -> int:
    if output.as_json:
        output.document(documents.edit(outcome))
    elif outcome.is_mended:
        output.show(f"Mended; the run is {outcome.run_id}." if outcome.run_id else "Mended.", markup=False)
    else:
        output.show(f"{words.sentence(outcome.title)} {outcome.advice}".rstrip(), markup=False)
    if outcome.faults:
        return 2
    return 0 if outcome.is_mended else _CODES.get(outcome.kind, 1)


def _read(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"“{file}” cannot be read", advice="Give a text file in UTF-8.", cause=str(error)
        ) from error


@app.command()
def discard(
    context: typer.Context,
    ids: Ids = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it need not be mended.")],
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    as_json: options.Json = False,
) -> int:
    """Put open letters away; `restore` takes them back."""
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause)
    return _do(context, as_json, "discarded", lambda service: service.letters.discard(which, reason=reason))


@app.command()
def restore(
    context: typer.Context,
    ids: Ids = None,
    *,
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    as_json: options.Json = False,
) -> int:
    """Take discarded letters back."""
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause, state="discarded")
    return _do(context, as_json, "restored", lambda service: service.letters.restore(which))


@app.command()
def snooze(
    context: typer.Context,
    ids: Ids = None,
    *,
    until: Annotated[str, typer.Option("--until", help="A time, or a span such as 2h or 3d; `now` shows them again.")],
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    as_json: options.Json = False,
) -> int:
    """Hide open letters until a time."""
    moment = _moment(until)
    state = "open" if moment else "snoozed"
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause, state=state)
    word = "snoozed" if moment else "shown again"
    return _do(context, as_json, word, lambda service: service.letters.snooze(which, until=moment))


def _moment(text: str) -> datetime | None:
    now = options.now()
    if text == "now":
        return None
    if text[:1].isdigit() and "-" not in text:  # dates have dashes
        return now + timedelta(seconds=seconds_of(text, "--until"))
    return moment_of(text, "--until", now)


@app.command()
def assign(
    context: typer.Context,
    ids: Ids = None,
    *,
    to: Annotated[str, typer.Option("--to", help='Whose they are now; "" for nobody\'s.')],
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    as_json: options.Json = False,
) -> int:
    """Give open letters to a person."""
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause)
    return _do(context, as_json, "assigned", lambda service: service.letters.assign(which, to=to))


@app.command()
def note(
    context: typer.Context,
    ids: Ids = None,
    *,
    text: Annotated[str, typer.Option("--text", help="The note; earlier ones stay in the history.")],
    everything: All = False,
    entity: AboutEntity = None,
    cause: AboutCause = None,
    search: ByShape = "",
    as_json: options.Json = False,
) -> int:
    """Write a note on letters."""
    which = chosen(ids, everything=everything, search=search, entity=entity, cause=cause)
    return _do(context, as_json, "noted", lambda service: service.letters.note(which, text=text))


def _do(context: typer.Context, as_json: bool, word: str, deed: Callable[[SyncService], Awaitable[int]]) -> int:
    async def ask(service: SyncService, output: Output) -> int:
        number = await deed(service)
        _told(output, {word.replace(" ", "_"): number}, f"{words.counted(number, 'letter')} {word}.")
        return 0 if number else 1

    return asking(context, Output(as_json), ask)


def _told(output: Output, document: dict[str, object], told: str) -> int:
    if output.as_json:
        output.document(document)
    else:
        output.show(told, markup=False)
    return 0
