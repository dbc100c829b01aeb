"""Letters retried against a simulated Zoho: what it costs, what really came of it, and who else is at it."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.stores import eventually
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.handlers import enqueue_fetch
from tsh_sync_gui.engine.letters.values import LetterState, Part, WorkState
from tsh_sync_gui.engine.ports.jobs import Attempt, Job, JobContext, JobId, JobState, Outcome

pytestmark = pytest.mark.asyncio

ITEMS = "/inventory/v1/items"
CONTACTS = "*/contacts"


def calls(world):
    return sum(number for path, number in world.asked().items() if not path.endswith("organizations"))


async def broken(world, *entities, path=ITEMS, kind="three_causes", **rule):
    """Sync *entities* while the simulator's rows are bad, then let them be good; returns the letters by id."""
    world.fault(path, kind, **rule)
    await world.sync(*entities)
    world.control("faults", {"rules": []})
    return await world.service.letters.ids()


async def test_many_records_of_one_list_are_fetched_together(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "products", "stock_levels")
        stock = await letters.count("entity:stock")
        assert stock > 0
        assert len(found) - stock > 90
        before = calls(world)

        cost = await letters.forecast("")
        work = await letters.carry_out((await letters.retry("", here=True)).id)

        assert (work.state, work.succeeded, work.failed) == (WorkState.DONE, len(found), 0)
        assert calls(world) - before == work.calls == cost.calls == -(-(len(found) - stock) // 100)
        assert (cost.letters, cost.lane, cost.fits) == (len(found), Lane.PULLS, True)
        assert await letters.count() == 0
        assert len(world.living("products")) == 430
        assert {one.work for one in world.seen(LettersChanged)} >= {work.id}
        runs = await world.service.runs(entity="products", limit=5, fetches=True)
        run = next(one for one in runs if one.trigger == "dead letter")
        assert run.calls.bulk == 1
        detail = await letters.detail(found[0])
        assert (detail.letter.state, detail.attempts[0].outcome, detail.history[0].work) == (
            LetterState.RESOLVED,
            Outcome.DONE,
            work.id,
        )


async def test_care_is_taken_in_steps_and_two_that_carry_it_out_do_it_once(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "products", kind="three_causes")
        before = calls(world)
        work = await letters.retry("entity:products", careful=True, here=True)

        done, watched = await asyncio.gather(letters.carry_out(work.id), letters.carry_out(work.id))

        # 1, 5, 25 and the rest: a single call, one for each step, and one for each hundred of the rest.
        assert calls(world) - before == done.calls == 3 - (31 - len(found)) // 100
        assert (done.state, done.succeeded, done.exit_code) == (WorkState.DONE, len(found), 0)
        assert watched == done


async def test_a_sign_in_that_is_refused_stops_a_retry_and_needs_a_person(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "customers", path=CONTACTS)
        world.fault("*/contacts/*", "401")

        work = await letters.carry_out((await letters.retry("", here=True)).id)

        assert (work.state, work.done, work.exit_code) == (WorkState.FAILED, 0, 4)
        assert "sign" in work.words.lower()
        world.control("faults", {"rules": []})
        world.fault("*/contacts/*", "bad_value")
        (letter,) = (await letters.page(f"letter:{found[-1]}")).letters
        again = await letters.carry_out((await letters.retry((letter.id,), here=True)).id)
        assert (again.state, again.failed, again.exit_code) == (WorkState.DONE, 1, 1)
        await world.wiring.database.clock.sleep(1.2)  # requests are written down within a second
        detail = await letters.detail(letter.id)
        assert detail.requests[0].path.endswith(letter.record_id)
        assert detail.requests[0].status == 200


async def test_a_record_without_an_id_is_mended_by_hand_and_costs_no_call(open_world):
    async with open_world() as world:
        letters = world.service.letters
        (letter,) = await broken(world, "products", kind="bad_record", times=1)
        missing = set(world.ids("items")) - set(world.living("products"))
        before = calls(world)

        work = await letters.carry_out((await letters.retry((letter,), here=True)).id)
        assert (work.failed, work.calls) == (1, 0)
        detail = await letters.detail(letter)
        assert (detail.calls, detail.attempts[0].title[:14]) == (0, "the same again")
        text = json.dumps({"item_id": missing.copy().pop()} | json.loads(detail.text), indent=1)
        outcomes = await asyncio.gather(
            *(letters.edit_and_retry(letter, text, key="one press") for _ in range(3)), return_exceptions=True
        )

        assert sum(not isinstance(one, ConfigurationError) and one.is_mended for one in outcomes) == 1
        assert sum(isinstance(one, ConfigurationError) for one in outcomes) == 2
        assert set(world.living("products")) == set(world.ids("items"))
        assert calls(world) == before
        history = (await letters.detail(letter)).history
        assert (history[0].deed.value, history[0].words, history[0].payload) == ("edit", "succeeded", text)


async def test_an_edit_never_overwrites_what_zoho_has_sent_since(open_world):
    async with open_world() as world:
        letters = world.service.letters
        (letter,) = await broken(world, "products", kind="bad_value", times=1)
        detail = await letters.detail(letter)
        record = detail.letter.record_id
        # Another process fetched the record meanwhile; its letter was opened before.
        world.query(
            "INSERT INTO tsh.products (zoho_id, name, rate, observed_at, zoho_modified_at)"
            " VALUES (%s, 'newer', 7, now() + interval '1 minute', now() + interval '1 day')",
            record,
        )

        outcome = await letters.edit_and_retry(letter, detail.text.replace('"twelve and a half"', "12.5"))

        assert outcome.is_mended
        assert world.query("SELECT name, rate FROM tsh.products WHERE zoho_id = %s", record) == [("newer", 7)]


async def test_the_days_end_lets_a_retry_wait_and_it_goes_on_where_it_stood(open_world):
    async with open_world() as world:
        found = await broken(world, "customers", path=CONTACTS)
        assert len(found) > 4
        used = (await world.service.quota()).day_used

    async with open_world(per_day=used + 2) as world:
        letters = world.service.letters
        cost = await letters.forecast("")
        assert (cost.fits, cost.left_today) == (False, 2)
        waiting = await letters.carry_out((await letters.retry("", here=True)).id)
        assert waiting.state is WorkState.WAITING
        assert waiting.exit_code == 5
        assert waiting.until is not None
        assert 0 < waiting.succeeded < len(found)
        left = (await letters.page("")).letters
        assert {one.next_try_at for one in left} == {waiting.until}
        assert len(left) == len(found) - waiting.succeeded
        assert cost.nights == -(-(cost.calls - 2) // (used + 2))

    async with open_world() as world:
        done = await world.service.letters.carry_out(waiting.id)
        assert (done.state, done.succeeded) == (WorkState.DONE, len(found))
        assert await world.service.letters.count() == 0


async def test_a_worker_carries_out_what_a_window_asks_for_and_a_cancelled_one_stops(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "customers", path=CONTACTS)
        asked = await letters.retry(tuple(found[:2]))
        left = await letters.retry(tuple(found[2:]))
        assert (await letters.cancel_work(left.id)).state is WorkState.CANCELLED

        task = asyncio.create_task(world.wiring.worker().run(concurrency=2))

        async def over():
            return (await letters.work(asked.id)).state.is_over

        assert await eventually(over)
        task.cancel()
        await asyncio.wait({task})

        assert (await letters.work(asked.id)).succeeded == 2
        assert (await letters.work(left.id)).done == 0
        assert await letters.count() == len(found) - 2


async def test_a_retry_whose_process_died_is_gone_on_with_and_none_is_counted_twice(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "customers", path=CONTACTS)
        work = await letters.retry("")
        task = asyncio.create_task(letters.carry_on(work.id))
        await world.until(LettersChanged, 3)
        task.cancel()
        await asyncio.wait({task})
        left = await letters.work(work.id)
        assert left.state is WorkState.RUNNING
        assert 0 < left.done < len(found)

    async with open_world() as world:
        done = await world.service.letters.carry_out(work.id)
        assert (done.state, done.done, done.failed) == (WorkState.DONE, len(found), 0)
        assert await world.service.letters.count() == 0


async def test_what_another_person_edits_is_left_alone(open_world):
    async with open_world() as world:
        letters = world.service.letters
        found = await broken(world, "customers", path=CONTACTS)
        world.query(
            "UPDATE sync.dead_letters SET locked_by = 'omar', locked_until = now() + interval '1 hour' WHERE id = %s",
            int(found[0]),
        )

        with pytest.raises(ConfigurationError, match="omar"):
            await letters.lock(found[0])
        with pytest.raises(ConfigurationError, match="omar"):
            await letters.check(found[0], "{")
        with pytest.raises(ConfigurationError, match="omar"):
            await letters.edit_and_retry(found[0], (await letters.detail(found[0])).text.replace('""', '"x"'))
        work = await letters.carry_out((await letters.retry(tuple(found[:2]), here=True)).id)

        assert (work.skipped, work.succeeded) == (1, 1)
        assert (await letters.lock(found[2])).locked_by != ""
        await letters.unlock(found[2])
        assert await letters.check(found[2], "{") != ()


def given_up(kind, arguments, key):
    job = Job(
        id=JobId("77"),
        kind=kind,
        arguments=arguments,
        key=key,
        lane=Lane.WEBHOOKS,
        attempts=4,
        scheduled_at=None,
        state=JobState.RUNNING,
    )
    now = datetime.now(UTC)
    attempt = Attempt(
        subject="job",
        subject_id=job.id,
        attempt=5,
        started_at=now,
        ended_at=now,
        outcome=Outcome.GIVEN_UP,
        error_kind="unreachable",
        title="Zoho did not answer for 30 s",
        advice="It is tried again.",
    )
    return job, attempt


async def give_up(world, kind, arguments, key):
    """Let the queue give a job up, twice, as after a kill in between."""
    for _ in range(2):
        async with world.wiring.database.raw() as connection:
            await world.wiring.worker().on_given_up(*given_up(kind, arguments, key), connection)


async def test_a_delivery_that_was_given_up_is_a_letter_and_its_retry_ends_the_delivery(open_world):
    async with open_world() as world:
        letters, (record, other) = world.service.letters, world.ids("items")[:2]
        world.query(
            "INSERT INTO sync.webhook_events (key, received_at, entity, record_id, verdict, state, body)"
            " VALUES ('k', now(), 'products', %s, 'accepted', 'waiting', '{\"item\": {}}')",
            record,
        )
        await give_up(world, "fetch", {"entity": "products", "record_id": record, "trigger": "webhook"}, record)
        await give_up(world, "fetch", {"entity": "products", "record_id": other, "trigger": "job"}, other)

        (delivery,) = (await letters.page("part:delivery")).letters
        (job,) = (await letters.page("part:job")).letters
        (group,) = await letters.groups()
        assert (delivery.record_id, delivery.kind, delivery.reason) == (
            record,
            "unreachable",
            "Zoho did not answer for 30 s",
        )
        assert (group.title, group.count) == ("Zoho did not answer for … s", 2)
        assert (await letters.detail(delivery.id)).text == '{\n  "item": {}\n}'
        assert world.query("SELECT state FROM sync.webhook_events") == [("failed",)]
        with pytest.raises(ConfigurationError, match="is not edited"):
            await letters.check(delivery.id, "{}")

        world.fault(f"{ITEMS}*", "wrong_key", times=1)
        again = await letters.carry_out((await letters.retry((delivery.id,), here=True)).id)
        assert again.failed == 1
        assert world.query("SELECT state FROM sync.webhook_events") == [("failed",)]
        work = await letters.carry_out((await letters.retry((delivery.id,), here=True)).id)
        await world.sync("products", record_id=other)

        assert work.succeeded == 1
        assert world.query("SELECT state, outcome FROM sync.webhook_events") == [("done", "fetched")]
        assert world.living("products") == sorted([record, other])
        # The other healed by itself: its record came.
        (healed,) = (await letters.page(f"letter:{job.id}")).letters
        assert (healed.state, healed.part) == (LetterState.RESOLVED, Part.JOB)


async def test_the_letter_of_a_walk_closes_when_the_same_walk_is_done(open_world):
    async with open_world() as world:
        letters = world.service.letters
        arguments = {"entities": ["price_lists"], "mode": "changes", "since": None, "details": "none"}
        await give_up(world, "pull", arguments, "price_lists:changes")
        (letter,) = (await letters.page()).letters
        assert (letter.entity, letter.label) == ("price_lists", "pull price_lists:changes")

        (pull,) = [one for one in world.wiring.kinds if one.name == "pull"]
        job, _ = given_up("pull", arguments, "price_lists:changes")
        await pull.handler(arguments, JobContext(job))

        assert await letters.count() == 0
        await give_up(world, "pull", arguments, "price_lists:changes")
        edited = json.dumps(json.loads((await letters.detail((await letters.ids())[0])).text))
        assert (await letters.edit_and_retry((await letters.ids())[0], edited)).is_mended


async def test_a_job_that_cannot_heal_is_given_up_at_once_and_its_letter_is_retried_by_a_worker(open_world):
    async with open_world() as world:
        letters, (record,) = world.service.letters, world.ids("items")[:1]
        world.fault(f"{ITEMS}*", "wrong_key")
        await enqueue_fetch(world.service.jobs, "products", record)
        task = asyncio.create_task(world.wiring.worker().run(concurrency=2))
        assert await eventually(letters.count)

        (letter,) = (await letters.page()).letters
        assert (letter.part, letter.kind, letter.record_id) == (Part.JOB, "schema", record)
        (given_up,) = (await letters.detail(letter.id)).attempts
        assert (given_up.outcome, given_up.title) == (Outcome.GIVEN_UP, letter.reason)
        assert (given_up.request, given_up.answer) == (f"GET {ITEMS}/{record}", "HTTP 200")
        world.control("faults", {"rules": []})
        work = await letters.retry((letter.id,))

        async def over():
            return (await letters.work(work.id)).state.is_over

        assert await eventually(over)
        task.cancel()
        await asyncio.wait({task})
        assert (await letters.work(work.id)).succeeded == 1
        assert (await letters.detail(letter.id)).attempts[0].request == f"GET {ITEMS}/{record}"
        assert world.living("products") == [record]
        assert await letters.count() == 0


async def test_what_a_job_says_when_it_breaks_is_kept_without_secrets(open_world):
    secret = "1000.0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210"
    log.conceal([secret])

    async def broken_job(_arguments, _context):
        raise RuntimeError(f"POST https://x/?refresh={secret}")

    async with open_world() as world:
        letters = world.service.letters
        job, attempt = given_up("pull", {"entities": ["price_lists"]}, "price_lists:changes")
        async with world.wiring.database.raw() as connection:
            await world.wiring.worker().on_given_up(job, replace(attempt, title=f"It broke: {secret}"), connection)
        world.wiring.desk._handlers["pull"] = broken_job
        (letter,) = await letters.ids()

        work = await letters.carry_out((await letters.retry((letter,), careful=True, here=True)).id)
        outcome = await letters.edit_and_retry(letter, (await letters.detail(letter)).text)

        assert secret not in work.words + outcome.title
        assert "RuntimeError" in outcome.title
        assert (outcome.kind, outcome.refused) == ("unexpected", b"")
        for table in ("dead_letters", "letter_history", "letter_works", "attempts", "runs"):
            assert secret not in str(world.query(f"SELECT t::text FROM sync.{table} t"))
