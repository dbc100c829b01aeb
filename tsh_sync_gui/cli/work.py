"""`tsh-sync work` does jobs of the queue until it is stopped."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.events import ConnectionChanged, Event

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.wiring import Wiring
    from tsh_sync_gui.engine.ports.jobs import JobNews
    from tsh_sync_gui.engine.service import SyncService

STOPPING: Final = "Stopping after the page in hand; what is not done goes back into the queue. Ctrl+C again: at once."
_HEARTBEAT_S: Final = 60.0
_ENDED: Final = {
    "done": "done",
    "failed": "failed",
    "given_up": "given up",
    "postponed": "put off",
    "cancelled": "cancelled",
    "lost": "taken up from a worker that died",
}


@dataclass
class _Tally:
    """What one worker did so far."""

    output: Output
    began: float = field(default_factory=time.monotonic)
    ended: Counter[str] = field(default_factory=Counter)

    def hear(self, news: JobNews) -> None:
        """Say what became of a job, line by line."""
        job = news.job
        what = " ".join(part for part in (job.kind, job.key) if part)
        if news.outcome is None:
            self.say(f"{what}: begins (job {job.id}, {job.lane.value})")
            return
        self.ended[news.outcome.value] += 1
        line = f"{what}: {_ENDED[news.outcome.value]}"
        if news.seconds:
            line += f" after {words.duration(news.seconds)}"
        if news.title:
            line += f": {news.title}"
        if news.again_at is not None and news.outcome.value != "lost":
            line += f"; again at {words.local(news.again_at)}"
        self.say(line)

    def say(self, line: str) -> None:
        """Print a line with the time."""
        from tsh_sync_gui.core.log import redact

        self.output.aside(f"{time.strftime('%H:%M:%S')}  {redact(line)}")

    def document(self) -> dict[str, Any]:
        """Return what was done, as JSON has it."""
        figures = {outcome: self.ended[outcome] for outcome in _ENDED}
        return {**figures, "seconds": round(time.monotonic() - self.began, 3)}


def work(
    context: typer.Context,
    *,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many jobs are done at once.")] = 4,
    as_json: options.Json = False,
) -> int:
    """Do jobs of the queue (webhooks, schedules, retries) until Ctrl+C; any number of machines may.

    All workers share one queue and one quota: those of the database they are connected to.
    """
    output = Output(as_json)
    return run(_work(context.obj, output, concurrency), on_stop=lambda: output.aside(STOPPING))


async def _work(doors: Doors, output: Output, concurrency: int) -> int:
    tally = _Tally(output)
    try:
        async with doors.wiring(doors.load(), output.aside) as wiring:
            await _until_stopped(wiring, tally, concurrency)
    except asyncio.CancelledError:
        # To be stopped is this command's good end.
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
    if output.as_json:
        output.document(tally.document())
    else:
        tally.say(_summary(tally))
    return 0


async def _until_stopped(wiring: Wiring, tally: _Tally, concurrency: int) -> None:
    from tsh_sync_gui.engine.organization import has_sign_in

    def hear(event: Event) -> None:
        if isinstance(event, ConnectionChanged):
            tally.say(event.title if not event.up else f"The {event.what} is back")

    cut = wiring.service.bus.subscribe(hear)
    beating = asyncio.create_task(_beat(wiring.service, tally))
    where = wiring.database.address.where
    tally.say(f"Working, up to {concurrency} jobs at once, on the queue at {where}; Ctrl+C stops.")
    if not wiring.settings.now.sync_enabled:
        tally.say("ZOHO_SYNC_ENABLED is false: jobs that call Zoho wait.")
    elif not has_sign_in(wiring.settings.loaded):
        told = "Nobody is signed in to Zoho on this computer: jobs that call Zoho are left to others."
        tally.say(f"{told} `tsh-sync auth login` signs in.")
    try:
        await wiring.work(concurrency, tell=tally.hear)
    finally:
        cut()
        beating.cancel()


async def _beat(service: SyncService, tally: _Tally) -> None:
    """Say once a minute that the worker lives, and how much waits."""
    from tsh_sync_gui.core.errors import SyncError

    while True:
        await asyncio.sleep(_HEARTBEAT_S)
        try:
            status = await service.jobs.waiting()
        except SyncError as error:
            tally.say(f"Waiting: {error.title}")
            continue
        tally.say(f"{_summary(tally)}; {status.depth:,} wait, {status.running:,} run on all machines")


def _summary(tally: _Tally) -> str:
    told = [f"{number:,} {_ENDED[outcome]}" for outcome, number in tally.ended.items() if outcome != "lost"]
    return ", ".join(told) or "Nothing done yet"
