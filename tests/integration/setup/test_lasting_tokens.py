"""Tokens that last: one refresh for all processes, and runs that wait for a sign-in and then go on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.setups import PASSPHRASE, connected, control, facts, opened, secrets_of, signed_in
from tsh_sync_gui.bootstrap import open_service
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import AuthorisationError
from tsh_sync_gui.core.events import PageStored
from tsh_sync_gui.core.values import Mode, RunState
from tsh_sync_gui.engine.views import SyncRequest

pytestmark = pytest.mark.asyncio
PROCESS = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from tsh_sync_gui.bootstrap import open_service
from tsh_sync_gui.bootstrap.gather import gather

async def ask():
    async with open_service(gather(home=Path(sys.argv[1]))) as service:
        print("ready", flush=True)
        sys.stdin.readline()
        print((await service.check_connection()).id)

asyncio.run(ask())
"""


def a_process(home: Path) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOHO_", "TSH_", "TDS_"))}
    environment = kept | {"TSH_SECRET_KEY": PASSPHRASE, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=home,
        env=environment,
    )


async def test_five_processes_with_an_expired_token_refresh_it_once(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        database = await setup.ground.database()
        async with database.raw() as connection:
            await connection.execute("UPDATE sync.access_tokens SET expires_at = now() - interval '1 minute'")
    control(simulator, "expire_tokens")
    before = facts(simulator)["refreshes"]
    processes = [a_process(vaulted) for _ in range(5)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].splitlines()[-1] for process in processes]

    assert answers == ["748369814"] * 5
    assert facts(simulator)["refreshes"] - before == 1


async def test_a_run_whose_sign_in_was_revoked_waits_and_goes_on_after_another(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        await setup.ground.keep_shared({"batch_size": "20"})
        bus, revoked = Bus(), []

        def revoke(event):
            if isinstance(event, PageStored) and event.counts.seen and not revoked:
                revoked.append(control(simulator, "revoke"))

        bus.subscribe(revoke)
        loaded = await asyncio.to_thread(gather, home=vaulted, environment=False)
        async with open_service(loaded, bus=bus) as service:
            stopped = (await service.sync(SyncRequest(entities=("products",), full=True, details="none"))).runs
            nothing_yet = await service.at_start()
            health = await setup.health()

            await signed_in(setup, simulator)
            request = await service.at_start()
            ended = (await service.sync(request)).runs

    products = next(run for run in ended if run.entity == "products")
    assert [(run.state, run.title) for run in stopped] == [(RunState.NEEDS_YOU, "Zoho no longer accepts our sign-in")]
    assert stopped[0].advice.startswith("Nothing is lost. Syncs wait.")
    assert 0 < stopped[0].counts.seen < 430
    assert nothing_yet is None
    assert health.state == "needs_you"
    assert request.trigger == "goes on after the sign-in"
    assert (products.state, products.counts.seen) == (RunState.UP_TO_DATE, 430)
    assert products.counts.created == 430


async def test_a_window_of_days_that_wanted_a_sign_in_goes_on_as_that_window(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        loaded = await asyncio.to_thread(gather, home=vaulted, environment=False)
        async with open_service(loaded) as service:
            await service.check_connection()
            control(simulator, "revoke")
            wanted = SyncRequest(entities=("products",), since=datetime(2001, 1, 1, tzinfo=UTC), details="none")
            stopped = (await service.sync(wanted)).runs

            await signed_in(setup, simulator)
            ended = (await service.sync(await service.at_start())).runs

    assert [(run.mode, run.state) for run in stopped] == [(Mode.WINDOW, RunState.NEEDS_YOU)]
    assert [(run.mode, run.state) for run in ended] == [(Mode.WINDOW, RunState.UP_TO_DATE)]


async def test_a_run_whose_sign_in_is_ended_by_another_process_goes_on_after_the_next(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        await setup.ground.keep_shared({"batch_size": "20"})
        bus, asked = Bus(), []

        async def revoke():
            async with opened(vaulted) as another:
                await another.revoke()

        def end(event):
            if isinstance(event, PageStored) and event.counts.seen and not asked:
                asked.append(asyncio.ensure_future(revoke()))

        bus.subscribe(end)
        loaded = await asyncio.to_thread(gather, home=vaulted, environment=False)
        async with open_service(loaded, bus=bus) as service:
            stopped = (await service.sync(SyncRequest(entities=("products",), full=True, details="none"))).runs
            await asyncio.gather(*asked)

            await signed_in(setup, simulator)
            request = await service.at_start()

    assert [(run.state, run.error_kind) for run in stopped] == [(RunState.NEEDS_YOU, "authorisation")]
    assert request is not None
    assert request.entities == ("products",)


async def test_a_run_that_has_no_sign_in_yet_uses_the_one_that_is_made_meanwhile(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        loaded = await asyncio.to_thread(gather, home=vaulted, environment=False)
        await setup.revoke()
        without = await asyncio.to_thread(gather, home=vaulted, environment=False)
        async with open_service(without) as service:
            with pytest.raises(AuthorisationError, match="Nobody is signed in"):
                await service.check_connection()

            await signed_in(setup, simulator)
            seen = await service.check_connection()

    assert loaded.settings.refresh_token != without.settings.refresh_token
    assert seen.id == "748369814"


async def test_many_sign_ins_are_warned_of(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        database = await setup.ground.database()
        async with database.raw() as connection:
            await connection.execute(
                "INSERT INTO sync.sign_ins (mark, accounts_url, client_id)"
                " SELECT decode(lpad(n::text, 8, '0'), 'hex'), accounts_url, client_id"
                " FROM sync.sign_ins, generate_series(1, 16) n"
            )

        health = await setup.health()

    assert (health.state, health.sign_ins, health.sign_in_limit) == ("ok", 17, 20)
    assert "connected 17 times; Zoho keeps 20" in health.words


async def test_a_rotation_that_was_broken_off_is_ended_later(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        former = secrets_of(vaulted)["refresh_token"]
        await signed_in(setup, simulator)
        await setup.ground.keep_secrets({"refresh_token.previous": former})

        async with opened(vaulted) as later:
            is_settled = await later.settle_rotation()

    assert is_settled
    assert "refresh_token.previous" not in secrets_of(vaulted)
    assert facts(simulator)["refresh_tokens"] == 1


async def test_a_rotation_that_never_began_revokes_nothing(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        await setup.ground.keep_secrets({"refresh_token.previous": secrets_of(vaulted)["refresh_token"]})

        await setup.settle_rotation()
        health = await setup.health()

    assert health.state == "ok"
    assert facts(simulator)["refresh_tokens"] == 1


async def test_an_import_of_a_known_sign_in_forgets_no_permission(vaulted, url, simulator, tmp_path):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        before = (await setup.health()).scopes
        file = tmp_path / "same.env"
        file.write_text(f"ZOHO_REFRESH_TOKEN={secrets_of(vaulted)['refresh_token']}\n")

        await setup.take_over(await setup.read_env(file))
    async with opened(vaulted) as setup:
        after = await setup.health()

    assert before
    assert (after.scopes, after.sign_ins) == (before, 1)
