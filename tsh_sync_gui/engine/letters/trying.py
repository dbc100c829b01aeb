"""One letter tried again: its record fetched, its text checked anew, or its job done; and how that ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import structlog

from tsh_sync_gui.core.errors import ConfigurationError, QuotaExhaustedError, RecordGoneError, SyncError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import Lane, RunId, RunState
from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.letters.checks import rendered
from tsh_sync_gui.engine.letters.values import LETTER, TRIGGER, Letter, LetterState, Part
from tsh_sync_gui.engine.outcomes import machine_name
from tsh_sync_gui.engine.ports.jobs import Attempt, Attempts, Handler, Job, JobContext, JobId, JobState, Outcome
from tsh_sync_gui.engine.ports.letters import LetterDeeds, Letters
from tsh_sync_gui.engine.single_runs import open_run, store_in
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.views import SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import Registry

Sync = Callable[[SyncRequest], Awaitable[SyncReport]]


class Ended(StrEnum):
    """How a try ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a try ended, in words; *is_refusal* tells that the record itself was refused again."""

    ended: Ended
    words: str = ""
    advice: str = ""
    kind: str = ""
    run_id: str = ""
    calls: int = 0
    request: str = ""
    is_refusal: bool = False


class NeedsPersonError(SyncError):
    """No letter can be retried until a person has acted: the sign-in, a setting."""

    kind = "needs_you"


class Trying:
    """Tries single letters. *handlers* do jobs by kind."""

    def __init__(
        self,
        parts: Parts,
        registry: Registry,
        *,
        letters: Letters,
        deeds: LetterDeeds,
        attempts: Attempts,
        sync: Sync,
        handlers: Callable[[], Mapping[str, Handler]],
    ) -> None:
        self._parts = parts
        self._registry = registry
        self._letters = letters
        self._deeds = deeds
        self._attempts = attempts
        self._sync = sync
        self._handlers = handlers

    async def one(self, letter: Letter, *, by: str, lane: Lane, work: str = "", since: datetime | None = None) -> Tried:
        """Try *letter*, note it in its history and among its attempts, and return how it ended.

        One that was resolved after *since*, by the call for another, has succeeded. Raises QuotaExhaustedError and
        NeedsPersonError, which are about no letter, and UnreachableError for the database.
        """
        now = await self._now(letter)
        if now is None or now.state is not LetterState.OPEN:
            return await self._over(now, by=by, work=work, since=since)
        async with self._deeds.hold([letter.id]) as held:
            if letter.id not in held:
                return Tried(ended=Ended.SKIPPED, words="it is being tried already")
            # Again: until it was held another try may have ended.
            now = await self._now(letter)
            if now is None or now.state is not LetterState.OPEN:
                return await self._over(now, by=by, work=work, since=since)
            if now.locked_by and now.locked_by != by:
                return Tried(ended=Ended.SKIPPED, words=f"{now.locked_by} edits it")
            started = self._parts.clock.now()
            tried = await self._try(now, lane)
            await self.note(now, tried, started=started, by=by, work=work)
            return tried

    async def _now(self, letter: Letter) -> Letter | None:
        found = await self._letters.letters([letter.id])
        return found[0] if found else None

    async def _over(self, letter: Letter | None, *, by: str, work: str, since: datetime | None) -> Tried:
        """Return how one stands that is not open any more: the call for another may have brought it."""
        if letter is None or since is None or letter.resolved_at is None or letter.resolved_at < since:
            return Tried(ended=Ended.SKIPPED)
        tried = Tried(ended=Ended.SUCCEEDED, words="came with another", run_id=letter.resolved_by)
        await self.note(letter, tried, started=self._parts.clock.now(), by=by, work=work)
        return tried

    def hold(self, letters: Sequence[str]) -> AbstractAsyncContextManager[frozenset[str]]:
        """Keep those of *letters* that nobody tries now for as long as the context lasts; yields which they are."""
        return self._deeds.hold(letters)

    async def note(self, letter: Letter, tried: Tried, *, started: datetime, by: str, work: str = "") -> None:
        """Write a try down, in the letter's history and with its attempts."""
        words = {Ended.SUCCEEDED: tried.words or "succeeded", Ended.FAILED: f"failed: {tried.words}"}
        await self._deeds.tried(letter.id, by=by, words=words.get(tried.ended, ""), run=tried.run_id, work=work)
        number = await self._attempts.count(LETTER, letter.id) + 1
        ended = self._parts.clock.now()
        call = self._parts.calls.last(RunId(tried.run_id))
        await self._attempts.keep(
            Attempt(
                subject=LETTER,
                subject_id=letter.id,
                attempt=number,
                started_at=started,
                ended_at=max(started, ended),
                outcome=Outcome.DONE if tried.ended is Ended.SUCCEEDED else Outcome.FAILED,
                error_kind=tried.kind,
                title=tried.words if tried.ended is Ended.FAILED else "",
                advice=tried.advice,
                request=call.asked if call else tried.request,
                answer=call.answered if call else "",
                run_id=tried.run_id,
                machine=machine_name(),
            )
        )

    async def _try(self, letter: Letter, lane: Lane) -> Tried:
        try:
            if not letter.part.is_record:
                return await self.job(letter, await self._letters.payload(letter.id), lane)
            return await (self._fetch(letter, lane) if letter.record_id else self._check_again(letter))
        except ConfigurationError as error:
            # As of a list that this organization does not have: it says nothing of the other letters.
            return Tried(ended=Ended.FAILED, words=error.title, advice=error.advice, kind=error.kind)

    async def _fetch(self, letter: Letter, lane: Lane) -> Tried:
        request = f"the {self._registry.get(letter.entity).one} {letter.record_id}"
        asked = SyncRequest(entities=(letter.entity,), record_id=letter.record_id, trigger=TRIGGER, lane=lane)
        runs = (await self._sync(asked)).runs
        if not runs:
            return Tried(ended=Ended.FAILED, words="Nothing was fetched", request=request)
        run = runs[0]
        tried = Tried(ended=Ended.FAILED, run_id=run.id, request=request, calls=run.calls.total)
        if run.state is RunState.WAITING:
            raise QuotaExhaustedError(
                run.title,
                resets_at=run.waiting_until,
                is_share=run.waiting_for == "daily_share",
                advice=run.advice,
            )
        if run.state is RunState.NEEDS_YOU:
            raise NeedsPersonError(run.title, advice=run.advice)
        if run.error_kind == RecordGoneError.kind:
            # Neither side knows it: there is nothing to mend.
            await self._deeds.resolve([letter.id], run=run.id)
            return replace(tried, ended=Ended.SUCCEEDED, words="no longer in Zoho")
        if not run.state.is_final:
            words = run.title or f"The run ended as {run.state.value}"
            return replace(tried, words=words, advice=run.advice, kind=run.error_kind)
        return await self.after_run(letter, tried, refused=run.state is RunState.PARTLY_DONE)

    async def after_run(self, letter: Letter, tried: Tried, *, refused: bool) -> Tried:
        """Return how a letter stands after its record came, closing it when nothing of it was *refused*."""
        (now,) = await self._letters.letters([letter.id])
        if now.state is LetterState.OPEN and refused:
            return refused_again(letter, now, tried)
        if now.state is LetterState.OPEN:
            # The record is whole and has no row here, or not this part any more.
            await self._deeds.resolve([letter.id], run=tried.run_id)
        return replace(tried, ended=Ended.SUCCEEDED)

    async def _check_again(self, letter: Letter) -> Tried:
        """Take a record that nobody can ask for as it was kept, if today's rules take it."""
        request = "its text as it is kept (it has no id to ask Zoho for)"
        normalizer = self._parts.normalizers[self._registry.get(letter.entity).name]
        payload = await self._letters.payload(letter.id)
        batches = rendered(letter.part, payload, normalizer, stored_raw=None, at=letter.last_seen_at)
        rejected = [one for batch in batches for one in batch.rejected]
        if rejected:
            words = f"the same again: {rejected[0].reason}"
            return Tried(ended=Ended.FAILED, words=words, kind=letter.kind, request=request, is_refusal=True)
        async with open_run(self._parts, normalizer.entity, trigger=TRIGGER, calls=0) as begun:
            run = await store_in(self._parts, begun, batches[:1], batches[1:])
        await self._deeds.resolve([letter.id], run=run.id)
        return Tried(ended=Ended.SUCCEEDED, run_id=run.id, request=request)

    async def job(self, letter: Letter, payload: bytes, lane: Lane) -> Tried:
        """Do the job that *payload* describes, here and now, and close *letter* when it is done."""
        kind, arguments, key = job_of(letter, payload)
        handler = self._handlers().get(kind)
        if handler is None:
            raise ConfigurationError(f"This program knows no job “{kind}”", advice="Update it, or discard the letter.")
        job = Job(
            id=JobId(f"letter {letter.id}"),
            kind=kind,
            arguments=arguments,
            key=key,
            # A delivery's fetch brings the records that it names and nobody knows, too.
            lane=Lane.WEBHOOKS if letter.part is Part.DELIVERY else lane,
            attempts=0,
            scheduled_at=None,
            state=JobState.RUNNING,
        )
        context = JobContext(job)
        tried = Tried(ended=Ended.SUCCEEDED, request=f"the job {kind} {key}".rstrip())
        try:
            await handler(arguments, context)
        except QuotaExhaustedError:
            raise
        except SyncError as error:
            failed = replace(tried, ended=Ended.FAILED, run_id=context.run_id)
            return replace(failed, words=redact(error.title), advice=redact(error.advice), kind=error.kind)
        except Exception as error:  # noqa: BLE001 -- whatever broke, the letter stays and says so
            structlog.get_logger(__name__).exception("a dead letter's job broke", letter=letter.id)
            words = redact(f"{type(error).__name__}: {error}")
            return replace(tried, ended=Ended.FAILED, words=words, kind="unexpected", run_id=context.run_id)
        if letter.record_id:
            await self._deeds.end_deliveries(letter.entity, letter.record_id, run=context.run_id)
        await self._deeds.resolve([letter.id], run=context.run_id)
        return replace(tried, run_id=context.run_id)


def refused_again(before: Letter, now: Letter, tried: Tried) -> Tried:
    """Return *tried* as the failure of a record that was refused once more; it says only what changed."""
    words = f"the same again: {now.reason}" if now.reason == before.reason else f"now: {now.reason}"
    return replace(tried, ended=Ended.FAILED, words=words, kind=now.kind, is_refusal=True)


def job_of(letter: Letter, payload: bytes) -> tuple[str, dict[str, Any], str]:
    """Return kind, arguments and key of the job that *letter* stands for."""
    if letter.part is Part.DELIVERY:
        arguments = {"entity": letter.entity, "record_id": letter.record_id, "trigger": TRIGGER}
        return FETCH, arguments, f"{letter.entity}:{letter.record_id}"
    try:
        content = msgspec.json.decode(payload)
        kind, arguments = str(content["kind"]), dict(content["arguments"])
        # What is fetched for a delivery is left alone where none waits.
        arguments |= {"trigger": TRIGGER} if kind == FETCH else {}
        return kind, arguments, str(content.get("key", ""))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            "The letter does not say what to do", advice="Edit its text, or discard it.", cause=repr(error)
        ) from error
