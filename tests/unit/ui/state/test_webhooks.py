"""The inbox around its list: filters, how live it is, figures, why it is empty, rows, coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.fake_webhooks import DOWN, NOW, Found, coverage_of, row_of
from tsh_sync_gui.engine.ports.deliveries import InboxFigures, InboxQuery
from tsh_sync_gui.engine.ports.inbox import Change, EventState, Verdict
from tsh_sync_gui.ui.state import webhooks as state
from tsh_sync_gui.ui.state import webhooks_coverage as covered
from tsh_sync_gui.ui.state import webhooks_rows as rows
from tsh_sync_gui.ui.state.listener import Mending, down_problem, mending
from tsh_sync_gui.ui.state.webhooks import Flow, InboxFilter, Only, Work

FIGURES = InboxFigures(received=143, refused=6, waiting=2, last=NOW, delay_p50=0.42, delay_p95=1.9)


def test_a_filter_asks_for_what_it_says_and_all_when_it_is_empty():
    wanted = InboxFilter(text=" 4815 ", only=Only.REFUSED, work=Work.IGNORED, entity="products")

    assert wanted.query == InboxQuery(
        verdicts=(Verdict.REFUSED,), states=(EventState.IGNORED,), entities=("products",), text="4815"
    )
    assert wanted.is_narrow
    assert InboxFilter().query == InboxQuery()


def test_new_deliveries_are_held_back_while_a_person_scrolls_or_has_paused():
    flow = Flow().shown([row_of(10), row_of(9)])
    scrolled = replace(flow, is_at_top=False)
    paused = replace(flow, is_live=False)

    assert flow.follows
    assert not scrolled.follows
    assert not paused.follows
    held = paused.read([row_of(12), row_of(11), row_of(10)])
    assert (held.held, state.chip_words(held)) == (2, "2 new")
    assert state.chip_words(replace(held, held=state.MOST_NEW)) == "200+ new"
    assert held.shown([row_of(12)]) == Flow(is_live=False, newest=12)
    assert state.chip_words(flow) == ""


def cells(listening, figures=FIGURES, public="https://hooks.tsh.example/api/webhooks/zoho", per_day=1000):
    found = state.strip(listening, figures, public=public, per_day=per_day, now=NOW)
    return {cell.key: cell for cell in found}


def test_the_strip_tells_listener_address_and_today_s_figures():
    found = cells(Found())

    assert found["listener"].value.startswith("Up since ")
    assert found["address"].value == "hooks.tsh.example/api/webhooks/zoho"
    assert "http://127.0.0.1:8000" in found["address"].hint
    assert (found["last"].value, found["today"].value) == ("just now", "143 of 1,000")
    assert found["delay"].value == "420 ms / 1.9 s"
    assert (found["waiting"].value, found["waiting"].tone) == ("2", "blue")
    assert (found["refused"].value, found["refused"].tone) == ("6", "red")


@pytest.mark.parametrize(
    ("listening", "value", "tone"),
    [(None, "asking…", ""), (DOWN, "Down", "red"), (Found(has_database=False), "Up, no database", "amber")],
)
def test_the_strip_says_how_the_listener_stands(listening, value, tone):
    cell = cells(listening)["listener"]

    assert (cell.value, cell.tone) == (value, tone)


def test_the_strip_warns_near_zoho_s_daily_cap_and_where_there_is_no_public_address():
    assert cells(Found(), per_day=170)["today"].tone == "amber"
    assert cells(Found(), per_day=143)["today"].tone == "red"
    assert cells(Found())["today"].tone == ""
    assert cells(Found(), public="")["address"].tone == "amber"
    assert cells(None, None)["waiting"].value == "–"


def test_a_listener_that_is_down_or_has_no_database_is_explained():
    down = down_problem(DOWN, minutes=30)
    away = down_problem(Found(has_database=False, spooled=38), minutes=30)

    assert down is not None
    assert away is not None
    assert down.title == "Deliveries are not being received"
    assert "Polling covers changes every 30 min while a window or a worker runs." in down.meaning
    assert "38 so far" in away.meaning
    assert down_problem(Found(), minutes=30) is None
    moved = Found(moved_to="http://127.0.0.1:8123")
    assert "it is http://127.0.0.1:8123 now" in down_problem(moved, minutes=30).meaning
    taken = replace(DOWN, is_taken=True)
    assert "another program" in down_problem(taken, minutes=30).meaning
    found = [mending(one) for one in (None, Found(), DOWN, moved, taken)]
    assert found == [Mending.NOTHING, Mending.NOTHING, Mending.START, Mending.RESTART, Mending.SETTINGS]
    assert down_problem(None, minutes=30) is None
    assert "31 wait until you resume" in state.paused_problem(31).meaning


def test_an_empty_list_names_the_usual_reasons_and_settles_those_that_are_not():
    title, reasons = state.empty_words(InboxFilter(), is_up=True, has_secret=True, public="")

    assert title == "Waiting for the first delivery."
    assert [one.is_settled for one in reasons] == [True, False, False]
    assert "does not know the address" in reasons[1].words
    assert "No secret" in state.empty_words(InboxFilter(), is_up=False, has_secret=False, public="")[1][1].words
    closed = state.empty_words(
        InboxFilter(), is_up=True, has_secret=False, public="", closed="The file is closed. Open it."
    )
    assert closed[1][1].words.startswith("Whether a secret is set is not known: The file is closed. Open")
    assert state.empty_words(InboxFilter(text="x"), is_up=True, has_secret=True, public="")[0] == "No delivery matches."
    demo = state.empty_words(InboxFilter(), is_up=False, has_secret=True, public="", is_demo=True)[1]
    assert [one.is_settled for one in demo] == [False, True, False]
    assert "let it change something" in demo[2].words


def test_a_row_says_what_came_and_what_became_of_it():
    refused = row_of(6)
    failed = row_of(10, state=EventState.FAILED)

    assert rows.event_words(row_of(10), "Products").startswith("Products · ")
    assert rows.event_words(refused, "") == "(not read)"
    assert rows.event_words(row_of(10, verdict=Verdict.PING), "") == "Test"
    assert rows.work_words(refused) == "Not processed"
    assert rows.work_words(failed) == "Failed → dead letter"
    assert rows.change_word(Change.UNKNOWN) == "changed"
    assert {rows.verdict_look(one).word for one in Verdict} == {
        "Accepted",
        "Duplicate",
        "Out of order",
        "Ping",
        "Rejected",
    }
    columns = rows.delivery_columns(lambda: NOW, lambda: "Asia/Baghdad")
    texts = {column.key: column.text(rows.DeliveryRow(row_of(10), "Products")) for column in columns}
    assert texts["verdict"] == "Accepted"
    assert texts["delay"] == "540 ms"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0004, "1 ms"), (0.42, "420 ms"), (1.94, "1.9 s"), (75, "1 min 15 s")]
)
def test_delays_have_the_digits_that_matter(seconds, words):
    assert state.delay_words(seconds) == words


def test_the_coverage_shows_planned_events_and_marks_the_silent_one():
    found = coverage_of(silent=True)
    shown = covered.coverage_rows(found, {}, alarm=360)
    loud = [row for row in shown if row.is_alarm]
    columns = {column.key: column for column in covered.coverage_columns(lambda: NOW, lambda: "")}

    assert all(row.event.is_planned for row in shown)
    assert [row.event.change for row in loud] == [Change.UPDATED]
    assert columns["alarm"].text(loud[0]).startswith("Alarm: missed since ")
    assert columns["missed"].text(loud[0]) == "14"
    assert columns["rate"].text(loud[0]) == "3.0 a day"
    assert columns["alarm"].text(shown[-1]) == "after 6 h of silence"
    assert covered.needs_gap(shown)
    assert "14 changes in Zoho came without a delivery." in covered.coverage_lead(found)


def test_silences_become_faults_with_the_price_on_the_button():
    found = coverage_of(silent=True)
    ((entity, words, problem),) = covered.silence_problems(
        found, {found.silences[0].entity: "Products"}, {found.silences[0].entity: "about 3 calls"}
    )

    assert (entity, words) == (found.silences[0].entity, "Fetch the gap · about 3 calls")
    assert problem.title == "Products: no delivery for 7 h, though 14 changes came in Zoho"
    assert covered.silence_problems(found, {}, {})[0][1] == "Fetch the gap"
    assert covered.silence_problems(coverage_of(), {}, {}) == ()


def test_without_any_webhook_nothing_is_an_alarm():
    found = replace(coverage_of(), in_use=False)

    assert "syncs find every change" in covered.coverage_lead(found)
    assert covered.coverage_lead(None) == "Reading the coverage…"


def test_subscribed_is_told_by_what_came_in():
    heard, never = coverage_of().events[0], replace(coverage_of().events[0], last=None)

    assert covered.subscribed_words(heard) == "yes"
    assert covered.subscribed_words(never) == "not seen yet"
    assert covered.subscribed_words(replace(never, is_planned=False)) == "not planned"
    assert heard.last is not None
    assert NOW - heard.last < timedelta(days=1)
