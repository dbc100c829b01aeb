"""Two that try one letter at once, and what breaks in the middle: done once, told rightly, nothing left running."""

import asyncio

import pytest

from tests.integration.letters.test_retries import CONTACTS, broken, give_up, given_up
from tests.support.letters import write
from tsh_sync_gui.core.errors import ConfigurationError, SyncError, TransientError, UnreachableError
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.engine.letters import works
from tsh_sync_gui.engine.letters.bulk import BulkFetch
from tsh_sync_gui.engine.letters.given_up import RETRY
from tsh_sync_gui.engine.letters.trying import Ended, Tried, Trying
from tsh_sync_gui.engine.letters.values import LetterState, WorkState
from tsh_sync_gui.engine.ports import Rejected

pytestmark = pytest.mark.asyncio
PULL = {"entities": ["price_lists"], "mode": "changes", "since": None, "details": "none"}


class Slow:
    """A job that waits until it may end, and counts how often it ran."""

    def __init__(self, world):
        self.ran = 0
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        world.wiring.desk._handlers["pull"] = self

    async def __call__(self, _arguments, _context):
        self.ran += 1
        self.began.set()
        await self.may_end.wait()


async def job_letter(world):
    await give_up(world, "pull", PULL, "price_lists:changes")
    (letter,) = await world.service.letters.ids()
    return letter, (await world.service.letters.detail(letter)).text


def owner_of(world, letter):
    return world.query("SELECT locked_by FROM sync.dead_letters WHERE id = %s", int(letter))[0][0]


async def test_of_two_retries_and_an_edit_of_one_letter_one_alone_is_carried_out(open_world):
    async with open_world() as world, open_world() as other:
        letter, text = await job_letter(world)
        slow, elsewhere = Slow(world), Slow(other)
        works = [(await world.service.letters.retry((letter,), here=True)).id for _ in range(2)]
        first = asyncio.create_task(world.service.letters.carry_out(works[0]))
        await slow.began.wait()

        second = await other.service.letters.carry_out(works[1])
        with pytest.raises(ConfigurationError, match="being tried"):
            await other.service.letters.edit_and_retry(letter, text)
        slow.may_end.set()
        done = await first

        assert (second.skipped, second.succeeded) == (1, 0)
        assert (done.succeeded, slow.ran, elsewhere.ran) == (1, 1, 0)


async def test_presses_of_one_person_run_one_at_a_time_and_none_frees_the_letter_of_another(open_world):
    async with open_world() as world:
        letters = world.service.letters
        letter, text = await job_letter(world)
        slow = Slow(world)
        first = asyncio.create_task(letters.edit_and_retry(letter, text, key="press"))
        await slow.began.wait()
        mine = owner_of(world, letter)
        others = await asyncio.gather(
            *(letters.edit_and_retry(letter, text, key=key) for key in ("press", "another", "")),
            return_exceptions=True,
        )

        assert mine != ""
        assert owner_of(world, letter) == mine
        slow.may_end.set()
        assert (await first).is_mended
        assert slow.ran == 1
        assert [type(one) for one in others] == [ConfigurationError] * 3


async def test_an_editor_that_is_open_keeps_its_letter_when_a_press_failed(open_world):
    async with open_world() as world:
        letters = world.service.letters
        (letter,) = await broken(world, "products", kind="bad_value", times=1)
        await letters.lock(letter)
        mine = owner_of(world, letter)
        text = (await letters.detail(letter)).text.replace('"twelve and a half"', "12.5")
        world.wiring.service._parts.mirror.store, store = refuse, world.wiring.service._parts.mirror.store

        with pytest.raises(UnreachableError):
            await letters.edit_and_retry(letter, text)

        assert owner_of(world, letter) == mine
        # The run that stored nothing is at an end and says why; nothing shows as running.
        assert world.query("SELECT state, title, ended_at IS NULL FROM sync.runs WHERE trigger = 'dead letter'") == [
            ("failed", "The database does not answer", False)
        ]
        world.wiring.service._parts.mirror.store = store
        assert (await letters.edit_and_retry(letter, text)).is_mended
        assert owner_of(world, letter) == ""


async def refuse(_step):
    raise UnreachableError("The database does not answer", what="database")


async def test_an_edit_of_a_text_that_zoho_has_replaced_meanwhile_is_not_taken(open_world):
    async with open_world() as world:
        letters = world.service.letters
        (letter,) = await broken(world, "products", kind="bad_value", times=1)
        opened = await letters.detail(letter)
        text, record = opened.text.replace('"twelve and a half"', "12.5"), opened.letter.record_id
        newer = opened.payload.replace(b'"name":"', b'"name":"Newer ')
        assert newer != opened.payload
        again = Rejected(record_id=record, field="rate", value="x", reason="no number", payload=newer)
        await write(world.wiring.database, "products", again, run="run-9")

        with pytest.raises(ConfigurationError, match="another text"):
            await letters.edit_and_retry(letter, text, made_from=opened.payload)

        assert (await letters.detail(letter)).letter.state is LetterState.OPEN
        assert world.query("SELECT 1 FROM tsh.products WHERE zoho_id = %s", record) == []
        assert (await letters.edit_and_retry(letter, text, made_from=newer)).is_mended


async def test_a_press_that_failed_has_not_shown_the_text_that_came_meanwhile(open_world):
    async with open_world() as world:
        letters, mirror = world.service.letters, world.wiring.service._parts.mirror
        (letter,) = await broken(world, "products", kind="bad_value", times=1)
        opened = await letters.detail(letter)
        text = opened.text.replace('"twelve and a half"', "12.5")

        async def newer_came(_step):
            newer = opened.payload.replace(b'"name":"', b'"name":"Newer ')
            again = Rejected(record_id=opened.letter.record_id, field="rate", value="x", reason="bad", payload=newer)
            await write(world.wiring.database, "products", again, run="run-9")
            raise SyncError("The record could not be stored")

        mirror.store, store = newer_came, mirror.store
        outcome = await letters.edit_and_retry(letter, text, made_from=opened.payload)
        mirror.store = store

        assert (outcome.is_mended, outcome.refused) == (False, b"")
        with pytest.raises(ConfigurationError, match="another text"):
            await letters.edit_and_retry(letter, text, made_from=outcome.refused or opened.payload)


async def test_a_retry_whose_lock_was_lost_counts_each_letter_once(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "customers", path=CONTACTS)
        world.fault("*/contacts/*", "slow", delay_ms=100)
        work = await letters.retry("")
        tasks = [asyncio.create_task(letters.carry_on(work.id))]
        await world.until(LettersChanged, 3)
        world.query(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

        tasks.append(asyncio.create_task(letters.carry_on(work.id)))
        ended = await asyncio.gather(*tasks, return_exceptions=True)

        done = await letters.work(work.id)
        assert done.done == len(found) == done.succeeded + done.failed + done.skipped
        assert done.failed == 0
        assert not [one for one in ended if isinstance(one, BaseException)]
        assert await letters.count() == 0


async def test_a_person_the_system_does_not_know_locks_a_letter_for_others(open_world, monkeypatch):
    monkeypatch.setattr("tsh_sync_gui.engine.outcomes.user_name", lambda: "")
    async with open_world() as world:
        (letter,) = await broken(world, "products", kind="bad_value", times=1)

        assert (await world.service.letters.lock(letter)).locked_by.startswith("somebody on ")


async def test_a_retry_that_is_given_up_ends_with_its_job_or_not_at_all(open_world):
    async with open_world() as world:
        (letter,) = await broken(world, "products", kind="bad_value", times=1)
        work = await world.service.letters.retry((letter,))
        job = given_up(RETRY, {"work": work.id}, work.id)

        async with world.wiring.database.raw() as connection, connection.transaction(force_rollback=True):
            await world.wiring.desk.given_ups.given_up(*job, connection)
        assert (await world.service.letters.work(work.id)).state is WorkState.WAITING
        async with world.wiring.database.raw() as connection:
            await world.wiring.desk.given_ups.given_up(*job, connection)

        assert (await world.service.letters.work(work.id)).state is WorkState.FAILED


@pytest.mark.parametrize(("careful", "tried"), [(False, 3), (True, 1)])
async def test_while_zoho_is_in_trouble_a_retry_stops_before_it_has_asked_for_every_letter(
    open_world, monkeypatch, careful, tried
):
    asked = []

    async def no_call(*_arguments, **_options):
        raise TransientError("Zoho has trouble")

    async def failing(_trying, letter, **_options):
        asked.append(letter.id)
        return Tried(ended=Ended.FAILED, words="Zoho has trouble", calls=1)

    monkeypatch.setattr(BulkFetch, "fetch", no_call)
    monkeypatch.setattr(Trying, "one", failing)
    async with open_world() as world:
        letters = world.service.letters
        await broken(world, "products", kind="three_causes")
        if careful:
            monkeypatch.setattr(works, "CAREFUL_STEPS", (5, 25))

        done = await letters.carry_out((await letters.retry("", careful=careful, here=True)).id)

        assert (done.state, done.calls, len(asked), done.failed) == (WorkState.STOPPED, tried, tried, tried)
