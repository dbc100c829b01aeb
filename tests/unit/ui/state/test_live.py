"""The state is a fold: events over the last overview."""

from datetime import timedelta

import msgspec

from tests.support.fake_service import NOW, overview, quota_of, run_info, status_of
from tsh_sync_gui.core.events import (
    ConnectionChanged,
    Event,
    Notice,
    PageStored,
    PhaseStarted,
    QuotaChanged,
    RecordsRejected,
    RunContinued,
    RunFinished,
    RunPaused,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunId, RunState
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.cards import card_state
from tsh_sync_gui.ui.state.live import AppState, advance, answered, asked, rebase
from tsh_sync_gui.ui.state.prices import Prices

ENTITY = REGISTRY.all[0].name
RUN = RunId("r1")


def started(**changes: object) -> RunStarted:
    given = {
        "run": RUN,
        "entity": ENTITY,
        "mode": Mode.FULL,
        "trigger": "person",
        "machine": "SALES-PC",
        "user": "Omar",
        "at": NOW,
    }
    return RunStarted(**(given | changes))


def page(done: int, expected: int | None, phase: Phase = Phase.LIST) -> PageStored:
    return PageStored(
        run=RUN,
        entity=ENTITY,
        phase=phase,
        counts=Counts(seen=done, created=done),
        calls=Calls(list=1),
        done=done,
        expected=expected,
    )


def finished(state: RunState = RunState.UP_TO_DATE) -> RunFinished:
    counts = Counts(seen=400, created=400)
    return RunFinished(run=RUN, entity=ENTITY, state=state, counts=counts, calls=Calls(list=2), seconds=3.0, at=NOW)


def folded(*events: Event, state: AppState | None = None) -> AppState:
    state = state or AppState()
    for place, event in enumerate(events):
        state = advance(state, event, at=float(place))
    return state


def test_pages_move_the_run_and_its_share():
    state = folded(started(), page(100, 400), page(200, 400))

    run = state.runs[ENTITY]
    assert (run.done, run.expected, run.share) == (200, 400, 0.5)
    assert run.info.counts.created == 200


def test_a_total_that_grows_does_not_pull_the_bar_back():
    state = folded(started(), page(200, 400), page(210, 1000))

    assert state.runs[ENTITY].share == 0.5


def test_an_unknown_total_has_no_share():
    state = folded(started(), page(80, None))

    assert state.runs[ENTITY].share is None


def test_a_total_of_zero_counts_as_unknown():
    state = folded(started(expected=0))

    assert state.runs[ENTITY].expected is None
    assert state.runs[ENTITY].share is None


def test_the_next_phase_begins_with_an_empty_bar():
    state = folded(started(), page(400, 400), PhaseStarted(run=RUN, entity=ENTITY, phase=Phase.DETAILS, expected=50))

    run = state.runs[ENTITY]
    assert (run.info.phase, run.done, run.expected, run.share) == (Phase.DETAILS, 0, 50, 0.0)


def test_a_bar_for_part_of_the_missing_details_says_so():
    begun = folded(started(), PhaseStarted(run=RUN, entity=ENTITY, phase=Phase.DETAILS, expected=50))
    live = msgspec.structs.replace(begun.runs[ENTITY].info, details_total=50)
    known = overview(status_of(ENTITY, local=1250, detailed=0, live=live))
    state = rebase(begun, known, asked_at=90.0, at=91.0)

    assert card_state(state, Prices(), ENTITY, now=NOW, at=91.0).bar.text == "Fetching details · 0 / 50 in this run"


def test_a_wait_says_for_what_and_ends_when_the_run_goes_on():
    until = NOW + timedelta(seconds=30)
    waiting = folded(started(), RunWaiting(run=RUN, entity=ENTITY, reason="minute_limit", until=until))
    going = advance(waiting, RunContinued(run=RUN, entity=ENTITY), at=9.0)

    assert waiting.runs[ENTITY].info.state is RunState.WAITING
    assert waiting.runs[ENTITY].info.waiting_until == until
    assert going.runs[ENTITY].info.state is RunState.RUNNING
    assert going.runs[ENTITY].info.waiting_for == ""


def test_a_wait_outlasts_the_page_before_it_and_a_reading_of_the_database():
    until = NOW + timedelta(seconds=30)
    waiting = RunWaiting(run=RUN, entity=ENTITY, reason="minute_limit", until=until)
    state = folded(started(), waiting, page(200, 400))
    running = msgspec.structs.replace(state.runs[ENTITY].info, state=RunState.RUNNING, waiting_for="")

    known = overview(status_of(ENTITY, live=running))
    read = rebase(state, known, asked_at=90.0, at=91.0)
    later = rebase(state, msgspec.structs.replace(known, at=until), asked_at=90.0, at=91.0)

    assert state.runs[ENTITY].info.state is RunState.WAITING
    assert read.runs[ENTITY].info.waiting_until == until
    assert later.runs[ENTITY].info.state is RunState.RUNNING


def test_a_paused_run_remembers_by_whom():
    state = folded(started(), RunPaused(run=RUN, entity=ENTITY, by="Sara"))

    assert state.runs[ENTITY].info.state is RunState.PAUSED
    assert state.runs[ENTITY].paused_by == "Sara"


def test_an_ended_run_is_not_live():
    state = folded(started(), page(400, 400), finished())

    assert state.live == ()
    assert state.runs[ENTITY].info.state is RunState.UP_TO_DATE


def test_news_of_another_run_of_the_entity_is_not_mixed_in():
    stranger = RecordsRejected(run=RunId("other"), entity=ENTITY, number=3, reason="no name")

    state = folded(started(), stranger)

    assert state.runs[ENTITY].rejected == 0


def test_what_a_person_asked_for_is_pending_until_it_begins():
    wished = asked(AppState(), [ENTITY])

    begun = advance(wished, started(), at=1.0)

    assert wished.pending == {ENTITY}
    assert begun.pending == frozenset()
    assert begun.runs[ENTITY].here is True
    assert answered(wished, [ENTITY]).pending == frozenset()


def test_an_overview_asked_for_before_the_last_event_does_not_hide_it():
    state = advance(AppState(), started(), at=5.0)

    state = rebase(state, overview(), asked_at=4.9, at=5.1)

    assert [run.info.id for run in state.live] == [RUN]


def test_an_overview_asked_for_later_ends_what_it_does_not_know():
    state = advance(AppState(), started(), at=5.0)

    state = rebase(state, overview(), asked_at=5.1, at=5.2)

    assert state.live == ()


def test_a_run_of_another_process_is_read_from_the_overview():
    live = run_info(ENTITY, RunState.RUNNING, expected=1250, counts=Counts(seen=640))

    state = rebase(AppState(), overview(status_of(ENTITY, live=live, here=False)), asked_at=1.0, at=1.1)

    run = state.runs[ENTITY]
    assert (run.done, run.expected, run.here) == (640, 1250, False)


def test_reading_the_same_run_again_keeps_the_bar_where_it_was():
    state = folded(started(), page(300, 400))
    behind = run_info(ENTITY, RunState.RUNNING, id=RUN, expected=400, counts=Counts(seen=200))

    state = rebase(state, overview(status_of(ENTITY, live=behind)), asked_at=99.0, at=99.1)

    assert state.runs[ENTITY].share == 0.75
    assert state.runs[ENTITY].done == 300


def test_quota_notices_and_connections_are_kept():
    event = QuotaChanged(day_used=700, day_limit=1000, resets_at=quota_of(0).resets_at, minute_used=9, minute_limit=20)
    down = ConnectionChanged(what="zoho", up=False, title="Zoho has trouble")

    state = folded(event, down, Notice(entity=ENTITY, title="one"), Notice(entity=ENTITY, title="two"))

    assert state.quota is not None
    assert state.quota.day_used == 700
    assert not state.connections["zoho"].up
    assert [one.title for one in state.notices] == ["two", "one"]


def test_a_database_that_answers_again_is_up():
    state = folded(ConnectionChanged(what="database", up=False, title="gone"))

    state = rebase(state, overview(), asked_at=1.0, at=1.0)

    assert state.connections["database"].up
