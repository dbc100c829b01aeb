"""Jobs and deliveries that were given up, as letters; and the job that retries letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.letters.values import GivenUpLetter, Letter, LetterWork, Part, WorkState
from tsh_sync_gui.engine.ports.jobs import Attempt, Handler, Job, JobContext, Kind
from tsh_sync_gui.engine.ports.letters import LetterDeeds, LetterWorks
from tsh_sync_gui.engine.retrying import PostponedError

RETRY: Final = "retry_letter"
_LOOK_AGAIN: Final = timedelta(seconds=30)
CarryOn = Callable[[str], Awaitable[LetterWork | None]]


class GivenUps:
    """Makes letters of what the queue gives up, and closes them when the same work is done after all."""

    def __init__(self, *, deeds: LetterDeeds, works: LetterWorks, carry_on: CarryOn, bus: Bus, clock: Clock) -> None:
        self._deeds = deeds
        self._works = works
        self._carry_on = carry_on
        self._bus = bus
        self._clock = clock

    def kinds(self, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
        """Return *kinds*, those of whole walks closing their letters, and the kind that retries letters."""
        healing = [
            Kind(name=one.name, handler=self._healing(one), calls_zoho=one.calls_zoho, is_long=True)
            if one.is_long
            else one
            for one in kinds
        ]
        return (*healing, Kind(name=RETRY, handler=self.retry, is_long=True))

    def _healing(self, kind: Kind) -> Handler:
        async def handle(arguments: Mapping[str, Any], context: JobContext) -> None:
            await kind.handler(arguments, context)
            await self._deeds.resolve_job(_entity(arguments), _record_key(context.job), run=context.run_id)

        return handle

    async def retry(self, arguments: Mapping[str, Any], context: JobContext) -> None:
        """Carry out, or go on with, the retry `work`."""
        del context
        work = str(arguments["work"])
        done = await self._carry_on(work)
        if done is None:
            raise PostponedError("Another process retries these letters", until=self._clock.now() + _LOOK_AGAIN)
        if done.state is WorkState.WAITING:
            raise PostponedError(
                done.words or "The day's calls are used up", until=done.until or self._clock.now() + 30 * _LOOK_AGAIN
            )

    async def given_up(self, job: Job, attempt: Attempt, connection: Any) -> None:
        """Keep a job that was given up as a letter, in the transaction that gives it up."""
        title = attempt.title or attempt.error_kind or "It failed"
        if job.kind == RETRY:
            await self._works.give_up(str(job.arguments["work"]), words=title, connection=connection)
            return
        record_id = str(job.arguments.get("record_id", "")) if job.kind == FETCH else ""
        entity = _entity(job.arguments)
        body = await self._deeds.delivery_of(entity, record_id, connection) if record_id else None
        letter = GivenUpLetter(
            entity=entity,
            part=Part.JOB if body is None else Part.DELIVERY,
            record_id=record_id,
            record_key=record_id or _record_key(job),
            kind=attempt.error_kind or "unknown",
            reason=title,
            advice=attempt.advice,
            payload=_payload(job) if body is None else body,
            run_id=attempt.run_id,
            label="" if record_id else f"{job.kind} {job.key}".strip(),
            job_id=job.id,
        )
        await self._deeds.give_up(letter, connection)
        self._bus.publish(LettersChanged(number=1))


def job_id_of(letter: Letter) -> str:
    """Return the job that was given up, "" for a letter of a record."""
    return "" if letter.part.is_record else letter.value


def _entity(arguments: Mapping[str, Any]) -> str:
    """Return the one entity a job is about, "" when it is about several or all."""
    if "entity" in arguments:
        return str(arguments["entity"])
    names = arguments.get("entities") or ()
    return str(next(iter(names))) if len(names) == 1 else ""


def _record_key(job: Job) -> str:
    """Return what the same work is recognised by."""
    return f"{job.kind}:{job.key or job.id}"


def _payload(job: Job) -> bytes:
    return msgspec.json.encode({"kind": job.kind, "arguments": dict(job.arguments), "key": job.key})
