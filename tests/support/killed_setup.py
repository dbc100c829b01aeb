"""A set-up that is killed at every step: `python -m tests.support.killed_setup HOME DATABASE SIMULATOR`.

One process imports the program; each step runs in a fork of it, which is killed (SIGKILL) in mid-step: after the step's
work, before it is noted as done. The next fork tells first what it finds. One JSON document a line comes out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.setups import BOTH, CLIENT_ID, CLIENT_SECRET, opened, silent
from tsh_sync_gui.bootstrap.setup.grants import Grants
from tsh_sync_gui.bootstrap.setup.service import Setup
from tsh_sync_gui.bootstrap.setup.values import LimitsForm, Step
from tsh_sync_gui.simulator import ORGANIZATION_ID

Work = Callable[[Setup, str, str], Awaitable[Any]]


async def start(setup: Setup, _url: str, _zoho: str) -> None:
    """Choose to connect: nothing is kept of it but the step."""
    await setup.progress()


async def database(setup: Setup, url: str, _zoho: str) -> None:
    """Choose the database."""
    await setup.choose_database(url, silent)


async def app(setup: Setup, _url: str, zoho: str) -> None:
    """Enter the app."""
    where = {"accounts_url": zoho, "api_base_url": zoho, "per_minute": "6000"}
    await setup.keep_app(CLIENT_ID, CLIENT_SECRET, client_type="server", location="us", products=BOTH)
    await setup.ground.keep_shared(where)


async def sign_in(setup: Setup, _url: str, zoho: str) -> None:
    """Sign in, and be killed by this very process once the refresh token is kept and nothing else is."""

    async def killed(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Grants._keep_region = killed  # type: ignore[assignment]  # this process ends there
    attempt = await setup.begin_sign_in()
    waiting = asyncio.create_task(setup.await_browser())
    async with httpx.AsyncClient(timeout=20) as http:
        await http.post(f"{zoho}/__sim/consent", json={"auto": "accept", "user": 0})
        await http.get(attempt.url, follow_redirects=True)
    await waiting


async def organization(setup: Setup, _url: str, _zoho: str) -> None:
    """Choose the organization."""
    await setup.choose_organization(ORGANIZATION_ID)


async def check(setup: Setup, _url: str, _zoho: str) -> None:
    """Check what may be read."""
    async for line in setup.checks():
        assert line.may_read, line


async def webhooks(setup: Setup, _url: str, _zoho: str) -> None:
    """Have the secret made."""
    await setup.webhooks()


async def limits(setup: Setup, _url: str, _zoho: str) -> None:
    """Keep other limits than the default."""
    await setup.keep_limits(LimitsForm(per_day=5000, per_minute=6000, batch_size=150, concurrency=7))


async def first_sync(setup: Setup, _url: str, _zoho: str) -> None:
    """Read the estimate."""
    await setup.estimate()


WORKS: dict[Step, Work] = {
    Step.START: start,
    Step.DATABASE: database,
    Step.APP: app,
    Step.SIGN_IN: sign_in,
    Step.ORGANIZATION: organization,
    Step.CHECK: check,
    Step.WEBHOOKS: webhooks,
    Step.LIMITS: limits,
    Step.FIRST_SYNC: first_sync,
}


async def found(setup: Setup) -> dict[str, Any]:
    """Return what a start finds: the step to go on with, and what need not be asked for again."""
    kept = await asyncio.to_thread((await setup.ground.vault()).read)
    chosen, app_kept = await setup.organization(), await setup.app()
    return {
        "current": (await setup.progress()).current,
        "database": await setup.database() is not None,
        "app": app_kept is not None and setup.check_app(CLIENT_ID, "", "server") == {},
        "signed_in": (await setup.health()).state,
        "organization": chosen.name if chosen is not None else "",
        "batch_size": (await setup.limits()).batch_size,
        "secrets": {
            name: hashlib.sha256(secret.get_secret_value().encode()).hexdigest() for name, secret in kept.items()
        },
    }


async def one_life(home: Path, url: str, zoho: str, step: Step | None, tell: Callable[[Any], None]) -> None:
    """Find what is there, go on, and wait for the end."""
    async with opened(home) as setup:
        progress = await setup.progress()
        tell(await found(setup))
        if step is None:
            return
        before = list(Step)[: list(Step).index(step)]
        for done in before[-1:]:
            if done not in progress.done:
                await setup.mark(done)  # its work is there: the person only goes on
        await WORKS[step](setup, url, zoho)
        tell("worked")
        await asyncio.sleep(60)


def main(home: Path, url: str, zoho: str) -> None:
    """Live once for each step, and once more."""
    for step in (*Step, None):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the log's words
            with os.fdopen(write, "w", encoding="utf-8", buffering=1) as out:
                asyncio.run(one_life(home, url, zoho, step, lambda told: print(json.dumps(told), file=out, flush=True)))
            os._exit(0)
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as lines:
            print(lines.readline().strip(), flush=True)
            lines.readline()  # worked, or dead by its own hand
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
