"""Run history and run detail as data."""

import json
from datetime import timedelta

from tests.support.fake_service import NOW, run_info
from tests.unit.ui.state.test_live import ENTITY, RUN, folded, page, started
from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunState
from tsh_sync_gui.engine.views import RunDetail, SyncReport
from tsh_sync_gui.ui.state.columns import Column, as_csv, as_json, as_markdown, as_tabs, matches
from tsh_sync_gui.ui.state.history import history_columns, run_rows, starter
from tsh_sync_gui.ui.state.offers import is_review
from tsh_sync_gui.ui.state.preview import preview_entries
from tsh_sync_gui.ui.state.run_detail import detail_state, steps

COLUMNS = history_columns(lambda: NOW)
GOOD = run_info(ENTITY, id="a", counts=Counts(seen=10, created=10), calls=Calls(list=1))
BAD = run_info(
    "invoices", RunState.PARTLY_DONE, id="b", counts=Counts(seen=9, failed=2), started_at=NOW - timedelta(hours=2)
)


def rows():
    return run_rows([BAD, GOOD], {}, {ENTITY: "Things | Stuff", "invoices": "Invoices"})


def test_runs_stand_newest_first():
    assert [row.key for row in rows()] == ["a", "b"]


def test_a_run_that_goes_on_shows_its_live_figures():
    live = folded(started(), page(300, 400)).runs
    known = run_info(ENTITY, RunState.RUNNING, id=RUN)

    row = run_rows([known], live, {})[0]

    assert row.info.counts.seen == 300


def test_a_live_run_the_ledger_has_not_told_of_yet_is_a_row():
    live = folded(started(), page(300, 400)).runs

    assert [row.key for row in run_rows([GOOD], live, {})] == [RUN, "a"]


def test_a_filter_of_a_number_takes_comparisons():
    good, bad = rows()

    assert matches(COLUMNS, bad, search="", filters={"failed": ">0"})
    assert not matches(COLUMNS, good, search="", filters={"failed": ">0"})
    assert matches(COLUMNS, good, search="", filters={"created": "=10"})
    assert not matches(COLUMNS, good, search="", filters={"created": ">x"})


def test_a_search_needs_all_words_anywhere():
    good, bad = rows()

    assert matches(COLUMNS, bad, search="invoices partly", filters={})
    assert not matches(COLUMNS, good, search="invoices partly", filters={})


def test_copies_are_exact_where_the_screen_is_rough():
    text = as_csv(COLUMNS, rows())

    assert text.splitlines()[0].startswith("When,Entity,Result,Mode")
    assert "2026-11-22" in text
    assert "min ago" not in text


def test_no_copy_is_a_formula_to_a_spreadsheet():
    column = Column(key="x", title="x", text=str, value=str)

    text = as_csv([column], ["=1+1", "@SUM(A1)", "+cmd|x", "-5.20", "+964 770 123", "-", "plain", ""])

    assert text.splitlines() == ["x", "'=1+1", "'@SUM(A1)", "'+cmd|x", "-5.20", "+964 770 123", "-", "plain", '""']


def test_json_keeps_numbers_as_numbers():
    documents = json.loads(as_json(COLUMNS, rows()))

    assert documents[0]["created"] == 10
    assert documents[0]["result"] == "up_to_date"


def test_markdown_escapes_what_would_break_the_table():
    assert "Things \\| Stuff" in as_markdown(COLUMNS, rows())
    assert as_tabs(COLUMNS, rows()).count("\n") == 1


def test_phases_say_where_a_run_stands():
    running = run_info(ENTITY, RunState.RUNNING, phase=Phase.SWEEP)
    changes = run_info(ENTITY, mode=Mode.INCREMENTAL)
    stopped = run_info(ENTITY, RunState.FAILED, phase=Phase.LIST)

    assert [step.stage for step in steps(running)] == ["done", "now", "open"]
    assert [step.stage for step in steps(changes)] == ["done"]
    assert [step.stage for step in steps(stopped)] == ["stopped", "open", "open"]


def test_a_failed_run_tells_what_is_safe_and_folds_the_cause():
    failed = run_info(
        ENTITY, RunState.FAILED, title="Zoho has trouble", cause="503", counts=Counts(created=200, seen=200)
    )

    state = detail_state(RunDetail(run=failed, calls=(), rejected=()), "Things", now=NOW)

    assert state.problem is not None
    assert state.problem.meaning == "200 records were stored before; nothing is half-written."
    assert "cause: 503" in state.technical


def test_only_a_stop_for_approval_is_reviewed():
    assert is_review(run_info(ENTITY, RunState.NEEDS_YOU, error_kind="confirmation"))
    assert not is_review(run_info(ENTITY, RunState.NEEDS_YOU, error_kind="authorisation"))
    assert not is_review(run_info(ENTITY, RunState.NEEDS_YOU, error_kind="vault_locked"))
    assert not is_review(GOOD)


def test_a_preview_says_what_would_be_done():
    dry = run_info(ENTITY, dry_run=True, counts=Counts(seen=12, created=2, updated=3, unchanged=7), forecast_calls=4)

    title, lines = preview_entries(SyncReport(runs=(dry,)), {ENTITY: "Things"})[0]

    assert title == "Things"
    assert ("would be created", "2") in lines
    assert ("calls a run would use", "4") in lines


def test_a_scheduled_run_was_started_by_the_schedule_whoever_runs_the_program():
    by_schedule = run_info(ENTITY, trigger="schedule", user="root", machine="DESK")
    by_person = run_info(ENTITY, trigger="person", user="sara", machine="DESK")

    assert starter(by_schedule) == "the schedule · DESK"
    assert starter(by_person) == "sara · DESK"
